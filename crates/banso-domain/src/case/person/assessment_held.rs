use super::FactDomain;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{FactId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody sat down with the person to learn how they live (アセスメント): day, place and interviewers, which
/// inspections ask for. What was learned are facts of their own. Sources: S1 (11 domains), S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssessmentHeld {
    /// Who asked (面接者).
    pub interviewers: Vec<Party>,
    /// Whom they met.
    pub met: Vec<Party>,
    /// What kind of place: a visit at home is a duty before a plan is made.
    #[serde(default)]
    pub place: Stated<AssessmentPlace>,
    /// How.
    #[serde(default)]
    pub method: Stated<AssessmentMethod>,
    /// Which parts of life were looked at.
    #[serde(default)]
    pub domains: Stated<Vec<FactDomain>>,
    /// What came of it.
    #[serde(default)]
    pub summary: Stated<Personal<String>>,
    /// The facts learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactId>,
}

labelled! {
    /// Where an assessment is held.
    AssessmentPlace {
        Home = "居宅",
        Hospital = "病院",
        Facility = "入所施設・GH",
        DaytimePlace = "日中活動の場",
        Office = "相談窓口・事業所",
        Elsewhere = "その他",
    }
}

labelled! {
    /// How an assessment is held.
    AssessmentMethod {
        Interview = "面接",
        Observation = "観察",
        Telephone = "電話",
        Online = "オンライン",
        Records = "記録・資料",
    }
}

impl Payload for AssessmentHeld {
    const NAME: &'static str = "AssessmentHeld";

    fn label(&self) -> Cow<'_, str> {
        "アセスメント".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.interviewers.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.met.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let place = self.place.value().map_or("場所の記載なし", |place| place.label());
        let method = self.method.value().map(|method| format!("・{}", method.label())).unwrap_or_default();
        let summary = self.summary.value().map(|words| format!(": {}", words.reveal())).unwrap_or_default();
        Some(format!("{place}{method}{summary}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.facts.iter().map(Thing::Fact).collect()
    }

    fn sample() -> Self {
        Self {
            interviewers: vec![consultant()],
            met: vec![Party::Person],
            place: Stated::Value(AssessmentPlace::Hospital),
            method: Stated::Value(AssessmentMethod::Interview),
            domains: Stated::Value(vec![FactDomain::DailyLife, FactDomain::Relationships]),
            summary: Stated::Value("人に言えないでいた生活の困り事、やってみたかったこと".into()),
            facts: vec![id("haru:f1")],
        }
    }
}

impl Admit for AssessmentHeld {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn held() -> AssessmentHeld {
        AssessmentHeld::sample()
    }

    #[test]
    fn an_assessment_is_admitted_before_the_facts_learned() {
        given_nothing().when(told(held())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(held())]).when(told(held()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn the_same_on_another_day_is_another_assessment() {
        given([told(held()).on("2025-04-01")]).when(told(held()).on("2025-05-01")).admits();
    }

    #[test]
    fn an_assessment_without_the_person_is_admitted() {
        given_nothing().when(told(AssessmentHeld { met: Vec::new(), ..held() })).admits();
    }

    #[test]
    fn a_fact_of_another_person_is_refused() {
        given_nothing()
            .when(told(AssessmentHeld { facts: vec![id("haru:f1"), id("aki:f1")], ..held() }))
            .refuses(Refusal::ForeignReference("fact"));
    }
}
