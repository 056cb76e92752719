//! The person and those around them (本人): words, facts, readings of the situation, changes of who is there.

mod assessment_held;
mod benefit;
mod benefit_applied;
mod benefit_decided;
mod consultation_received;
mod contract_concluded;
mod fact_disputed;
mod fact_recorded;
mod family_member_recorded;
mod family_voice_recorded;
mod formulation_recorded;
mod key_person_changed;
mod known_unknown_recorded;
mod municipality_in_charge_changed;
mod person_died;
mod person_registered;
mod person_voice_recorded;
mod support_concluded;
mod support_reopened;

pub use assessment_held::{AssessmentHeld, AssessmentMethod, AssessmentPlace};
pub use benefit::BenefitKind;
pub use benefit_applied::BenefitApplied;
pub use benefit_decided::{BenefitDecided, BenefitOutcome};
pub use consultation_received::ConsultationReceived;
pub use contract_concluded::ContractConcluded;
pub use fact_disputed::FactDisputed;
pub use fact_recorded::{FactBasis, FactDomain, FactRecorded, Polarity, SourceKind};
pub use family_member_recorded::{CareTie, FamilyMemberRecorded, Life};
pub use family_voice_recorded::FamilyVoiceRecorded;
pub use formulation_recorded::FormulationRecorded;
pub use key_person_changed::{KeyPersonChange, KeyPersonChanged};
pub use known_unknown_recorded::KnownUnknownRecorded;
pub use municipality_in_charge_changed::{InChargeGround, MunicipalityInChargeChanged};
pub use person_died::PersonDied;
pub use person_registered::{Certificate, CertificateKind, Gender, Intake, PersonRegistered};
pub use person_voice_recorded::{Assent, PersonVoiceRecorded};
pub use support_concluded::{ConclusionReason, SupportConcluded};
pub use support_reopened::SupportReopened;

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use banso_kernel::EventId;
use serde::{Deserialize, Serialize};

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
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
        /// The person was entered.
        Registered(PersonRegistered),
        /// Somebody came with a trouble.
        ConsultationReceived(ConsultationReceived),
        /// Somebody of the family said something.
        FamilyVoiceRecorded(FamilyVoiceRecorded),
        /// Somebody says that a fact is not so.
        FactDisputed(FactDisputed),
        /// Something is known not to be known.
        KnownUnknownRecorded(KnownUnknownRecorded),
        /// Somebody of the family, as the genogram draws them.
        FamilyMemberRecorded(FamilyMemberRecorded),
        /// Somebody sat down with the person to learn how they live.
        AssessmentHeld(AssessmentHeld),
        /// A contract was made with the person.
        ContractConcluded(ContractConcluded),
        /// A benefit was applied for.
        BenefitApplied(BenefitApplied),
        /// A benefit was decided on.
        BenefitDecided(BenefitDecided),
        /// Another municipality is in charge.
        MunicipalityInChargeChanged(MunicipalityInChargeChanged),
        /// The support as a whole came to its end.
        SupportConcluded(SupportConcluded),
        /// The support began again.
        SupportReopened(SupportReopened),
        /// The person died.
        Died(PersonDied),
    }
}

/// By which events the person's death is told: one, unless they contradict each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deaths(Vec<EventId>);

impl Deaths {
    pub(crate) fn apply(&mut self, id: EventId, event: &PersonEvent) {
        match event {
            PersonEvent::Died(_) => self.0.push(id),
            PersonEvent::KeyPersonChanged(_)
            | PersonEvent::FactRecorded(_)
            | PersonEvent::FormulationRecorded(_)
            | PersonEvent::VoiceRecorded(_)
            | PersonEvent::Registered(_)
            | PersonEvent::ConsultationReceived(_)
            | PersonEvent::FamilyVoiceRecorded(_)
            | PersonEvent::FactDisputed(_)
            | PersonEvent::KnownUnknownRecorded(_)
            | PersonEvent::FamilyMemberRecorded(_)
            | PersonEvent::AssessmentHeld(_)
            | PersonEvent::ContractConcluded(_)
            | PersonEvent::BenefitApplied(_)
            | PersonEvent::BenefitDecided(_)
            | PersonEvent::MunicipalityInChargeChanged(_)
            | PersonEvent::SupportConcluded(_)
            | PersonEvent::SupportReopened(_) => {}
        }
    }
}

impl Case {
    /// The event that told of the person's death, if it may have been when the proposed event says.
    pub(crate) fn death_then(&self) -> Option<EventId> {
        self.rules().deaths.0.iter().find(|event| self.may_coincide(event)).copied()
    }
}
