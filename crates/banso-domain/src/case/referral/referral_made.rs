use crate::Refusal;
use crate::case::{Case, introduces};
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, health_centre_nurse, id, stated};
use banso_kernel::{Party, Personal, ReferralId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody asks somebody for help with the person's life (協力依頼). It carries what the next one needs: what
/// the person wishes, how they live, their life so far, what is needed now, what is known and what is not.
/// Source: S0 pp.22-31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralMade {
    /// Its id.
    pub referral: ReferralId,
    /// Who asks.
    pub from: Party,
    /// Who is asked; each answers for itself.
    pub to: Vec<Party>,
    /// What is asked: to start together, to take over, ….
    pub mode: ReferralMode,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// What the person wishes (本人の希望).
    #[serde(default)]
    pub wish: Stated<Personal<String>>,
    /// How the person lives (生活状況).
    #[serde(default)]
    pub living: Stated<Personal<String>>,
    /// The person's life so far (これまでの人生).
    #[serde(default)]
    pub life_history: Stated<Personal<String>>,
    /// What support is needed now (今必要な支援).
    #[serde(default)]
    pub need_now: Stated<Personal<String>>,
    /// What is known (わかったこと).
    #[serde(default)]
    pub known: Stated<Personal<String>>,
    /// What is not known (わからないこと).
    #[serde(default)]
    pub unknown: Stated<Personal<String>>,
    /// How soon.
    #[serde(default)]
    pub urgency: Stated<Urgency>,
    /// By when an answer is hoped for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<NaiveDate>,
    /// The request from which this one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ReferralId>,
    /// How it was asked.
    #[serde(default)]
    pub channel: Stated<Channel>,
    /// Whether the person agreed that it was asked.
    #[serde(default)]
    pub consent: Stated<Consent>,
}

labelled! {
    /// What kind of help is asked for.
    ReferralMode {
        Joint = "一緒に始める",
        Handover = "引き継ぐ",
        Introduction = "紹介",
        VisitRequest = "面会のお願い",
        Consultation = "相談",
    }
}

labelled! {
    /// How soon help is needed.
    Urgency {
        Urgent = "至急",
        Soon = "早めに",
        Normal = "通常",
    }
}

labelled! {
    /// How something was asked or said.
    Channel {
        Telephone = "電話",
        InPerson = "面談",
        Document = "文書",
        System = "システム",
    }
}

/// Whether the person agreed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Yes.
    Given,
    /// Not yet asked or not yet answered.
    Pending {
        /// Why it was asked all the same.
        reason: Personal<String>,
    },
}

impl Payload for ReferralMade {
    const NAME: &'static str = "ReferralMade";

    fn label(&self) -> Cow<'_, str> {
        "協力依頼".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.from]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map(|reason| format!(": {}", reason.reveal())).unwrap_or_default();
        Some(format!("{}{reason}", self.mode.label()).into())
    }

    fn sample() -> Self {
        Self {
            referral: id("haru:r2"),
            from: health_centre_nurse(),
            to: vec![consultant()],
            mode: ReferralMode::Joint,
            reason: stated("今後の生活の組み立て"),
            wish: Stated::NotRecorded,
            living: Stated::NotRecorded,
            life_history: Stated::NotRecorded,
            need_now: Stated::NotRecorded,
            known: Stated::NotRecorded,
            unknown: Stated::NotRecorded,
            urgency: Stated::NotRecorded,
            respond_by: None,
            parent: Some(id("haru:r1")),
            channel: Stated::NotRecorded,
            consent: Stated::NotRecorded,
        }
    }
}

impl Admit for ReferralMade {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let known = case.referral(&self.referral)?;
        if self.to.is_empty() {
            return Err(Refusal::Nobody("to"));
        }
        if let Some(parent) = &self.parent {
            case.referral(parent)?;
            if case.known.referral.leads_to(parent, &self.referral) {
                return Err(Refusal::ReferralCycle);
            }
        }
        introduces("referral", known.and_then(|referral| referral.made.as_ref()), self)
    }
}
