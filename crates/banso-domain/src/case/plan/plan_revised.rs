use super::FIRST_REVISION;
use super::form::{PlanHeader, PlanItem, WeeklySchedule};
use super::limits::{check_priorities, check_texts, check_week};
use super::plan_drafted::sample_item;
use super::revisions::{Row, Rows};
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use crate::{Frequency, Refusal};
use banso_kernel::{EventId, Party, Personal, PlanId, PlanItemId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A plan is changed (計画の変更): the next revision, not yet in force, said by what it changes of its base.
/// A change made on a base that somebody else changed meanwhile is refused. Source: S1 (利用計画の変更・修正),
/// domain.md §3.1 (plan change, 軽微な変更).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRevised {
    /// The plan.
    pub plan: PlanId,
    /// The revision that this makes: one more than its base.
    pub rev: u32,
    /// The revision that it changes.
    pub base_rev: u32,
    /// Who changed it.
    #[serde(default)]
    pub by: Vec<Party>,
    /// What it changes. None: the plan was looked at again and goes on as it is.
    #[serde(default)]
    pub changes: Vec<PlanChange>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// The event that gave rise to it: a monitoring, a meeting, the loss of a key person.
    #[serde(default)]
    pub trigger: Stated<EventId>,
    /// 軽微な変更: whether the steps of a new plan were left out.
    #[serde(default)]
    pub minor: Stated<bool>,
}

/// One change of a revision. A row or a field is named whole, as it reads from now on; each once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanChange {
    /// A new row, under an id that the plan never used.
    AddItem(PlanItem),
    /// A row of the base reads otherwise.
    ChangeItem(PlanItem),
    /// A row of the base no longer stands.
    DropItem(PlanItemId),
    /// 計画作成担当者
    Author(Vec<Party>),
    /// 相談支援事業者名
    Organisation(Party),
    /// The head of the form.
    Header(PlanHeader),
    /// The person's wish for their life.
    Wish(Stated<Personal<String>>),
    /// The family's.
    FamilyWish(Stated<Personal<String>>),
    /// 総合的な援助の方針
    Policy(Stated<Personal<String>>),
    /// 長期目標
    LongTermGoal(Stated<Personal<String>>),
    /// 短期目標
    ShortTermGoal(Stated<Personal<String>>),
    /// 週間計画表
    Weekly(Stated<WeeklySchedule>),
}

impl PlanChange {
    /// What it changes, by the name on the wire; two changes of one revision never change the same.
    fn target(&self) -> String {
        match self {
            Self::AddItem(row) | Self::ChangeItem(row) => format!("item {}", row.item),
            Self::DropItem(item) => format!("item {item}"),
            Self::Author(_) => "author".to_owned(),
            Self::Organisation(_) => "organisation".to_owned(),
            Self::Header(_) => "header".to_owned(),
            Self::Wish(_) => "wish".to_owned(),
            Self::FamilyWish(_) => "family_wish".to_owned(),
            Self::Policy(_) => "policy".to_owned(),
            Self::LongTermGoal(_) => "long_term_goal".to_owned(),
            Self::ShortTermGoal(_) => "short_term_goal".to_owned(),
            Self::Weekly(_) => "weekly".to_owned(),
        }
    }

    /// What it changes, as people see it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::AddItem(_) => "課題の追加",
            Self::ChangeItem(_) => "課題の変更",
            Self::DropItem(_) => "課題の終了",
            Self::Author(_) => "計画作成担当者",
            Self::Organisation(_) => "事業者名",
            Self::Header(_) => "基本欄",
            Self::Wish(_) => "本人の意向",
            Self::FamilyWish(_) => "家族の意向",
            Self::Policy(_) => "総合的な援助の方針",
            Self::LongTermGoal(_) => "長期目標",
            Self::ShortTermGoal(_) => "短期目標",
            Self::Weekly(_) => "週間計画表",
        }
    }
}

impl Payload for PlanRevised {
    const NAME: &'static str = "PlanRevised";

