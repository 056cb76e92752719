//! What one zone (圏域) works on: regional issues (地域課題) and the councils (協議会) that take them up. Nothing here
//! names a person: what happened to whom stays in the persons' streams.

pub mod council;
pub mod issue;

use crate::Refusal;
use crate::correction::CorrectionEvent;
use crate::judge::{Judge, Rules};
use crate::payload::{Admission, stream_events};
use crate::said::Told;
use banso_kernel::Personal;
use serde::{Deserialize, Serialize};

/// So many digits in a row are a number of somebody: a certificate has ten, a telephone at least nine.
const DIGITS_MAX: usize = 6;

stream_events! {
    /// An event of a zone's stream.
    ZoneEvent {
        /// What is missing in the zone, and what is done about it.
        Issue(issue::IssueEvent) = "issue",
        /// Councils and their sections.
        Council(council::CouncilEvent) = "council",
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// What one zone works on, as far as the next decision needs it.
pub type Zone = Judge<ZoneRules>;

/// What the rules of a zone look at: nothing beyond what was brought and said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ZoneRules {}

impl Rules for ZoneRules {
    type Event = ZoneEvent;
    const KIND: &'static str = "zone";

    fn apply(&mut self, _: Told, _: &ZoneEvent) {}

    fn admit(event: &ZoneEvent, zone: &Zone) -> Result<Admission, Refusal> {
        match event {
            ZoneEvent::Issue(event) => event.admit(zone),
            ZoneEvent::Council(event) => event.admit(zone),
            ZoneEvent::Correction(_) => Ok(Admission::New),
        }
    }
}

/// Refuses a text with a number by which somebody may be found. Source: S3 (守秘義務), domain.md §5.4 R36.
pub(crate) fn names_nobody(field: &'static str, text: &Personal<String>) -> Result<(), Refusal> {
    let mut in_a_row = 0;
    for char in text.reveal().chars() {
        // Full-width digits and those of phone numbers and certificates with dashes between them, too.
        match char {
            '0'..='9' | '０'..='９' => in_a_row += 1,
            '-' | '－' | '‐' | 'ー' => {}
            _ => in_a_row = 0,
        }
        if in_a_row > DIGITS_MAX {
            return Err(Refusal::NamesSomebody(field));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod spec;
