use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, EpisodeId, Party, Personal, PlanId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// 地域移行支援 begins: somebody of the community comes to the hospital regularly and prepares the way out
/// together with the person. Source: S0 pp.27, 31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommunityTransitionSupportStarted {
    /// The support's id.
    pub episode: EpisodeId,
    /// Who gives it.
    pub provider: Party,
    /// What it was granted on.
    #[serde(default)]
    pub entitlement: Stated<EntitlementId>,
    /// The plan it follows.
    #[serde(default)]
    pub plan: Stated<PlanId>,
    /// Until when it is granted.
    #[serde(default)]
    pub until: Stated<NaiveDate>,
}

impl Payload for CommunityTransitionSupportStarted {
    const NAME: &'static str = "CommunityTransitionSupportStarted";

    fn label(&self) -> Cow<'_, str> {
        "地域移行支援 開始".into()
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
        let application = self.entitlement.value().map(Thing::Application);
        application.into_iter().chain(self.plan.value().map(Thing::Plan)).collect()
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:transition1"),
            provider: consultant(),
            entitlement: Stated::Value(id("haru:e1")),
            plan: Stated::NotRecorded,
            until: Stated::NotRecorded,
        }
    }
}

impl Admit for CommunityTransitionSupportStarted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn started() -> CommunityTransitionSupportStarted {
        CommunityTransitionSupportStarted::sample()
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
            .when(told(CommunityTransitionSupportStarted { entitlement: Stated::NotRecorded, ..started() }))
            .refuses(Refusal::IdAlreadyUsed { what: "episode", by: event(1) });
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(CommunityTransitionSupportStarted { episode: id("aki:x1"), ..started() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn a_grant_to_another_person_is_refused() {
        given_nothing()
            .when(told(CommunityTransitionSupportStarted {
                entitlement: Stated::Value(id("aki:e1")),
                ..started()
            }))
            .refuses(Refusal::ForeignReference("application"));
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(CommunityTransitionSupportStarted {
                plan: Stated::Value(id("aki:plan")),
                ..started()
            }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
