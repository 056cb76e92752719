use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Another municipality is in charge of the person from now on (援護の実施者の変更): it decides on services and
/// reads what the law lets it read. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityInChargeChanged {
    /// Which was.
    pub from: Party,
    /// Which is: it takes the person over.
    pub to: Party,
    /// On what ground it is.
    #[serde(default)]
    pub ground: Stated<InChargeGround>,
    /// Why it changed.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

labelled! {
    /// Why a municipality is in charge of somebody.
    InChargeGround {
        Residence = "居住地",
        FormerResidence = "居住地特例",
        PresentPlace = "現在地",
    }
}

impl Payload for MunicipalityInChargeChanged {
    const NAME: &'static str = "MunicipalityInChargeChanged";

    fn label(&self) -> Cow<'_, str> {
        "援護の実施者の変更".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.to]
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.from]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let ground = self.ground.value().map(|ground| ground.label().to_owned());
        let reason = self.reason.value().map(|reason| reason.reveal().clone());
        let line: Vec<String> = ground.into_iter().chain(reason).collect();
        (!line.is_empty()).then(|| line.join("・").into())
    }

    fn sample() -> Self {
        Self {
            from: Party::NotRecorded,
            to: Party::Org(id("city")),
            ground: Stated::Value(InChargeGround::Residence),
            reason: Stated::NotRecorded,
        }
    }
}

impl Admit for MunicipalityInChargeChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn changed() -> MunicipalityInChargeChanged {
        MunicipalityInChargeChanged::sample()
    }

    #[test]
    fn a_change_is_admitted() {
        given_nothing().when(told(changed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(changed())]).when(told(changed()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_change_back_is_another_change() {
        let back = MunicipalityInChargeChanged { from: changed().to, to: changed().from, ..changed() };
        given([told(changed())]).when(told(back)).admits();
    }
}
