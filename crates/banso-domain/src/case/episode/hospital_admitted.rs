use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{hospital, id, stated};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person is admitted to a hospital (入院). Source: S0 p.29.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HospitalAdmitted {
    /// The stay's id.
    pub episode: EpisodeId,
    /// Where.
    pub facility: Party,
    /// In which legal form (入院形態).
    #[serde(default)]
    pub form: Stated<AdmissionForm>,
    /// Until when that form holds at most (入院期間の上限). Source: domain.md §3.1 (精神保健福祉法).
    #[serde(default)]
    pub until: Stated<NaiveDate>,
    /// Whether the person was in hospital before (再入院).
    #[serde(default)]
    pub repeated: Stated<bool>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// What the doctor said to the person: words, not a reason.
    #[serde(default)]
    pub words: Stated<Personal<String>>,
}

labelled! {
    /// The legal form of a stay (入院形態).
    AdmissionForm {
        Voluntary = "任意入院",
        MedicalProtection = "医療保護入院",
        Involuntary = "措置入院",
        Emergency = "応急入院",
    }
}

impl Payload for HospitalAdmitted {
    const NAME: &'static str = "HospitalAdmitted";

    fn label(&self) -> Cow<'_, str> {
        "入院".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.facility]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let form = self.form.value().map_or("入院形態の記載なし", |form| form.label());
        let words = self.words.value().map(|words| format!("「{}」", words.reveal())).unwrap_or_default();
        Some(format!("{form}{words}").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Episode(&self.episode))
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:stay1"),
            facility: hospital(),
            form: Stated::NotRecorded,
            until: Stated::NotRecorded,
            repeated: Stated::NotRecorded,
            reason: Stated::NotRecorded,
            words: stated("ちょっと入院して休もう"),
        }
    }
}

impl Admit for HospitalAdmitted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::episode::CommunityTransitionSupportStarted;
    use crate::case::spec::{event, given, given_nothing, told};

    fn admitted() -> HospitalAdmitted {
        HospitalAdmitted::sample()
    }

    #[test]
    fn a_hospital_stay_is_admitted() {
        given_nothing().when(told(admitted())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(admitted())]).when(told(admitted()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_stay_under_a_used_id_is_refused() {
        given([told(admitted())])
            .when(told(HospitalAdmitted { form: Stated::Value(AdmissionForm::Voluntary), ..admitted() }))
            .refuses(Refusal::IdAlreadyUsed { what: "episode", by: event(1) });
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(HospitalAdmitted { episode: id("aki:x1"), ..admitted() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn the_legal_form_may_be_corrected_later() {
        given([told(admitted())])
            .when(
                told(HospitalAdmitted { form: Stated::Value(AdmissionForm::Voluntary), ..admitted() })
                    .correcting(1),
            )
            .admits();
    }

    #[test]
    fn episodes_of_all_kinds_share_one_space_of_ids() {
        let transition = CommunityTransitionSupportStarted {
            episode: admitted().episode,
            ..CommunityTransitionSupportStarted::sample()
        };
        given([told(transition)])
            .when(told(admitted()))
            .refuses(Refusal::IdAlreadyUsed { what: "episode", by: event(1) });
    }
}
