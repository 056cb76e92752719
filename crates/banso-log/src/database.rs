//! What the adapters of databases share.

use crate::port::{LogError, Page, READ_BYTES_MAX, READ_EVENTS_MAX};
use refinery::Runner;

/// The statements of an adapter, each a constant within `$scope`; in tests also as a list.
macro_rules! statements {
    ($scope:path: $($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(in $scope) const $name: &str = $sql;)*

        #[cfg(test)]
        pub(in $scope) const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}
pub(crate) use statements;

/// A position as a column keeps it. Positions beyond i64 do not exist, so `u64::MAX` stands for "the end".
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Counts and positions are never negative. One that somebody made so reads as zero, which stands nowhere.
pub(crate) fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// At most what one read may return.
pub(crate) fn page(limit: usize) -> i64 {
    int(limit.min(READ_EVENTS_MAX) as u64)
}

/// A page while its rows come. A damaged row is an error only where it is the first: what stands before it can
/// be read.
pub(crate) struct Reading<T> {
    events: Vec<T>,
    /// Events that end it.
    limit: usize,
    /// Of the bodies.
    bytes: usize,
    is_cut: bool,
}

impl<T> Reading<T> {
    pub(crate) fn of(limit: usize) -> Self {
        Self { events: Vec::new(), limit: limit.min(READ_EVENTS_MAX), bytes: 0, is_cut: false }
    }

    /// Whether no further row is wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.is_cut || self.events.len() >= self.limit || self.bytes >= READ_BYTES_MAX
    }

    /// Takes in the event of a row, which comes with the size of its body, unless the page is full.
    pub(crate) fn take(&mut self, event: Result<(usize, T), LogError>) -> Result<(), LogError> {
        match event {
            Ok(_) if self.is_full() => {}
            Ok((bytes, event)) => {
                self.events.push(event);
                self.bytes += bytes;
            }
            Err(LogError::Damaged { .. }) if !self.events.is_empty() => self.is_cut = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// After the last row.
    pub(crate) fn page(self) -> Page<T> {
        Page { is_last: !self.is_full(), events: self.events }
    }
}

/// The schema that the migrations of this binary come to.
pub(crate) fn newest(runner: &Runner) -> i64 {
    runner.get_migrations().iter().map(|migration| i64::from(migration.version())).max().unwrap_or(0)
}

/// Refuses a store of another schema than this binary's.
pub(crate) fn check_schema(store: i64, runner: &Runner) -> Result<(), LogError> {
    let binary = newest(runner);
    match store.cmp(&binary) {
        std::cmp::Ordering::Less => Err(LogError::SchemaTooOld),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(LogError::SchemaTooNew { store, binary }),
    }
}

/// What tests let go wrong in a store.
#[cfg(test)]
pub(crate) mod faults {
    use crate::port::LogError;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

    /// Faults of one store, armed by a test and met by its writer.
    #[derive(Clone, Default)]
    pub(crate) struct Faults(Arc<Armed>);

    #[derive(Default)]
    pub(crate) struct Armed {
        /// The next commit happens, but its answer is lost.
        pub(crate) lose_answer: AtomicBool,
        /// The next commit does not happen.
        pub(crate) fail_commit: AtomicBool,
        /// This look-up from now on fails, counted from 1; 0 = none does.
        pub(crate) fail_find_after: AtomicU32,
        /// A disk has room for this many pages; 0 = no limit. For a store that counts pages.
        pub(crate) pages: AtomicU32,
    }

    impl std::ops::Deref for Faults {
        type Target = Armed;
        fn deref(&self) -> &Armed {
            &self.0
        }
    }

    impl Faults {
        pub(crate) fn before_commit(&self) -> Result<(), LogError> {
            fail_if(self.fail_commit.swap(false, SeqCst))
        }

        pub(crate) fn after_commit(&self) -> Result<(), LogError> {
            fail_if(self.lose_answer.swap(false, SeqCst))
        }

        pub(crate) fn find(&self) -> Result<(), LogError> {
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
}
