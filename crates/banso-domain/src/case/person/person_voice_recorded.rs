use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person says what they wish, doubt, accept or refuse (本人のことば). Kept apart from what the family says
/// and from what supporters conclude. Source: S0 p.31, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonVoiceRecorded {
    /// The words.
    pub text: Personal<String>,
    /// Whether these are the very words, or somebody's summary.
    pub verbatim: bool,
    /// What was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Personal<String>>,
    /// Where and how it was said.
    #[serde(default)]
    pub setting: Stated<Personal<String>>,
    /// Who heard it.
    pub heard_by: Party,
    /// Yes or no to what was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assent: Option<Assent>,
}

labelled! {
    /// The person's answer to a proposal.
    Assent {
        Yes = "はい",
        No = "いいえ",
        Unsure = "迷っている",
    }
}

impl Payload for PersonVoiceRecorded {
    const NAME: &'static str = "PersonVoiceRecorded";

    fn label(&self) -> Cow<'_, str> {
        "本人のことば".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&Party::Person]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let text = self.text.reveal();
        Some(if self.verbatim { format!("「{text}」") } else { text.clone() }.into())
    }

    fn sample() -> Self {
        Self {
            text: "時々病院に来てくれて一緒に考えてくれることはいいな".into(),
            verbatim: true,
            prompt: None,
            setting: Stated::NotRecorded,
            heard_by: Party::NotRecorded,
            assent: Some(Assent::Yes),
        }
    }
}

impl Admit for PersonVoiceRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn voice() -> PersonVoiceRecorded {
        PersonVoiceRecorded::sample()
    }

    #[test]
    fn what_the_person_says_is_admitted() {
        given_nothing().when(told(voice())).admits();
    }

    #[test]
    fn the_same_words_from_a_second_recorder_are_a_repeat() {
        given([told(voice())]).when(told(voice()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_same_words_said_at_another_time_are_no_repeat() {
        let said = |on: &str| told(voice()).on(on);
        given([said("2025-04-01"), said("2025-05-01")]).when(said("2025-05-20")).admits();
        given([said("2025-04-01"), said("2025-05-01")]).when(said("2025-05")).repeats(2);
        given([said("2025-04-01"), said("2025-05-01")]).when(said("unknown")).repeats(1);
    }

    #[test]
    fn a_correction_that_keeps_its_date_is_compared_by_that_date() {
        let said = |text: &str, on: &str| told(PersonVoiceRecorded { text: text.into(), ..voice() }).on(on);
        let corrected = told(PersonVoiceRecorded { text: "はい".into(), ..voice() }).correcting(2);
        given([said("はい", "2025-01-10"), said("はあ", "2025-03-10")]).when(corrected.clone()).admits();
        given([said("はい", "2025-01-10"), said("はあ", "2025-01-10")]).when(corrected).repeats(1);
    }

    #[test]
    fn a_summary_is_not_a_repeat_of_the_very_words() {
        given([told(voice())]).when(told(PersonVoiceRecorded { verbatim: false, ..voice() })).admits();
    }
}
