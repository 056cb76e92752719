//! What tests let go wrong. Exists in test builds only.

use crate::port::LogError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

/// Faults of one store, armed by a test and met by its writer.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Armed>);

#[derive(Default)]
pub(super) struct Armed {
    /// The next commit happens, but its answer is lost.
    pub(super) lose_answer: AtomicBool,
    /// The next commit does not happen.
    pub(super) fail_commit: AtomicBool,
    /// This look-up from now on fails, counted from 1; 0 = none does.
    pub(super) fail_find_after: AtomicU32,
}

impl std::ops::Deref for Faults {
    type Target = Armed;
    fn deref(&self) -> &Armed {
        &self.0
    }
}

impl Faults {
    pub(super) fn before_commit(&self) -> Result<(), LogError> {
        fail_if(self.fail_commit.swap(false, SeqCst))
    }

    pub(super) fn after_commit(&self) -> Result<(), LogError> {
        fail_if(self.lose_answer.swap(false, SeqCst))
    }

    pub(super) fn find(&self) -> Result<(), LogError> {
        let before = self.fail_find_after.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1));
        fail_if(before == Ok(1))
    }
}

fn fail_if(armed: bool) -> Result<(), LogError> {
    if armed {
        Err(LogError::Unavailable { attempt: "survive a test", source: "armed by a test".into() })
    } else {
        Ok(())
    }
}
