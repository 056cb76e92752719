//! A decider without rules.

use crate::{Admitted, Decider, Position, Undecidable};
use banso_kernel::{Proposal, Recorded, StreamId};

/// Admits everything, and so needs no state: for putting in a log what no door would.
#[derive(Clone, Copy, Debug)]
pub struct AdmitAll;

impl Decider for AdmitAll {
    type Item = Proposal;
    type Refusal = ();

    fn cold(&self, _: &Proposal) -> Vec<StreamId> {
        Vec::new()
    }

    fn load(&mut self, _: &StreamId, _: Vec<Recorded>) -> Result<(), Undecidable> {
        Ok(())
    }

    fn observe(&mut self, _: &Recorded) {}

    fn decide(&mut self, _: &Proposal, _: Position) -> Result<Admitted, ()> {
        Ok(Admitted { repeats: None })
    }

    fn save(&mut self, _: &[StreamId]) {}

    fn restore(&mut self) {}

    fn release(&mut self) {}

    fn forget(&mut self, _: &StreamId) {}
}
