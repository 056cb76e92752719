use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use banso_kernel::{Party, Personal, Relation, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody of the family says what they wish or fear (家族の思い). Kept apart from what the person says: the two
/// may contradict each other. Source: S2 slides 6-9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyVoiceRecorded {
    /// Who says so; parents may speak together.
    pub by: Vec<Party>,
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
}

impl Payload for FamilyVoiceRecorded {
    const NAME: &'static str = "FamilyVoiceRecorded";

    fn label(&self) -> Cow<'_, str> {
        "家族の思い".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let text = self.text.reveal();
        Some(if self.verbatim { format!("「{text}」") } else { text.clone() }.into())
    }

    fn sample() -> Self {
        Self {
            by: vec![Party::Informal { label: "妹".into(), relation: Relation::Sibling }],
            text: "私が面倒みるので退院させてください".into(),
            verbatim: true,
            prompt: None,
            setting: Stated::Value("来院して".into()),
            heard_by: Party::NotRecorded,
        }
    }
}

impl Admit for FamilyVoiceRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.by.is_empty() {
            return Err(Refusal::Nobody("by"));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::person::PersonVoiceRecorded;
    use crate::case::spec::{given, given_nothing, told};

    fn voice() -> FamilyVoiceRecorded {
        FamilyVoiceRecorded::sample()
    }

    #[test]
    fn what_the_family_says_is_admitted() {
        given_nothing().when(told(voice())).admits();
    }

    #[test]
    fn the_same_words_from_a_second_recorder_are_a_repeat() {
        given([told(voice())]).when(told(voice()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_same_words_of_the_person_are_another_voice() {
        let persons = PersonVoiceRecorded { text: voice().text, ..PersonVoiceRecorded::sample() };
        given([told(persons)]).when(told(voice())).admits();
    }

    #[test]
    fn a_voice_of_nobody_is_refused() {
        given_nothing()
            .when(told(FamilyVoiceRecorded { by: Vec::new(), ..voice() }))
            .refuses(Refusal::Nobody("by"));
    }
}
