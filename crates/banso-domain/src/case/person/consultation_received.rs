use crate::Refusal;
use crate::case::Case;
use crate::case::referral::{Channel, Urgency};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated};
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody comes or calls with a trouble, and an office takes it up (相談受付). Source: S4 (佐藤誠さん).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsultationReceived {
    /// Who took it up.
    pub by: Vec<Party>,
    /// Who came or called: the person, the family, ….
    pub from: Vec<Party>,
    /// What they came with, in their words (主訴).
    #[serde(default)]
    pub chief_complaint: Stated<Personal<String>>,
    /// How soon help is needed.
    #[serde(default)]
    pub urgency: Stated<Urgency>,
    /// How it came.
    #[serde(default)]
    pub channel: Stated<Channel>,
}

impl Payload for ConsultationReceived {
    const NAME: &'static str = "ConsultationReceived";

    fn label(&self) -> Cow<'_, str> {
        "相談受付".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.from.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let urgency =
            self.urgency.value().map(|urgency| format!("（{}）", urgency.label())).unwrap_or_default();
        let complaint = self.chief_complaint.value().map_or("主訴の記載なし", |words| words.reveal());
        Some(format!("{complaint}{urgency}").into())
    }

    fn sample() -> Self {
        Self {
            by: vec![Party::Org(id("kibougaoka"))],
            from: vec![Party::NotRecorded],
            chief_complaint: stated("母親が体調を悪くし、医師から「早急に入院するように」と言われた"),
            urgency: Stated::Value(Urgency::Urgent),
            channel: Stated::Value(Channel::InPerson),
        }
    }
}

impl Admit for ConsultationReceived {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn received() -> ConsultationReceived {
        ConsultationReceived::sample()
    }

    #[test]
    fn a_consultation_is_admitted() {
        given_nothing().when(told(received())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(received())]).when(told(received()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_same_trouble_on_another_day_is_another_consultation() {
        given([told(received()).on("2025-04-01")]).when(told(received()).on("2025-05-01")).admits();
    }

    #[test]
    fn a_consultation_of_which_nothing_else_is_recorded_is_admitted() {
        let bare = ConsultationReceived {
            chief_complaint: Stated::NotRecorded,
            urgency: Stated::NotRecorded,
            channel: Stated::NotRecorded,
            ..received()
        };
        given([told(received())]).when(told(bare)).admits();
    }
}
