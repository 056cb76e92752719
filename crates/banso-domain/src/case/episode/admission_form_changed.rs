use super::hospital_admitted::AdmissionForm;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{hospital, id};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The legal form of a stay changes, or is renewed for another term (入院形態の変更・更新). Source: domain.md §3.1
/// (精神保健福祉法), §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionFormChanged {
    /// The stay.
    pub episode: EpisodeId,
    /// Which hospital.
    pub facility: Party,
    /// The form until now.
    #[serde(default)]
    pub from: Stated<AdmissionForm>,
    /// The form from now on; the same again = renewed.
    pub to: AdmissionForm,
    /// Until when it holds at most (入院期間の上限).
    #[serde(default)]
    pub until: Stated<NaiveDate>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for AdmissionFormChanged {
    const NAME: &'static str = "AdmissionFormChanged";

    fn label(&self) -> Cow<'_, str> {
        if self.from == Stated::Value(self.to) { "入院形態の更新" } else { "入院形態の変更" }.into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.facility]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let from = self.from.value().map(|from| format!("{} → ", from.label())).unwrap_or_default();
        let until = self.until.value().map(|until| format!("・{until} まで")).unwrap_or_default();
        Some(format!("{from}{}{until}", self.to.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Episode(&self.episode)]
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:stay1"),
            facility: hospital(),
            from: AdmissionForm::Involuntary.into(),
            to: AdmissionForm::Voluntary,
            until: Stated::NotRecorded,
            reason: Stated::NotRecorded,
        }
    }
}

impl Admit for AdmissionFormChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn changed() -> AdmissionFormChanged {
        AdmissionFormChanged::sample()
    }

    #[test]
    fn a_change_is_admitted_before_the_stay() {
        given_nothing().when(told(changed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(changed())]).when(told(changed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_renewal_is_admitted_and_named_as_one() {
        let renewed = AdmissionFormChanged {
            from: AdmissionForm::MedicalProtection.into(),
            to: AdmissionForm::MedicalProtection,
            until: Stated::Value("2025-10-01".parse().unwrap()),
            ..changed()
        };
        assert_eq!((&*renewed.label(), &*changed().label()), ("入院形態の更新", "入院形態の変更"));
        assert_eq!(renewed.detail().unwrap().reveal(), "医療保護入院 → 医療保護入院・2025-10-01 まで");
        given([told(changed())]).when(told(renewed)).admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(AdmissionFormChanged { episode: id("aki:x1"), ..changed() }))
            .refuses(Refusal::ForeignReference("episode"));
    }
}
