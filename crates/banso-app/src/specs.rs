//! What the parts do together, on real stores.

mod admission;
mod answers;
mod door;
pub(crate) mod fixture;
mod late_commit;
mod now;
mod projector;
mod rebuild;
mod share;
