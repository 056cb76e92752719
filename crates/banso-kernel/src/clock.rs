//! Time, ids and randomness are arguments (design D21). This is the one file that asks the machine.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::sync::atomic::{AtomicI64, Ordering};

/// The time of day, to the microsecond.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// The 16 random bytes that keep a blanked body from being guessed from its hash.
pub type Salt = [u8; 16];

/// Source of what must not be guessed or repeated.
pub trait IdGen: Send + Sync + 'static {
    /// 16 random bytes.
    fn salt(&self) -> Salt;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }
}

/// The machine's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdGen for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
    fn salt(&self) -> Salt {
        let mut salt = Salt::default();
        // Without randomness nothing may be recorded: salts protect erased text.
        getrandom::fill(&mut salt).expect("the operating system gives random bytes");
        salt
    }
}

/// A clock that stands until it is moved: for replaying a case whose records were made at known times.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `at`.
    pub fn at(at: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(at.timestamp_micros()))
    }

    /// Shows `at` from now on.
    pub fn set(&self, at: DateTime<Utc>) {
        self.0.store(at.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or(DateTime::UNIX_EPOCH)
    }
}
