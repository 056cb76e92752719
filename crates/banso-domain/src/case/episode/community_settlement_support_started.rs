use crate::Refusal;
use crate::case::{Case, introduces};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
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
        case.own("episode", &self.episode)?;
        case.own_all("entitlement", self.entitlement.value())?;
        introduces("episode", case.known.episode.begun(&self.episode), &self.clone().into())
    }
}
