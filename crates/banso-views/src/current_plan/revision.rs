//! What a revision changed, as people and programs read it: field by field, before and after, why, and what gave rise
//! to it.

use super::plan::Revision;
use super::row::show_service;
use super::shown::show_header;
use super::week::show_slot;
use crate::MomentShown;
use crate::named::PartyShown;
use banso_domain::Reference;
use banso_domain::case::plan::{PlanDrafted, PlanItem, PlannedService, WeeklySchedule};
use banso_kernel::{EventId, Party, Personal, PlanItemId, Stated};
use serde::Serialize;
use utoipa::ToSchema;

/// A revision and what it changed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanRevisionShown {
    /// When the plan was changed.
    pub at: MomentShown,
    /// Who changed it.
    pub by: Vec<PartyShown>,
    /// Why.
    #[schema(value_type = String)]
    pub reason: Stated<Personal<String>>,
    /// The event that gave rise to it.
    #[schema(value_type = String)]
    pub trigger: Stated<EventId>,
    /// 軽微な変更
    #[schema(value_type = bool)]
    pub minor: Stated<bool>,
    /// What it changed. Empty: the plan goes on as it is.
    pub changes: Vec<PlanChangeShown>,
}

/// A change, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanChangeShown {
    /// The row; absent = the plan as a whole.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<PlanItemId>,
    /// What changed, in Japanese: 「支援目標」, 「課題の追加」.
    pub label: &'static str,
    /// How it read; absent = it is new.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Personal<String>>,
    /// How it reads; absent = it is gone.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Personal<String>>,
}

const NOT_RECORDED: &str = "記載なし";

