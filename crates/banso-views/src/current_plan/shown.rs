//! The current plan as people and programs read it: every field of the forms F1 and F2.

use super::{CurrentPlan, Draft, Plan};
use crate::named::PartyShown;
use crate::{AsOf, Moment, MomentShown};
use banso_domain::case::plan::{
    ConsentBy, ConsentMethod, FIRST_REVISION, PlanDrafted, PlanItem, PlannedService, WeeklySchedule,
    WeeklySlot,
};
use banso_domain::{Frequency, Reference, Term};
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer: the plans that hold, and those in preparation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CurrentPlanShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// The plans: in force first, by kind; then drafts, the newest first. Empty = no plan was recorded.
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
    /// When somebody agreed to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consented: Option<ConsentShown>,
    /// When it came into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalised: Option<MomentShown>,
    /// From when it holds, where that is another day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
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
}

impl Stage {
    /// The label people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "案",
            Self::Final => "本計画",
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

/// The head of the form F1.
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
}

/// A row of the form F1.
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
    pub need: Personal<String>,
    /// 支援目標
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
}

/// So many times in a length of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimesShown {
    /// How many times.
    pub times: u32,
    /// In how long: `P1W`.
    pub per: String,
}

/// The form F2.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WeekShown {
    /// 計画開始年月
    #[schema(value_type = String, format = Date)]
    pub starts_on: Stated<NaiveDate>,
    /// Entries of which both day and hour are recorded.
    pub grid: Vec<SlotShown>,
    /// Entries whose day or hour is not recorded: they stand below the grid.
    pub unplaced: Vec<SlotShown>,
    /// 主な日常生活上の活動
    #[schema(value_type = Vec<String>)]
    pub main_activities: Vec<Personal<String>>,
    /// 週単位以外のサービス
    pub non_weekly: Vec<NonWeeklyShown>,
    /// サービス提供によって実現する生活の全体像
    #[schema(value_type = String)]
    pub whole_picture: Stated<Personal<String>>,
}

/// An entry of the form F2.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SlotShown {
    /// 「月」 to 「日・祝」.
    #[schema(value_type = Vec<String>)]
    pub days: Stated<Vec<String>>,
    /// How often, where the days are not recorded.
    #[schema(value_type = String)]
    pub frequency: Stated<String>,
    /// From when.
    #[schema(value_type = String)]
    pub start: Stated<String>,
    /// Until when; before `start` = past midnight.
    #[schema(value_type = String)]
    pub end: Stated<String>,
    /// What.
    #[schema(value_type = String)]
    pub activity: Personal<String>,
    /// The row it belongs to.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<PlanItemId>,
    /// In Japanese, how sure the place in the week is: 「週3回（曜日・時間の記載なし）」.
    pub text: String,
}

/// A service that does not come every week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NonWeeklyShown {
    /// What.
    #[schema(value_type = String)]
    pub activity: Personal<String>,
    /// How often.
    #[schema(value_type = String)]
    pub frequency: Stated<String>,
}

/// The state as people and programs read it.
pub fn show(state: &CurrentPlan, as_of: AsOf, reference: &Reference) -> CurrentPlanShown {
    let plans = state.current().into_iter().map(|(plan, draft)| show_plan(plan, draft, reference));
    CurrentPlanShown { as_of, plans: plans.collect() }
}

