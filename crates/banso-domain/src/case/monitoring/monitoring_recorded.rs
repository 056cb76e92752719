use super::monitoring_scheduled::MonitoringBasis;
use crate::Refusal;
use crate::case::Case;
use crate::case::meeting::PlanRevisionRef;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, day, id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanItemId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Somebody looked at how the support goes, row by row where there is a plan (モニタリング). Source: S0 p.17, S2
/// pp.7, 9; domain.md §3.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringRecorded {
    /// The revision of the plan that was looked at; none for a follow-up without a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRevisionRef>,
    /// What set that somebody looks.
    #[serde(default)]
    pub basis: Stated<MonitoringBasis>,
    /// How.
    pub method: MonitoringMethod,
    /// Where.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// Who looked; several may.
    pub by: Vec<Party>,
    /// Whom they met or reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<Party>,
    /// How it goes as a whole (全体の状況).
    #[serde(default)]
    pub overall: Stated<Personal<String>>,
    /// The rows of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<MonitoringRow>,
    /// By when somebody looks again.
    #[serde(default)]
    pub next_due: Stated<NaiveDate>,
}

/// A row of the plan, looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringRow {
    /// The row.
    pub item: PlanItemId,
    /// サービス提供状況（事業者からの聞き取り）
    #[serde(default)]
    pub service_status: Stated<Personal<String>>,
    /// 本人の感想・満足度
    #[serde(default)]
    pub satisfaction: Stated<Personal<String>>,
    /// 支援目標の達成度
    #[serde(default)]
    pub achievement: Stated<Achievement>,
    /// 今後の課題・解決方法
    #[serde(default)]
    pub remaining: Stated<Personal<String>>,
    /// 計画変更の必要性
    #[serde(default)]
    pub change_needed: ChangeNeeded,
    /// その他留意事項
    #[serde(default)]
    pub remarks: Stated<Personal<String>>,
}

/// What of the row has to change (計画変更の必要性).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeNeeded {
    /// サービス種類の変更
    #[serde(default)]
    pub kind: Stated<bool>,
    /// サービス量の変更
    #[serde(default)]
    pub amount: Stated<bool>,
    /// 週間計画の変更
    #[serde(default)]
    pub weekly: Stated<bool>,
}

impl ChangeNeeded {
    /// Whether anything has to change.
    pub fn any(&self) -> bool {
        [&self.kind, &self.amount, &self.weekly].into_iter().any(|needed| needed.value() == Some(&true))
    }
}

labelled! {
    /// How somebody looks.
    MonitoringMethod {
        Visit = "訪問",
        OfficeVisit = "来所",
        Telephone = "電話",
        Online = "オンライン",
        Outpatient = "外来同席",
    }
}

labelled! {
    /// How far a goal is reached.
    Achievement {
        Achieved = "達成",
        Partly = "一部達成",
        NotYet = "未達成",
    }
}

impl Payload for MonitoringRecorded {
    const NAME: &'static str = "MonitoringRecorded";

    fn label(&self) -> Cow<'_, str> {
        "モニタリング".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.met.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let change = if self.rows.iter().any(|row| row.change_needed.any()) {
            "・計画変更の必要あり"
        } else {
            ""
        };
        let overall =
            self.overall.value().map(|overall| format!(": {}", overall.reveal())).unwrap_or_default();
        Some(format!("{}{change}{overall}", self.method.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plan.iter().map(|plan| Thing::Plan(&plan.plan)).collect()
    }

    fn sample() -> Self {
        Self {
            plan: Some(PlanRevisionRef { plan: id("haru:plan"), rev: 1 }),
            basis: MonitoringBasis::Plan.into(),
            method: MonitoringMethod::Visit,
            place: stated("自宅"),
            by: vec![consultant()],
            met: vec![Party::Person],
            overall: stated("家事や活動の両方にバランスよく取り組んでいる。"),
            rows: vec![MonitoringRow {
                item: id("1"),
                service_status: stated("週2回、1時間"),
                satisfaction: stated("母と一緒に行っていた時のように料理ができた。"),
                achievement: Achievement::Partly.into(),
                remaining: Stated::NotRecorded,
                change_needed: ChangeNeeded {
                    kind: false.into(),
                    amount: false.into(),
                    weekly: Stated::NotRecorded,
                },
                remarks: Stated::NotRecorded,
            }],
            next_due: Stated::Value(day("2026-01-31")),
        }
    }
}

impl Admit for MonitoringRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let mut items = BTreeSet::new();
        if let Some(twice) = self.rows.iter().find(|row| !items.insert(&row.item)) {
            return Err(Refusal::Twice(format!("item {}", twice.item)));
        }
        if let Some(plan) = &self.plan {
            case.has_revision(&plan.plan, plan.rev)?;
        }
        // A row that the plan does not have was looked at all the same.
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PlanDrafted;
    use crate::case::spec::{given, given_nothing, told};

    fn monitored() -> MonitoringRecorded {
        MonitoringRecorded::sample()
    }

    fn of(plan: &str, rev: u32) -> MonitoringRecorded {
        MonitoringRecorded { plan: Some(PlanRevisionRef { plan: id(plan), rev }), ..monitored() }
    }

    fn row(item: &str) -> MonitoringRow {
        MonitoringRow { item: id(item), ..monitored().rows.remove(0) }
    }

    #[test]
    fn a_monitoring_of_a_plan_is_admitted() {
        given([told(PlanDrafted::sample())]).when(told(monitored())).admits();
    }

    #[test]
    fn a_monitoring_is_admitted_before_the_plan() {
        given_nothing().when(told(monitored())).admits();
    }

    #[test]
    fn a_follow_up_without_a_plan_is_admitted() {
        let follow_up = MonitoringRecorded {
            plan: None,
            basis: MonitoringBasis::FollowUp.into(),
            method: MonitoringMethod::Outpatient,
            rows: Vec::new(),
            ..monitored()
        };
        given_nothing().when(told(follow_up)).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(monitored())]).when(told(monitored()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_same_words_at_another_time_are_another_monitoring() {
        given([told(monitored()).on("2025-05-08")]).when(told(monitored()).on("2025-05-15")).admits();
    }

    #[test]
    fn a_row_that_the_plan_does_not_have_is_admitted() {
        given([told(PlanDrafted::sample())])
            .when(told(MonitoringRecorded { rows: vec![row("99")], ..monitored() }))
            .admits();
    }

    #[test]
    fn a_row_that_stands_twice_is_refused() {
        given_nothing()
            .when(told(MonitoringRecorded { rows: vec![row("1"), row("2"), row("1")], ..monitored() }))
            .refuses(Refusal::Twice("item 1".to_owned()));
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing().when(told(of("aki:plan", 1))).refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(of("haru:plan", 2)))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
        given_nothing().when(told(of("haru:plan", 0))).refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
    }

    #[test]
    fn the_line_says_how_whether_something_has_to_change_and_what_was_found() {
        let line = |recorded: MonitoringRecorded| recorded.detail().map(|line| line.reveal().clone());
        let overall = "家事や活動の両方にバランスよく取り組んでいる。";
        assert_eq!(line(monitored()), Some(format!("訪問: {overall}")));
        let change_needed = ChangeNeeded { amount: true.into(), ..ChangeNeeded::default() };
        let changed = MonitoringRow { change_needed, ..row("1") };
        assert_eq!(
            line(MonitoringRecorded { rows: vec![changed], overall: Stated::NotRecorded, ..monitored() }),
            Some("訪問・計画変更の必要あり".to_owned())
        );
    }
}
