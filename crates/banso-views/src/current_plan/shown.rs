//! The current plan as people and programs read it: every field of the forms.

use super::plan::Progress;
use super::revision::{PlanRevisionShown, show_revision};
use super::row::{PlanItemShown, show_item};
use super::week::{WeekShown, show_week};
use super::{Current, CurrentPlan};
use crate::named::PartyShown;
use crate::{AsOf, MomentShown};
use banso_domain::Reference;
use banso_domain::case::plan::{ClosureReason, ConsentBy, ConsentMethod, PlanDrafted, PlanItem};
use banso_kernel::{Personal, PlanId, Stated};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer: the plans that hold, and those in preparation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CurrentPlanShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// The plans: in force first, by kind; then what is being prepared, the newest first: drafts, and later revisions
    /// of plans in force. Empty = no plan was recorded.
    pub plans: Vec<PlanShown>,
}

/// A plan as people read it. `"not_recorded"` = the source does not say.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanShown {
    /// Its id.
    #[schema(value_type = String, example = "haru:plan")]
    pub plan: PlanId,
    /// 「サービス等利用計画」 or another kind.
    pub kind: String,
    /// Whether it is in force.
    pub stage: Stage,
    /// The revision shown.
    pub revision: u32,
    /// 計画作成担当者
    pub author: Vec<PartyShown>,
    /// 相談支援事業者名
    pub organisation: PartyShown,
    /// When it was drafted.
    pub drafted: MomentShown,
    /// When its draft went to the municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted: Option<MomentShown>,
    /// What this revision changed, and why; absent = it is the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revised: Option<PlanRevisionShown>,
    /// Whether an earlier revision is not recorded (yet), so that what it changed is missing here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// When somebody agreed to it, or to an earlier revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consented: Option<ConsentShown>,
    /// When somebody did not agree to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<PlanRefusalShown>,
    /// When it came into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalised: Option<MomentShown>,
    /// From when it holds, where that is another day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// To whom it was handed (交付).
    pub delivered: Vec<PlanDeliveryShown>,
    /// When the plan ceased to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<PlanClosureShown>,
    /// The head of the form.
    pub header: HeaderShown,
    /// 利用者及びその家族の生活に対する意向（希望する生活）: the person's part
    #[schema(value_type = String)]
    pub wish: Stated<Personal<String>>,
    /// The same: the family's part
    #[schema(value_type = String)]
    pub family_wish: Stated<Personal<String>>,
    /// 総合的な援助の方針
    #[schema(value_type = String)]
    pub policy: Stated<Personal<String>>,
    /// 長期目標
    #[schema(value_type = String)]
    pub long_term_goal: Stated<Personal<String>>,
    /// 短期目標
    #[schema(value_type = String)]
    pub short_term_goal: Stated<Personal<String>>,
    /// The rows, by priority.
    pub items: Vec<PlanItemShown>,
    /// 週間計画表; absent = not recorded
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<WeekShown>,
}

/// Whether a plan is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 案
    Draft,
    /// 本計画
    Final,
    /// 終了
    Closed,
}

impl Stage {
    /// The label people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "案",
            Self::Final => "本計画",
            Self::Closed => "終了",
        }
    }
}

/// Somebody's agreement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsentShown {
    /// When.
    pub at: MomentShown,
    /// To which revision.
    pub revision: u32,
    /// 「本人」 or who agreed for them.
    pub by: String,
    /// 「署名」, ….
    #[schema(value_type = String)]
    pub method: Stated<String>,
}

/// Somebody did not agree.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanRefusalShown {
    /// When.
    pub at: MomentShown,
    /// 「本人」 or who answered for them.
    pub by: String,
    /// Why, in their words.
    #[schema(value_type = String)]
    pub reason: Stated<Personal<String>>,
}

/// A copy handed over.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanDeliveryShown {
    /// When.
    pub at: MomentShown,
    /// To whom.
    pub to: Vec<PartyShown>,
}

/// The end of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanClosureShown {
    /// When.
    pub at: MomentShown,
    /// 「目標の達成」, 「次の計画へ」, ….
    #[schema(value_type = String)]
    pub reason: Stated<String>,
    /// Why, in the words of who closed it.
    #[schema(value_type = String)]
    pub words: Stated<Personal<String>>,
    /// The plan that takes its place.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<PlanId>,
}

/// The head of the forms.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HeaderShown {
    /// 利用者氏名（児童氏名）
    #[schema(value_type = String)]
    pub person_name: Stated<Personal<String>>,
    /// 障害支援区分
    #[schema(value_type = String)]
    pub support_category: Stated<String>,
    /// 障害福祉サービス受給者証番号
    #[schema(value_type = String)]
    pub certificate_no: Stated<Personal<String>>,
    /// 地域相談支援受給者証番号
    #[schema(value_type = String)]
    pub regional_certificate_no: Stated<Personal<String>>,
    /// 通所受給者証番号
    #[schema(value_type = String)]
    pub child_certificate_no: Stated<Personal<String>>,
    /// 利用者負担上限額, in yen a month
    #[schema(value_type = u32)]
    pub copay_cap_yen: Stated<u32>,
    /// 計画作成日
    #[schema(value_type = String, format = Date)]
    pub created_on: Stated<NaiveDate>,
    /// モニタリング期間（開始年月）
    #[schema(value_type = String)]
    pub monitoring: Stated<String>,
    /// 利用者同意署名欄
    #[schema(value_type = bool)]
    pub signed: Stated<bool>,
    /// 事業名
    #[schema(value_type = String)]
    pub service: Stated<String>,
    /// 期間
    #[schema(value_type = String)]
    pub period: Stated<String>,
    /// 同意文言
    #[schema(value_type = String)]
    pub consent_words: Stated<Personal<String>>,
    /// 同意年月日, as it stands on the paper
    #[schema(value_type = String, format = Date)]
    pub consented_on: Stated<NaiveDate>,
    /// サービス管理責任者氏名（印）
    #[schema(value_type = bool)]
    pub author_signed: Stated<bool>,
}

