//! The deliveries of a batch: whether their intakes stand where their readers found them, and where they stand
//! afterwards.

use super::queue::Job;
use crate::decide::{Decider, Outcome};
use crate::inbox::{Delivery, IntakePosition, Settled};
use crate::port::LogError;
use crate::write_side::WriteSide;
use std::collections::HashMap;

/// Where the intakes of a batch stand; they move with each delivery that is decided on.
pub(super) struct Intakes {
    positions: HashMap<String, Option<IntakePosition>>,
    pub(super) settled: Vec<Settled>,
}

impl Intakes {
    pub(super) fn of<D: Decider>(side: &mut dyn WriteSide, jobs: &[Job<D>]) -> Result<Self, LogError> {
        let deliveries = jobs.iter().filter_map(|job| job.delivery.as_ref());
        let mut publishers: Vec<&str> = deliveries.map(|delivery| delivery.publisher.as_str()).collect();
        publishers.sort_unstable();
        publishers.dedup();
        let mut positions = HashMap::new();
        if !publishers.is_empty() {
            let found = side.intake_positions(&publishers)?;
            positions.extend(publishers.into_iter().map(str::to_owned).zip(found));
        }
        Ok(Self { positions, settled: Vec::new() })
    }

    /// Where the intake stands, if it is not where the delivery's reader found it.
    pub(super) fn stands_elsewhere<R>(&self, delivery: &Delivery<R>) -> Option<Option<IntakePosition>> {
        let actual = self.positions.get(&delivery.publisher).cloned().flatten();
        (actual != delivery.from).then_some(actual)
    }

    pub(super) fn settle<R>(&mut self, delivery: Delivery<R>, outcomes: &[Outcome<R>]) {
        let Delivery { publisher, from: _, to, receipts } = delivery;
        self.positions.insert(publisher.clone(), Some(to.clone()));
        self.settled.push(Settled { publisher, to, receipts: receipts(outcomes) });
    }
}
