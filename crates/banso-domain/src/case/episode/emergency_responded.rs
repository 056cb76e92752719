use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{EmergencyId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody answers an emergency (緊急時の対応): by telephone, by coming, or with a place for the night.
/// Source: domain.md §3.1 (地域定着支援: 緊急時支援), §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyResponded {
    /// What it answers.
    #[serde(default)]
    pub emergency: Stated<EmergencyId>,
    /// How.
    pub kind: ResponseKind,
    /// Who; several may go.
    pub by: Vec<Party>,
    /// What came of it.
    #[serde(default)]
    pub outcome: Stated<Personal<String>>,
}

labelled! {
    /// How somebody answers an emergency.
    ResponseKind {
        Telephone = "電話",
        Visit = "訪問",
        Stay = "宿泊",
    }
}

impl Payload for EmergencyResponded {
    const NAME: &'static str = "EmergencyResponded";

    fn label(&self) -> Cow<'_, str> {
        "緊急時の対応".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&Party::Person]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let outcome =
            self.outcome.value().map(|outcome| format!(": {}", outcome.reveal())).unwrap_or_default();
        Some(format!("{}{outcome}", self.kind.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.emergency.value().map(Thing::Emergency).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            emergency: Stated::Value(id("haru:emergency1")),
            kind: ResponseKind::Visit,
            by: vec![consultant()],
            outcome: stated("自分の生活や体調の確認をし、また必要な支援を考えます。"),
        }
    }
}

impl Admit for EmergencyResponded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn responded() -> EmergencyResponded {
        EmergencyResponded::sample()
    }

    #[test]
    fn a_response_is_admitted_before_the_emergency_it_answers() {
        given_nothing().when(told(responded())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(responded())]).when(told(responded()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_visit_after_a_call_is_another_response() {
        let call = EmergencyResponded { kind: ResponseKind::Telephone, ..responded() };
        given([told(call)]).when(told(responded())).admits();
    }

    #[test]
    fn an_emergency_of_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyResponded { emergency: Stated::Value(id("aki:emergency1")), ..responded() }))
            .refuses(Refusal::ForeignReference("emergency"));
    }
}
