use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{hospital, id};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person leaves the hospital (退院). Source: S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HospitalDischarged {
    /// The stay that ends.
    pub episode: EpisodeId,
    /// Which hospital.
    pub facility: Party,
    /// Where the person goes.
    #[serde(default)]
    pub destination: Stated<Destination>,
    /// Who goes on treating.
    #[serde(default)]
    pub medical_followup: Stated<Personal<String>>,
    /// Who comes to the home (退院後の訪問支援).
    #[serde(default)]
    pub home_visit: Stated<Personal<String>>,
}

labelled! {
    /// Where somebody goes from hospital (退院先).
    Destination {
        Home = "自宅",
        GroupHome = "グループホーム",
        Facility = "施設",
        OtherHospital = "他院",
    }
}

impl Payload for HospitalDischarged {
    const NAME: &'static str = "HospitalDischarged";

    fn label(&self) -> Cow<'_, str> {
        "退院".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.facility]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let to = self.destination.value().map_or("退院先の記載なし", |to| to.label());
        let after =
            self.medical_followup.value().map(|who| format!("・医療: {}", who.reveal())).unwrap_or_default();
        let visits =
            self.home_visit.value().map(|who| format!("・訪問: {}", who.reveal())).unwrap_or_default();
        Some(format!("退院先: {to}{after}{visits}").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Discharge(&self.episode))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Episode(&self.episode)]
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:stay1"),
            facility: hospital(),
            destination: Stated::Value(Destination::Home),
            medical_followup: Stated::NotRecorded,
            home_visit: Stated::NotRecorded,
        }
    }
}

impl Admit for HospitalDischarged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // A discharge from a stay whose beginning is not recorded is admitted: reports come in any order.
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn discharged() -> HospitalDischarged {
        HospitalDischarged::sample()
    }

    #[test]
    fn a_discharge_is_admitted_before_the_stay_it_ends() {
        given_nothing().when(told(discharged())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(discharged())]).when(told(discharged()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_end_of_the_same_stay_is_refused() {
        given([told(discharged())])
            .when(told(HospitalDischarged { destination: Stated::NotRecorded, ..discharged() }))
            .refuses(Refusal::IdAlreadyUsed { what: "discharge", by: event(1) });
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(HospitalDischarged { episode: id("aki:x1"), ..discharged() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn the_line_says_where_to_and_who_goes_on_caring() {
        let line = |discharged: HospitalDischarged| discharged.detail().unwrap().reveal().clone();
        assert_eq!(line(discharged()), "退院先: 自宅");
        let cared_for = HospitalDischarged {
            medical_followup: Stated::Value("市内精神科病院".into()),
            home_visit: Stated::Value("訪問看護、地域包括支援センター".into()),
            ..discharged()
        };
        let expected = "退院先: 自宅・医療: 市内精神科病院・訪問: 訪問看護、地域包括支援センター";
        assert_eq!(line(cared_for), expected);
    }
}
