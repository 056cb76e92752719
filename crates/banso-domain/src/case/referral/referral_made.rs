use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, health_centre_nurse, id, stated};
use crate::thing::Thing;
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

    fn counterparts(&self) -> Vec<&Party> {
        self.to.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map(|reason| format!(": {}", reason.reveal())).unwrap_or_default();
        Some(format!("{}{reason}", self.mode.label()).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Referral(&self.referral))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.parent.iter().map(Thing::Referral).collect()
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
        if self.to.is_empty() {
            return Err(Refusal::Nobody("to"));
        }
        if self.parent.as_ref().is_some_and(|parent| case.leads_to(parent, &self.referral)) {
            return Err(Refusal::ReferralCycle);
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::EventRetracted;
    use crate::case::spec::{Told, event, given, given_nothing, told};

    fn referral(number: u8, parent: Option<u8>) -> ReferralMade {
        let haru = |number: u8| id(&format!("haru:r{number}"));
        ReferralMade { referral: haru(number), parent: parent.map(haru), ..ReferralMade::sample() }
    }

    fn retraction_of(n: usize) -> Told {
        told(EventRetracted { event: event(n), reason: "誤記".into() })
    }

    #[test]
    fn a_referral_is_admitted_before_the_one_it_follows_from() {
        given_nothing().when(told(referral(2, Some(1)))).admits();
    }

    #[test]
    fn the_same_referral_from_the_party_asked_is_a_repeat() {
        given([told(referral(1, None))]).when(told(referral(1, None)).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_request_under_a_used_id_is_refused() {
        given([told(referral(1, None))])
            .when(told(ReferralMade { mode: ReferralMode::Handover, ..referral(1, None) }))
            .refuses(Refusal::IdAlreadyUsed { what: "referral", by: event(1) });
    }

    #[test]
    fn a_correction_of_the_mode_is_admitted() {
        given([told(referral(1, None))])
            .when(told(ReferralMade { mode: ReferralMode::Handover, ..referral(1, None) }).correcting(1))
            .admits();
    }

    #[test]
    fn a_referral_of_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralMade { referral: id("aki:r1"), ..referral(1, None) }))
            .refuses(Refusal::ForeignReference("referral"));
    }

    #[test]
    fn a_referral_that_follows_from_one_of_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralMade { parent: Some(id("aki:r1")), ..referral(2, None) }))
            .refuses(Refusal::ForeignReference("referral"));
    }

    #[test]
    fn a_referral_to_nobody_is_refused() {
        given_nothing()
            .when(told(ReferralMade { to: Vec::new(), ..referral(1, None) }))
            .refuses(Refusal::Nobody("to"));
    }

    #[test]
    fn a_referral_that_follows_from_itself_is_refused() {
        given_nothing().when(told(referral(1, Some(1)))).refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn a_referral_that_follows_from_its_own_descendant_is_refused() {
        given([told(referral(2, Some(1))), told(referral(3, Some(2)))])
            .when(told(referral(1, Some(3))))
            .refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn a_correction_that_closes_a_circle_is_refused() {
        given([told(referral(1, None)), told(referral(2, Some(1)))])
            .when(told(referral(1, Some(2))).correcting(1))
            .refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn a_chain_whose_first_request_is_not_recorded_is_no_circle() {
        given([told(referral(2, Some(1)))]).when(told(referral(3, Some(2)))).admits();
        given([told(referral(2, Some(1))), told(referral(3, Some(2)))])
            .when(told(referral(4, Some(3))))
            .admits();
    }

    #[test]
    fn a_circle_among_others_does_not_refuse_a_referral_outside_it() {
        given([told(referral(1, Some(2))), retraction_of(1), told(referral(2, Some(1))), retraction_of(2)])
            .when(told(referral(3, Some(1))))
            .admits();
    }
}
