//! A row of a plan as people and programs read it: the fields of its form, how it is linked, and what became of it.

use super::plan::Progress;
use super::shown::map;
use super::{CurrentPlan, Link};
use crate::named::PartyShown;
use crate::{Moment, MomentShown};
use banso_domain::case::plan::{Achievement, PlanItem, PlannedService, ServiceUsageReported, UsageUnit};
use banso_domain::{Frequency, Reference, Term};
use banso_kernel::{NoteId, Party, Personal, PlanId, PlanItemId, Stated};
use serde::Serialize;
use utoipa::ToSchema;

/// A row of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanItemShown {
    /// Its id.
    #[schema(value_type = String)]
    pub item: PlanItemId,
    /// 優先順位
    #[schema(value_type = u32)]
    pub priority: Stated<u32>,
    /// 解決すべき課題（本人のニーズ）
    #[schema(value_type = String)]
    pub need: Stated<Personal<String>>,
    /// 支援目標; in a 個別支援計画 具体的到達目標
    #[schema(value_type = String)]
    pub goal: Stated<Personal<String>>,
    /// 達成時期
    #[schema(value_type = String)]
    pub due: Stated<String>,
    /// What 達成時期 comes to, where its words name a length of time: `P1Y`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_after: Option<String>,
    /// 福祉サービス等, 提供事業者名
    pub services: Vec<PlannedServiceShown>,
    /// 課題解決のための本人の役割
    #[schema(value_type = String)]
    pub person_role: Stated<Personal<String>>,
    /// 評価時期
    #[schema(value_type = String)]
    pub evaluation: Stated<String>,
    /// What 評価時期 comes to, where its words name a length of time: `P3M`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_after: Option<String>,
    /// その他留意事項
    #[schema(value_type = String)]
    pub remarks: Stated<Personal<String>>,
    /// 期間
    #[schema(value_type = String)]
    pub period: Stated<String>,
    /// What 期間 comes to, where its words name a length of time: `P1Y`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_length: Option<String>,
    /// 支援内容（内容・留意点等）
    #[schema(value_type = String)]
    pub support_content: Stated<Personal<String>>,
    /// 担当者
    #[schema(value_type = Vec<PartyShown>)]
    pub staff: Stated<Vec<PartyShown>>,
    /// Rows of other plans that it carries out, or that carry it out (連動).
    pub links: Vec<ItemLinkShown>,
    /// Who gives what it plans, since it last began.
    pub started: Vec<ItemStartShown>,
    /// When that ended; absent = it goes on, or never began, as far as is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<ItemEndShown>,
    /// The last evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<ItemEvaluationShown>,
    /// Of each provider the report on the latest month.
    pub used: Vec<ServiceUsageShown>,
}

/// A link of a row with a row of another plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ItemLinkShown {
    /// The other plan.
    #[schema(value_type = String)]
    pub plan: PlanId,
    /// Its row.
    #[schema(value_type = String)]
    pub item: PlanItemId,
    /// Whether the other row carries out this one; otherwise this one carries out the other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incoming: bool,
    /// 「実現する」, 「一部を実現する」, 「くいちがう」.
    pub relation: String,
    /// Since when.
    pub at: MomentShown,
}

/// Somebody who gives what a row plans.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ItemStartShown {
    /// Who.
    pub provider: PartyShown,
    /// Since when.
    pub at: MomentShown,
}

/// The end of what a row plans.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ItemEndShown {
    /// When.
    pub at: MomentShown,
    /// Why.
    #[schema(value_type = String)]
    pub reason: Stated<Personal<String>>,
}

/// What became of a row's goal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ItemEvaluationShown {
    /// When.
    pub at: MomentShown,
    /// Who evaluated.
    pub by: Vec<PartyShown>,
    /// 「達成」, 「一部達成」, 「取組み中」, 「未達成」.
    #[schema(value_type = String)]
    pub achievement: Stated<String>,
    /// How the person sees it.
    #[schema(value_type = String)]
    pub person_view: Stated<Personal<String>>,
    /// How those who evaluate see it.
    #[schema(value_type = String)]
    pub assessment: Stated<Personal<String>>,
    /// The notes on which it rests.
    #[schema(value_type = Vec<String>)]
    pub evidence: Vec<NoteId>,
}

/// How much was used in a month.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ServiceUsageShown {
    /// The month: `2025-04`.
    pub month: String,
    /// Who gave it.
    pub provider: PartyShown,
    /// How much.
    pub count: u32,
    /// 「回」, 「日」, 「時間」, 「分」.
    #[schema(value_type = String)]
    pub unit: Stated<String>,
    /// How it went.
    #[schema(value_type = String)]
    pub note: Stated<Personal<String>>,
}

