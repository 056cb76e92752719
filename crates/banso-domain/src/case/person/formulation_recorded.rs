use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{FactId, FormulationId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody reads the situation and says what to do about it (見立て・支援方針). Source: S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormulationRecorded {
    /// Its id.
    pub formulation: FormulationId,
    /// Who reads it so.
    pub by: Vec<Party>,
    /// How they see it (見立て).
    pub view: Personal<String>,
    /// What they want to do (支援方針).
    #[serde(default)]
    pub policy: Stated<Personal<String>>,
    /// The facts it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub based_on: Vec<FactId>,
}

impl Payload for FormulationRecorded {
    const NAME: &'static str = "FormulationRecorded";

    fn label(&self) -> Cow<'_, str> {
        "見立て・支援方針".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let policy = self.policy.value().map(|policy| format!(" → {}", policy.reveal())).unwrap_or_default();
        Some(format!("{}{policy}", self.view.reveal()).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Formulation(&self.formulation))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.based_on.iter().map(Thing::Fact).collect()
    }

    fn sample() -> Self {
        Self {
            formulation: id("haru:v1"),
            by: vec![consultant()],
            view: "支援協力するには、まず関係作りが必要".into(),
            policy: stated("定期的に会い、退院の準備を共有していくため地域移行支援の利用がよい"),
            based_on: vec![id("haru:f1")],
        }
    }
}

impl Admit for FormulationRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn formulation() -> FormulationRecorded {
        FormulationRecorded::sample()
    }

    #[test]
    fn a_formulation_is_admitted_before_the_facts_it_rests_on() {
        given_nothing().when(told(formulation())).admits();
    }

    #[test]
    fn the_same_formulation_from_a_second_recorder_is_a_repeat() {
        given([told(formulation())]).when(told(formulation()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn another_view_under_a_used_id_is_refused() {
        given([told(formulation())])
            .when(told(FormulationRecorded { policy: Stated::NotRecorded, ..formulation() }))
            .refuses(Refusal::IdAlreadyUsed { what: "formulation", by: event(1) });
    }

    #[test]
    fn a_formulation_of_another_person_is_refused() {
        given_nothing()
            .when(told(FormulationRecorded { formulation: id("aki:v1"), ..formulation() }))
            .refuses(Refusal::ForeignReference("formulation"));
    }

    #[test]
    fn a_formulation_that_rests_on_a_fact_of_another_person_is_refused() {
        given_nothing()
            .when(told(FormulationRecorded { based_on: vec![id("haru:f1"), id("aki:f1")], ..formulation() }))
            .refuses(Refusal::ForeignReference("fact"));
    }
}
