use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{hospital, id, stated};
use banso_kernel::{Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Another hospital treats the person from now on (転医・通院先の変更). Source: S2 p.7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreatingHospitalChanged {
    /// Who treated until now.
    pub from: Party,
    /// Who treats from now on.
    pub to: Party,
    /// The day of the first visit there (初回受診), planned or past.
    #[serde(default)]
    pub first_visit_on: Stated<NaiveDate>,
    /// Who went along to it (初回外来同行).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accompanied_by: Vec<Party>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for TreatingHospitalChanged {
    const NAME: &'static str = "TreatingHospitalChanged";

    fn label(&self) -> Cow<'_, str> {
        "転医（通院先の変更）".into()
    }

    fn doers(&self) -> Vec<&Party> {
        std::iter::once(&self.from).chain(&self.accompanied_by).collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.to]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let first_visit = self.first_visit_on.value().map(|on| format!("初回受診 {on}"));
        let reason = self.reason.value().map(|reason| reason.reveal().clone());
        let parts: Vec<String> = first_visit.into_iter().chain(reason).collect();
        (!parts.is_empty()).then(|| parts.join("・").into())
    }

    fn sample() -> Self {
        Self {
            from: hospital(),
            to: Party::Org(id("city-hospital")),
            first_visit_on: Stated::NotRecorded,
            accompanied_by: vec![Party::NotRecorded],
            reason: stated("遠隔地の外来通院にかかる負担を軽減するため"),
        }
    }
}

impl Admit for TreatingHospitalChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn changed() -> TreatingHospitalChanged {
        TreatingHospitalChanged::sample()
    }

    #[test]
    fn a_change_is_admitted_with_or_without_a_stay_before_it() {
        given_nothing().when(told(changed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(changed())]).when(told(changed()).recorded_by("psw@city-hospital")).repeats(1);
    }

    #[test]
    fn the_same_change_at_another_time_is_another_one() {
        given([told(changed()).on("2025-04-01")]).when(told(changed()).on("2025-05-01")).admits();
    }

    #[test]
    fn the_line_says_when_the_first_visit_is_and_why() {
        let first_visit = Stated::Value("2025-05-12".parse().unwrap());
        let line = TreatingHospitalChanged { first_visit_on: first_visit, ..changed() }.detail().unwrap();
        assert_eq!(line.reveal(), "初回受診 2025-05-12・遠隔地の外来通院にかかる負担を軽減するため");
        assert_eq!(TreatingHospitalChanged { reason: Stated::NotRecorded, ..changed() }.detail(), None);
    }
}