/// A field's label, and how it reads.
type Field = (&'static str, String);

pub(super) fn show_revision(
    revision: &Revision,
    before: &PlanDrafted,
    after: &PlanDrafted,
    reference: &Reference,
) -> PlanRevisionShown {
    let said = &revision.said;
    let mut changes = differing(None, head(before, reference), head(after, reference));
    let gone = before.items.iter().filter(|row| !has(after, &row.item));
    changes.extend(gone.map(|row| PlanChangeShown {
        item: Some(row.item.clone()),
        label: "課題の終了",
        before: Some(name(row).into()),
        after: None,
    }));
    for row in &after.items {
        match before.items.iter().find(|known| known.item == row.item) {
            Some(known) => {
                let item = Some(&row.item);
                changes.extend(differing(item, fields(known, reference), fields(row, reference)));
            }
            None => changes.push(PlanChangeShown {
                item: Some(row.item.clone()),
                label: "課題の追加",
                before: None,
                after: Some(name(row).into()),
            }),
        }
    }
    changes.extend(week_changes(before.weekly.value(), after.weekly.value()));
    PlanRevisionShown {
        at: revision.at.show(),
        by: PartyShown::each(&said.by, reference),
        reason: said.reason.clone(),
        trigger: said.trigger.clone(),
        minor: said.minor.clone(),
        changes,
    }
}

fn has(form: &PlanDrafted, item: &PlanItemId) -> bool {
    form.items.iter().any(|row| row.item == *item)
}

/// What a row is about: its need, or where its form has none, its goal.
fn name(row: &PlanItem) -> String {
    match row.need.value().or(row.goal.value()) {
        Some(words) => words.reveal().clone(),
        None => NOT_RECORDED.to_owned(),
    }
}

fn differing(item: Option<&PlanItemId>, before: Vec<Field>, after: Vec<Field>) -> Vec<PlanChangeShown> {
    let pairs = before.into_iter().zip(after);
    let changed = pairs.filter(|((_, before), (_, after))| before != after);
    changed
        .map(|((label, before), (_, after))| PlanChangeShown {
            item: item.cloned(),
            label,
            before: Some(before.into()),
            after: Some(after.into()),
        })
        .collect()
}

/// The fields of the head, always the same ones in one order.
fn head(form: &PlanDrafted, reference: &Reference) -> Vec<Field> {
    let header = show_header(form);
    vec![
        ("計画作成担当者", parties(&form.author, reference)),
        ("事業者名", reference.name(&form.organisation)),
        ("利用者氏名", personal(&header.person_name)),
        ("障害支援区分", text(&header.support_category)),
        ("障害福祉サービス受給者証番号", personal(&header.certificate_no)),
        ("地域相談支援受給者証番号", personal(&header.regional_certificate_no)),
        ("通所受給者証番号", personal(&header.child_certificate_no)),
        ("利用者負担上限額", text(&header.copay_cap_yen)),
        ("計画作成日", text(&header.created_on)),
        ("モニタリング期間", text(&header.monitoring)),
        ("利用者同意署名欄", signature(&header.signed)),
        ("事業名", text(&header.service)),
        ("期間", text(&header.period)),
        ("同意文言", personal(&header.consent_words)),
        ("同意年月日", text(&header.consented_on)),
        ("作成者の署名", signature(&header.author_signed)),
        ("本人の意向", personal(&form.wish)),
        ("家族の意向", personal(&form.family_wish)),
        ("総合的な援助の方針", personal(&form.policy)),
        ("長期目標", personal(&form.long_term_goal)),
        ("短期目標", personal(&form.short_term_goal)),
    ]
}

/// The fields of a row, always the same ones in one order.
fn fields(row: &PlanItem, reference: &Reference) -> Vec<Field> {
    let services: Vec<String> = row.services.iter().map(|service| in_one_line(service, reference)).collect();
    let staff = row.staff.value().map_or(NOT_RECORDED.to_owned(), |staff| parties(staff, reference));
    let term = |term: &Stated<banso_domain::Term>| {
        term.value().map_or(NOT_RECORDED, |term| term.verbatim()).to_owned()
    };
    vec![
        ("優先順位", text(&row.priority)),
        ("解決すべき課題", personal(&row.need)),
        ("支援目標", personal(&row.goal)),
        ("達成時期", term(&row.due)),
        ("福祉サービス等", services.join("／")),
        ("本人の役割", personal(&row.person_role)),
        ("評価時期", term(&row.evaluation)),
        ("留意事項", personal(&row.remarks)),
        ("期間", term(&row.period)),
        ("支援内容", personal(&row.support_content)),
        ("担当者", staff),
    ]
}

fn in_one_line(service: &PlannedService, reference: &Reference) -> String {
    let shown = show_service(service, reference);
    let provider = shown.provider.as_ref().map(|provider| provider.name.reveal().clone());
    let supporter = shown.supporter.as_ref().map(|supporter| supporter.name.reveal().clone());
    let parts = [
        Some(shown.kind),
        shown.content.value().map(|content| content.reveal().clone()),
        shown.frequency.value().cloned(),
        provider,
        supporter,
        shown.contact.value().map(|contact| contact.reveal().clone()),
        shown.telephone.value().map(|telephone| telephone.reveal().clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Entries of the week that came or went; of two alike (二人介護) one may.
fn week_changes(before: Option<&WeeklySchedule>, after: Option<&WeeklySchedule>) -> Vec<PlanChangeShown> {
    let mut gone = entries(before);
    let mut come = entries(after);
    gone.retain(|entry| match come.iter().position(|other| other == entry) {
        Some(same) => {
            come.remove(same);
            false
        }
        None => true,
    });
    let change = |before: Option<String>, after: Option<String>| PlanChangeShown {
        item: None,
        label: "週間計画表",
        before: before.map(Personal::from),
        after: after.map(Personal::from),
    };
    let gone = gone.into_iter().map(|entry| change(Some(entry), None));
    gone.chain(come.into_iter().map(|entry| change(None, Some(entry)))).collect()
}

fn entries(week: Option<&WeeklySchedule>) -> Vec<String> {
    let Some(week) = week else { return Vec::new() };
    let slots = week.slots.iter().map(|slot| {
        let shown = show_slot(slot);
        format!("{} {}", shown.activity.reveal(), shown.text)
    });
    let activities = week.main_activities.iter().map(|activity| format!("主な活動：{}", activity.reveal()));
    let services = week.non_weekly.iter().map(|service| {
        let often = service.frequency.value().map_or(NOT_RECORDED, |often| often.verbatim());
        format!("週単位以外：{} {often}", service.activity.reveal())
    });
    let start = week.starts_on.value().map(|day| format!("計画開始：{day}"));
    let whole = week.whole_picture.value().map(|whole| format!("全体像：{}", whole.reveal()));
    slots.chain(activities).chain(services).chain(start).chain(whole).collect()
}

fn parties(parties: &[Party], reference: &Reference) -> String {
    parties.iter().map(|party| reference.name(party)).collect::<Vec<_>>().join("、")
}

fn personal(words: &Stated<Personal<String>>) -> String {
    words.value().map_or(NOT_RECORDED.to_owned(), |words| words.reveal().clone())
}

fn text<T: ToString>(value: &Stated<T>) -> String {
    value.value().map_or(NOT_RECORDED.to_owned(), ToString::to_string)
}

fn signature(signed: &Stated<bool>) -> String {
    match signed.value() {
        Some(true) => "署名あり".to_owned(),
        Some(false) => "署名なし".to_owned(),
        None => NOT_RECORDED.to_owned(),
    }
}
