//! Who of several processes does what, so that not all do the same. A lease only saves work: whoever still
//! believes in a lost one must be kept from harm by a comparison of its own.

use crate::port::LogError;
use async_trait::async_trait;
use std::time::Duration;

/// Leases in groups, by the store's clock.
///
/// # Contract
///
/// 1. A name of a group is held by at most one holder at a time.
/// 2. What is not renewed is free after its time.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Joins or stays in a group for a time; takes, of the wanted names, those that are free, keeps those
    /// that it held, and gives back whatever else it held.
    async fn renew(
        &self,
        group: &str,
        holder: &str,
        wanted: &[String],
        time: Duration,
    ) -> Result<Renewed, LogError>;

    /// Leaves a group, and gives back what it held there.
    async fn leave(&self, group: &str, holder: &str) -> Result<(), LogError>;
}

/// A group after a renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Who is in it, in order.
    pub members: Vec<String>,
    /// What this holder holds now, in order.
    pub held: Vec<String>,
}
