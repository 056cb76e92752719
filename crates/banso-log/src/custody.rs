//! When nothing may be appended until an operator has decided: the log was put back to an earlier point.

use crate::port::{Identity, LogError};
use async_trait::async_trait;

/// Holding a log, and letting it go.
///
/// # Contract
///
/// 1. No append that begins after [`Custody::hold`] has returned succeeds, by whichever process, until the
///    hold is ended.
/// 2. A hold outlives every process.
#[async_trait]
pub trait Custody: Send + Sync + 'static {
    /// Why the log is held; `None` = it is not.
    async fn held(&self) -> Result<Option<String>, LogError>;

    /// Holds the log. Of several holds the first reason stays.
    async fn hold(&self, reason: &str) -> Result<(), LogError>;

    /// Ends the hold: what was missing is there again. For an operator's rights.
    async fn let_go(&self) -> Result<(), LogError>;

    /// Ends the hold by going on without what is missing: raises the epoch. For an operator's rights.
    async fn begin_epoch(&self) -> Result<Identity, LogError>;
}