    fn label(&self) -> Cow<'_, str> {
        "計画の変更".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let mut labels: Vec<&str> = Vec::new();
        for change in &self.changes {
            if !labels.contains(&change.label()) {
                labels.push(change.label());
            }
        }
        let what = if labels.is_empty() { "変更なし".to_owned() } else { labels.join("・") };
        let minor = if self.minor == Stated::Value(true) { "（軽微な変更）" } else { "" };
        let why = self.reason.value().map(|reason| format!("：{}", reason.reveal())).unwrap_or_default();
        Some(format!("第{}版{minor} {what}{why}", self.rev).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        let mut row = sample_item();
        for service in &mut row.services {
            service.frequency = Frequency::from("週1回、1時間").into();
        }
        Self {
            plan: id("haru:plan"),
            rev: 2,
            base_rev: 1,
            by: vec![consultant()],
            changes: vec![
                PlanChange::ChangeItem(row),
                PlanChange::ShortTermGoal(stated("日中活動に参加して、生活のリズムを整えていきます。")),
            ],
            reason: stated("料理はひとりでもできる日が増えた。"),
            trigger: Stated::NotRecorded,
            minor: Stated::Value(false),
        }
    }
}

impl Admit for PlanRevised {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let (rev, base) = (self.rev, self.base_rev);
        if base < FIRST_REVISION || base.checked_add(1) != Some(rev) {
            return Err(Refusal::NotTheNextRevision { rev, base });
        }
        check_texts(self)?;
        self.check_changes()?;
        let usual = case.usual(self)?;
        // Said again, it is not one of two that compete for one base.
        if usual == Admission::New {
            case.base_is_current(&self.plan, base)?;
            self.check_rows(case.rows_at(&self.plan, base))?;
        }
        Ok(usual)
    }
}

impl PlanRevised {
    fn check_changes(&self) -> Result<(), Refusal> {
        let mut targets = BTreeSet::new();
        for change in &self.changes {
            let target = change.target();
            if targets.contains(&target) {
                return Err(Refusal::Twice(target));
            }
            targets.insert(target);
            if let PlanChange::Weekly(week) = change {
                check_week(week.value())?;
            }
        }
        Ok(())
    }

    /// Whether the base has the rows that are changed, and how the rows stand then.
    fn check_rows(&self, base: Rows) -> Result<(), Refusal> {
        let Rows { mut rows, is_complete } = base;
        let mut touched = BTreeSet::new();
        for change in &self.changes {
            let (item, row, is_new) = match change {
                PlanChange::AddItem(row) => (&row.item, Row::Stands(row.priority.value().copied()), true),
                PlanChange::ChangeItem(row) => (&row.item, Row::Stands(row.priority.value().copied()), false),
                PlanChange::DropItem(item) => (item, Row::Dropped, false),
                PlanChange::Author(_)
                | PlanChange::Organisation(_)
                | PlanChange::Header(_)
                | PlanChange::Wish(_)
                | PlanChange::FamilyWish(_)
                | PlanChange::Policy(_)
                | PlanChange::LongTermGoal(_)
                | PlanChange::ShortTermGoal(_)
                | PlanChange::Weekly(_) => continue,
            };
            match (rows.get(item), is_new) {
                (Some(_), true) => return Err(Refusal::ItemIdUsed(item.to_string())),
                (Some(Row::Stands(_)), false) | (None, true) => {}
                // What is not recorded yet may have it.
                (None, false) if !is_complete => {}
                (Some(Row::Dropped) | None, false) => {
                    return Err(Refusal::NoSuchItem { item: item.to_string(), base: self.base_rev });
                }
            }
            rows.insert(item.clone(), row);
            touched.insert(item);
        }
        // Rows that this revision leaves as they are have their priorities, whatever they are.
        let priorities: BTreeSet<u32> = touched
            .iter()
            .filter_map(|item| match rows.get(*item) {
                Some(Row::Stands(priority)) => *priority,
                Some(Row::Dropped) | None => None,
            })
            .collect();
        check_priorities(rows.iter().filter_map(|(item, row)| match row {
            Row::Stands(Some(priority)) if priorities.contains(priority) => Some((item, Some(*priority))),
            Row::Stands(_) | Row::Dropped => None,
        }))
    }
}

#[cfg(test)]
mod specs;