/// A support named in a row.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlannedServiceShown {
    /// 種類
    pub kind: String,
    /// 内容
    #[schema(value_type = String)]
    pub content: Stated<Personal<String>>,
    /// 量（頻度・時間）
    #[schema(value_type = String)]
    pub frequency: Stated<String>,
    /// What 量 comes to, where its words name a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<TimesShown>,
    /// 提供事業者名; absent = not recorded
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<PartyShown>,
    /// Somebody named in the cell who is no provider
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supporter: Option<PartyShown>,
    /// 電話
    #[schema(value_type = String)]
    pub telephone: Stated<Personal<String>>,
    /// 担当者名
    #[schema(value_type = String)]
    pub contact: Stated<Personal<String>>,
}

/// So many times in a length of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimesShown {
    /// How many times.
    pub times: u32,
    /// In how long: `P1W`.
    pub per: String,
}

/// A row of this plan.
pub(super) fn show_item(
    state: &CurrentPlan,
    plan: &PlanId,
    row: &PlanItem,
    progress: &Progress,
    reference: &Reference,
) -> PlanItemShown {
    PlanItemShown {
        item: row.item.clone(),
        priority: row.priority.clone(),
        need: row.need.clone(),
        goal: row.goal.clone(),
        due: map(&row.due, |term| term.verbatim().to_owned()),
        due_after: after(&row.due),
        services: row.services.iter().map(|service| show_service(service, reference)).collect(),
        person_role: row.person_role.clone(),
        evaluation: map(&row.evaluation, |term| term.verbatim().to_owned()),
        evaluation_after: after(&row.evaluation),
        remarks: row.remarks.clone(),
        period: map(&row.period, |term| term.verbatim().to_owned()),
        period_length: after(&row.period),
        support_content: row.support_content.clone(),
        staff: map(&row.staff, |staff| PartyShown::each(staff, reference)),
        links: state.links_of(plan, &row.item).map(|link| show_link(link, plan, &row.item)).collect(),
        started: progress.started.iter().map(|(at, provider)| show_start(at, provider, reference)).collect(),
        ended: progress
            .ended
            .as_ref()
            .map(|(at, reason)| ItemEndShown { at: at.show(), reason: reason.clone() }),
        evaluated: progress.evaluated.as_ref().map(|(at, said)| ItemEvaluationShown {
            at: at.show(),
            by: PartyShown::each(&said.by, reference),
            achievement: map(&said.achievement, |achievement| Achievement::label(*achievement).to_owned()),
            person_view: said.person_view.clone(),
            assessment: said.assessment.clone(),
            evidence: said.evidence.clone(),
        }),
        used: progress.used.iter().map(|report| show_usage(report, reference)).collect(),
    }
}

fn show_link(link: &Link, plan: &PlanId, item: &PlanItemId) -> ItemLinkShown {
    let incoming = link.from.0 != *plan || link.from.1 != *item;
    let (plan, item) = if incoming { link.from.clone() } else { link.to.clone() };
    ItemLinkShown { plan, item, incoming, relation: link.relation.label().to_owned(), at: link.at.show() }
}

fn show_start(at: &Moment, provider: &Party, reference: &Reference) -> ItemStartShown {
    ItemStartShown { provider: PartyShown::of(provider, reference), at: at.show() }
}

fn show_usage(report: &ServiceUsageReported, reference: &Reference) -> ServiceUsageShown {
    ServiceUsageShown {
        month: report.month.to_string(),
        provider: PartyShown::of(&report.provider, reference),
        count: report.count,
        unit: map(&report.unit, |unit| UsageUnit::label(*unit).to_owned()),
        note: report.note.clone(),
    }
}

fn after(term: &Stated<Term>) -> Option<String> {
    term.value().and_then(Term::duration).map(|duration| duration.to_string())
}

pub(super) fn show_service(service: &PlannedService, reference: &Reference) -> PlannedServiceShown {
    let provider = (service.provider != Party::NotRecorded).then_some(&service.provider);
    PlannedServiceShown {
        kind: service.kind.label().to_owned(),
        content: service.content.clone(),
        frequency: map(&service.frequency, |frequency| frequency.verbatim().to_owned()),
        times: service
            .frequency
            .value()
            .and_then(Frequency::times_per)
            .map(|(times, per)| TimesShown { times, per: per.to_string() }),
        provider: provider.map(|provider| PartyShown::of(provider, reference)),
        supporter: service.supporter.as_ref().map(|supporter| PartyShown::of(supporter, reference)),
        telephone: service.telephone.clone(),
        contact: service.contact.clone(),
    }
}