/// The state as people and programs read it.
pub fn show(state: &CurrentPlan, as_of: AsOf, reference: &Reference) -> CurrentPlanShown {
    let plans = state.current().into_iter().map(|current| show_plan(state, &current, reference));
    CurrentPlanShown { as_of, plans: plans.collect() }
}

fn show_plan(state: &CurrentPlan, current: &Current<'_>, reference: &Reference) -> PlanShown {
    let Current { plan, drafted, rev, stage } = *current;
    let (form, incomplete) = plan.form_at(drafted, rev);
    let finalised = plan.finalised.as_ref().filter(|_| stage != Stage::Draft);
    let mut rows: Vec<&PlanItem> = form.items.iter().collect();
    // Rows without a priority come last, in the order of the paper.
    rows.sort_by_key(|row| row.priority.value().copied().unwrap_or(u32::MAX));
    let nothing = Progress::default();
    let progress = |row: &PlanItem| plan.rows.get(&row.item).unwrap_or(&nothing);
    PlanShown {
        plan: form.plan.clone(),
        kind: form.kind.label().to_owned(),
        stage,
        revision: rev,
        author: PartyShown::each(&form.author, reference),
        organisation: PartyShown::of(&form.organisation, reference),
        drafted: drafted.at.show(),
        submitted: plan.submitted.range(..=rev).next_back().map(|(_, at)| at.show()),
        revised: plan.revision(rev).map(|revision| {
            let (before, _) = plan.form_at(drafted, rev.saturating_sub(1));
            show_revision(revision, &before, &form, reference)
        }),
        incomplete,
        consented: plan.consented.range(..=rev).next_back().map(|(_, (at, consent))| ConsentShown {
            at: at.show(),
            revision: consent.rev,
            by: ConsentBy::label(consent.by).to_owned(),
            method: map(&consent.method, |method| ConsentMethod::label(*method).to_owned()),
        }),
        refused: plan.refused.get(&rev).map(|(at, refusal)| PlanRefusalShown {
            at: at.show(),
            by: ConsentBy::label(refusal.by).to_owned(),
            reason: refusal.reason.clone(),
        }),
        finalised: finalised.map(|finalised| finalised.at.show()),
        effective_from: finalised.and_then(|finalised| finalised.effective_from.value().copied()),
        delivered: plan
            .delivered(rev)
            .map(|(at, delivery)| PlanDeliveryShown {
                at: at.show(),
                to: PartyShown::each(&delivery.to, reference),
            })
            .collect(),
        closed: plan.closed.as_ref().map(|closed| PlanClosureShown {
            at: closed.at.show(),
            reason: map(&closed.reason, |reason| ClosureReason::label(*reason).to_owned()),
            words: closed.words.clone(),
            superseded_by: closed.superseded_by.clone(),
        }),
        header: show_header(&form),
        wish: form.wish.clone(),
        family_wish: form.family_wish.clone(),
        policy: form.policy.clone(),
        long_term_goal: form.long_term_goal.clone(),
        short_term_goal: form.short_term_goal.clone(),
        items: rows
            .into_iter()
            .map(|row| show_item(state, &form.plan, row, progress(row), reference))
            .collect(),
        weekly: form.weekly.value().map(show_week),
    }
}

pub(super) fn show_header(form: &PlanDrafted) -> HeaderShown {
    let header = &form.header;
    let number = |no: &Stated<Personal<banso_kernel::CertificateId>>| {
        map(no, |no| Personal::from(no.reveal().to_string()))
    };
    HeaderShown {
        person_name: header.person_name.clone(),
        support_category: map(&header.support_category, |category| category.label().to_owned()),
        certificate_no: number(&header.certificate_no),
        regional_certificate_no: number(&header.regional_certificate_no),
        child_certificate_no: number(&header.child_certificate_no),
        copay_cap_yen: header.copay_cap_yen.clone(),
        created_on: header.created_on.clone(),
        monitoring: map(&header.monitoring, |term| term.verbatim().to_owned()),
        signed: header.signed.clone(),
        service: map(&header.service, |service| service.label().to_owned()),
        period: map(&header.period, |term| term.verbatim().to_owned()),
        consent_words: header.consent_words.clone(),
        consented_on: header.consented_on.clone(),
        author_signed: header.author_signed.clone(),
    }
}

pub(super) fn map<T, U>(stated: &Stated<T>, to: impl FnOnce(&T) -> U) -> Stated<U> {
    match stated {
        Stated::NotRecorded => Stated::NotRecorded,
        Stated::Value(value) => Stated::Value(to(value)),
    }
}
