//! The person and those around them (本人): words, facts, readings of the situation, changes of who is there.

mod fact_recorded;
mod formulation_recorded;
mod key_person_changed;
mod person_voice_recorded;

pub use fact_recorded::{FactBasis, FactDomain, FactRecorded, Polarity, SourceKind};
pub use formulation_recorded::FormulationRecorded;
pub use key_person_changed::{KeyPersonChange, KeyPersonChanged};
pub use person_voice_recorded::{Assent, PersonVoiceRecorded};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events about the person and those around them.
    PersonEvent of CaseEvent::Person admitted by Case {
        /// Somebody on whom the person relied came or went.
        KeyPersonChanged(KeyPersonChanged),
        /// Somebody observed, heard or measured something.
        FactRecorded(FactRecorded),
        /// Somebody read the situation.
        FormulationRecorded(FormulationRecorded),
        /// The person said something.
        VoiceRecorded(PersonVoiceRecorded),
    }
}
