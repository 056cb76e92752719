use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person has a place to live (住居確保): not yet that they live there. Source: domain.md §5.1 (added by
/// practice); S2 p.16, S3 (居住支援関係者).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HousingSecured {
    /// The stay that it makes possible to leave, or the support under which it was found.
    #[serde(default)]
    pub episode: Stated<EpisodeId>,
    /// What kind of place.
    #[serde(default)]
    pub kind: Stated<HousingKind>,
    /// Where.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// Who lets it or runs it (貸主・運営者).
    pub provider: Party,
    /// Who found it with the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
    /// From when the person can live there (入居予定日).
    #[serde(default)]
    pub available_from: Stated<NaiveDate>,
    /// Who stands surety, and whom to call (保証人・緊急連絡先).
    #[serde(default)]
    pub guarantor: Stated<Personal<String>>,
}

labelled! {
    /// The kinds of places to live.
    HousingKind {
        OwnHome = "自宅",
        FamilyHome = "家族の家",
        Rental = "民間賃貸住宅",
        PublicHousing = "公営住宅",
        GroupHome = "グループホーム",
        Lodging = "宿泊型自立訓練",
        Facility = "施設",
        Other = "その他",
    }
}

impl Payload for HousingSecured {
    const NAME: &'static str = "HousingSecured";

    fn label(&self) -> Cow<'_, str> {
        "住居確保".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let kind = self.kind.value().map_or("住居の種類の記載なし", |kind| kind.label());
        let from = self.available_from.value().map(|from| format!("・{from} から")).unwrap_or_default();
        Some(format!("{kind}{from}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.episode.value().map(Thing::Episode).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            episode: Stated::Value(id("haru:stay1")),
            kind: HousingKind::OwnHome.into(),
            place: stated("母と二人で暮らしていた家"),
            provider: Party::NotRecorded,
            by: vec![consultant()],
            available_from: Stated::NotRecorded,
            guarantor: Stated::NotRecorded,
        }
    }
}

impl Admit for HousingSecured {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn secured() -> HousingSecured {
        HousingSecured::sample()
    }

    #[test]
    fn a_place_to_live_is_admitted_before_the_stay_it_ends() {
        given_nothing().when(told(secured())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(secured())]).when(told(secured()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_place_is_another_one() {
        given([told(secured())])
            .when(told(HousingSecured { kind: HousingKind::GroupHome.into(), ..secured() }))
            .admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(HousingSecured { episode: Stated::Value(id("aki:x1")), ..secured() }))
            .refuses(Refusal::ForeignReference("episode"));
    }
}
