use crate::Refusal;
use crate::case::{Case, introduces};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
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
        case.own("episode", &self.episode)?;
        case.own_all("entitlement", self.entitlement.value())?;
        case.own_all("plan", self.plan.value())?;
        introduces("episode", case.known.episode.begun(&self.episode), &self.clone().into())
    }
}
