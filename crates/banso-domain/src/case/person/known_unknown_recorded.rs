use super::FactDomain;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, hospital, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, UnknownId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that the supporters know they do not know (まだわからないこと). A fact that answers it names it.
/// Source: S0 p.22 (わかったこと・わからないこと).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownUnknownRecorded {
    /// Its id.
    pub unknown: UnknownId,
    /// Of which part of life.
    pub domain: FactDomain,
    /// What is not known.
    pub question: Personal<String>,
    /// Who asks.
    pub by: Vec<Party>,
    /// Who could know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who_could_know: Vec<Party>,
}

impl Payload for KnownUnknownRecorded {
    const NAME: &'static str = "KnownUnknownRecorded";

    fn label(&self) -> Cow<'_, str> {
        "まだわからないこと".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.who_could_know.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("{}（{}）", self.question.reveal(), self.domain.label()).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Unknown(&self.unknown))
    }

    fn sample() -> Self {
        Self {
            unknown: id("haru:u1"),
            domain: FactDomain::Health,
            question: "いつから通院が途絶えているか".into(),
            by: vec![consultant()],
            who_could_know: vec![hospital()],
        }
    }
}

impl Admit for KnownUnknownRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::person::FactRecorded;
    use crate::case::spec::{event, given, given_nothing, told};

    fn unknown() -> KnownUnknownRecorded {
        KnownUnknownRecorded::sample()
    }

    #[test]
    fn what_is_not_known_is_admitted() {
        given_nothing().when(told(unknown())).admits();
    }

    #[test]
    fn the_same_question_from_a_second_recorder_is_a_repeat() {
        given([told(unknown())]).when(told(unknown()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_question_under_a_used_id_is_refused() {
        given([told(unknown())])
            .when(told(KnownUnknownRecorded { question: "誰が支えているか".into(), ..unknown() }))
            .refuses(Refusal::IdAlreadyUsed { what: "known unknown", by: event(1) });
    }

    #[test]
    fn a_question_about_another_person_is_refused() {
        given_nothing()
            .when(told(KnownUnknownRecorded { unknown: id("aki:u1"), ..unknown() }))
            .refuses(Refusal::ForeignReference("known unknown"));
    }

    #[test]
    fn a_fact_may_answer_what_is_not_yet_asked_but_not_what_was_asked_of_another_person() {
        let answering = |unknown: &str| FactRecorded { answers: vec![id(unknown)], ..FactRecorded::sample() };
        given_nothing().when(told(answering("haru:u1"))).admits();
        given_nothing().when(told(answering("aki:u1"))).refuses(Refusal::ForeignReference("known unknown"));
    }
}
