use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{EmergencyId, EpisodeId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something happens that cannot wait (緊急の事態), whether or not 地域定着支援 is there to answer it.
/// Source: domain.md §3.1 (地域定着支援: 緊急時支援), §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyOccurred {
    /// Its id, to which those who respond refer.
    pub emergency: EmergencyId,
    /// What kind.
    #[serde(default)]
    pub kind: Stated<EmergencyKind>,
    /// Who raised it (通報・連絡した人).
    pub reported_by: Party,
    /// The support under whose round-the-clock contact it was raised.
    #[serde(default)]
    pub episode: Stated<EpisodeId>,
    /// What happened.
    #[serde(default)]
    pub detail: Stated<Personal<String>>,
}

labelled! {
    /// What cannot wait.
    EmergencyKind {
        Condition = "病状の変化",
        Health = "体調不良・けが",
        Carer = "家族・支え手の急な不在",
        Relations = "対人関係・近隣とのこと",
        Daily = "暮らしの困りごと",
        Disaster = "災害",
        Other = "その他",
    }
}

impl Payload for EmergencyOccurred {
    const NAME: &'static str = "EmergencyOccurred";

    fn label(&self) -> Cow<'_, str> {
        "緊急の事態".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.reported_by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let kind = self.kind.value().map_or("種別の記載なし", |kind| kind.label());
        let detail = self.detail.value().map(|detail| format!(": {}", detail.reveal())).unwrap_or_default();
        Some(format!("{kind}{detail}").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Emergency(&self.emergency))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.episode.value().map(Thing::Episode).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            emergency: id("haru:emergency1"),
            kind: EmergencyKind::Condition.into(),
            reported_by: consultant(),
            episode: Stated::Value(id("haru:settlement1")),
            detail: stated("体調を崩さないでひとりでまた生活していけるか心配。"),
        }
    }
}

impl Admit for EmergencyOccurred {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn occurred() -> EmergencyOccurred {
        EmergencyOccurred::sample()
    }

    #[test]
    fn an_emergency_is_admitted_before_the_support_that_answers_it() {
        given_nothing().when(told(occurred())).admits();
    }

    #[test]
    fn an_emergency_without_any_support_is_admitted() {
        given_nothing().when(told(EmergencyOccurred { episode: Stated::NotRecorded, ..occurred() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(occurred())]).when(told(occurred()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_emergency_under_a_used_id_is_refused() {
        given([told(occurred())])
            .when(told(EmergencyOccurred { kind: EmergencyKind::Carer.into(), ..occurred() }))
            .refuses(Refusal::IdAlreadyUsed { what: "emergency", by: event(1) });
    }

    #[test]
    fn an_emergency_of_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyOccurred { emergency: id("aki:emergency1"), ..occurred() }))
            .refuses(Refusal::ForeignReference("emergency"));
    }

    #[test]
    fn a_support_of_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyOccurred { episode: Stated::Value(id("aki:x1")), ..occurred() }))
            .refuses(Refusal::ForeignReference("episode"));
    }
}