fn show_plan(plan: &Plan, draft: &Draft, reference: &Reference) -> PlanShown {
    let form = &draft.form;
    let finalised = plan.finalised.as_ref();
    let mut rows: Vec<&PlanItem> = form.items.iter().collect();
    // Rows without a priority come last, in the order of the paper.
    rows.sort_by_key(|row| row.priority.value().copied().unwrap_or(u32::MAX));
    PlanShown {
        plan: form.plan.clone(),
        kind: form.kind.label().to_owned(),
        stage: if finalised.is_some() { Stage::Final } else { Stage::Draft },
        revision: finalised.map_or(FIRST_REVISION, |finalised| finalised.rev),
        author: PartyShown::each(&form.author, reference),
        organisation: PartyShown::of(&form.organisation, reference),
        drafted: draft.at.show(),
        submitted: plan.submitted.as_ref().map(Moment::show),
        consented: plan.consented.as_ref().map(|(at, consent)| ConsentShown {
            at: at.show(),
            revision: consent.rev,
            by: ConsentBy::label(consent.by).to_owned(),
            method: map(&consent.method, |method| ConsentMethod::label(*method).to_owned()),
        }),
        finalised: finalised.map(|finalised| finalised.at.show()),
        effective_from: finalised.and_then(|finalised| finalised.effective_from.value().copied()),
        header: show_header(form),
        wish: form.wish.clone(),
        family_wish: form.family_wish.clone(),
        policy: form.policy.clone(),
        long_term_goal: form.long_term_goal.clone(),
        short_term_goal: form.short_term_goal.clone(),
        items: rows.into_iter().map(|row| show_item(row, reference)).collect(),
        weekly: form.weekly.value().map(show_week),
    }
}

fn show_header(form: &PlanDrafted) -> HeaderShown {
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
    }
}

fn show_item(row: &PlanItem, reference: &Reference) -> PlanItemShown {
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
    }
}

fn after(term: &Stated<Term>) -> Option<String> {
    term.value().and_then(Term::duration).map(|duration| duration.to_string())
}

fn show_service(service: &PlannedService, reference: &Reference) -> PlannedServiceShown {
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
    }
}

fn show_week(week: &WeeklySchedule) -> WeekShown {
    let placed = |slot: &&WeeklySlot| slot.days.value().is_some() && slot.start.value().is_some();
    WeekShown {
        starts_on: week.starts_on.clone(),
        grid: week.slots.iter().filter(placed).map(show_slot).collect(),
        unplaced: week.slots.iter().filter(|slot| !placed(slot)).map(show_slot).collect(),
        main_activities: week.main_activities.clone(),
        non_weekly: week
            .non_weekly
            .iter()
            .map(|service| NonWeeklyShown {
                activity: service.activity.clone(),
                frequency: map(&service.frequency, |frequency| frequency.verbatim().to_owned()),
            })
            .collect(),
        whole_picture: week.whole_picture.clone(),
    }
}

fn show_slot(slot: &WeeklySlot) -> SlotShown {
    let days = map(&slot.days, |days| days.iter().map(|day| day.label().to_owned()).collect::<Vec<_>>());
    let hour = |at: &Stated<chrono::NaiveTime>| map(at, |at| at.format("%H:%M").to_string());
    let (start, end) = (hour(&slot.start), hour(&slot.end));
    let often = match (&days, slot.frequency.value()) {
        (Stated::Value(days), _) if days.len() == 7 => "毎日".to_owned(),
        (Stated::Value(days), _) => days.join("・"),
        (Stated::NotRecorded, Some(frequency)) => frequency.verbatim().to_owned(),
        (Stated::NotRecorded, None) => String::new(),
    };
    let place = match (&days, &start, &end) {
        (Stated::Value(_), Stated::Value(from), Stated::Value(to)) => format!(" {from}〜{to}"),
        (Stated::Value(_), Stated::Value(from), Stated::NotRecorded) => format!(" {from}〜"),
        (Stated::Value(_), Stated::NotRecorded, _) => "（時間の記載なし）".to_owned(),
        (Stated::NotRecorded, Stated::Value(from), _) => format!(" {from}〜（曜日の記載なし）"),
        (Stated::NotRecorded, Stated::NotRecorded, _) => "（曜日・時間の記載なし）".to_owned(),
    };
    SlotShown {
        days,
        frequency: map(&slot.frequency, |frequency| frequency.verbatim().to_owned()),
        start,
        end,
        activity: slot.activity.clone(),
        item: slot.item.clone(),
        text: format!("{often}{place}"),
    }
}

fn map<T, U>(stated: &Stated<T>, to: impl FnOnce(&T) -> U) -> Stated<U> {
    match stated {
        Stated::NotRecorded => Stated::NotRecorded,
        Stated::Value(value) => Stated::Value(to(value)),
    }
}
