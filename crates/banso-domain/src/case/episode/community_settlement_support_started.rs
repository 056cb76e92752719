use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, EpisodeId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// 地域定着支援 begins: somebody can be reached at any hour, so that life in the community lasts.
/// Source: S0 p.27; domain.md §3.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommunitySettlementSupportStarted {
    /// The support's id.
    pub episode: EpisodeId,
    /// Who gives it.
    pub provider: Party,
    /// What it was granted on.
    #[serde(default)]
    pub entitlement: Stated<EntitlementId>,
    /// Until when it is granted.
    #[serde(default)]
    pub until: Stated<NaiveDate>,
    /// Whom to call in an emergency (緊急連絡先).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emergency_contacts: Vec<Personal<String>>,
    /// What to do in a crisis.
    #[serde(default)]
    pub crisis_plan: Stated<Personal<String>>,
}

impl Payload for CommunitySettlementSupportStarted {
    const NAME: &'static str = "CommunitySettlementSupportStarted";

    fn label(&self) -> Cow<'_, str> {
        "地域定着支援 開始".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.until.value().map(|until| format!("{until} まで").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Episode(&self.episode))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.entitlement.value().map(Thing::Application).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:settlement1"),
            provider: consultant(),
            entitlement: Stated::Value(id("haru:e2")),
            until: Stated::NotRecorded,
            emergency_contacts: Vec::new(),
            crisis_plan: Stated::NotRecorded,
        }
    }
}

impl Admit for CommunitySettlementSupportStarted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn started() -> CommunitySettlementSupportStarted {
        CommunitySettlementSupportStarted::sample()
    }

    #[test]
    fn it_is_admitted_before_the_grant_it_rests_on() {
        given_nothing().when(told(started())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(started())]).when(told(started()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_support_under_a_used_id_is_refused() {
        given([told(started())])
            .when(told(CommunitySettlementSupportStarted { entitlement: Stated::NotRecorded, ..started() }))
            .refuses(Refusal::IdAlreadyUsed { what: "episode", by: event(1) });
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(CommunitySettlementSupportStarted { episode: id("aki:x1"), ..started() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn a_grant_to_another_person_is_refused() {
        given_nothing()
            .when(told(CommunitySettlementSupportStarted {
                entitlement: Stated::Value(id("aki:e1")),
                ..started()
            }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
