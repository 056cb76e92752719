use super::Month;
use super::limits::check_texts;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How much of what a row plans was used in a month, as the provider reports it to the consultation office
/// (利用状況の報告). Another count for the same month is a correction, or the report of another provider. Source:
/// domain.md §3.1 (事業者は毎月利用状況を相談支援へ報告).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceUsageReported {
    /// The plan.
    pub plan: PlanId,
    /// The row.
    pub item: PlanItemId,
    /// The month reported on.
    pub month: Month,
    /// Who gave the service and reports.
    pub provider: Party,
    /// How much was used; zero is a report too.
    pub count: u32,
    /// Of what.
    #[serde(default)]
    pub unit: Stated<UsageUnit>,
    /// How it went.
    #[serde(default)]
    pub note: Stated<Personal<String>>,
}

labelled! {
    /// What is counted.
    UsageUnit {
        Times = "回",
        Days = "日",
        Hours = "時間",
        Minutes = "分",
    }
}

impl Payload for ServiceUsageReported {
    const NAME: &'static str = "ServiceUsageReported";

    fn label(&self) -> Cow<'_, str> {
        "利用状況の報告".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let unit = self.unit.value().map_or("", |unit| unit.label());
        let note = self.note.value().map(|note| format!("：{}", note.reveal())).unwrap_or_default();
        Some(format!("{} 項目 {} {}{unit}{note}", self.month, self.item, self.count).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        let month = Month::of(chrono::NaiveDate::from_ymd_opt(2025, 4, 1).unwrap_or_default());
        Self {
            plan: id("haru:plan"),
            item: id("1"),
            month,
            provider: Party::Org(id("a-kyotaku")),
            count: 8,
            unit: Stated::Value(UsageUnit::Times),
            note: Stated::NotRecorded,
        }
    }
}

impl Admit for ServiceUsageReported {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PLAN_TEXT_CHARS_MAX;
    use crate::case::spec::{given, given_nothing, told};
    use crate::{CaseEvent, ReadError};

    fn reported() -> ServiceUsageReported {
        ServiceUsageReported::sample()
    }

    #[test]
    fn a_report_is_admitted_before_the_plan() {
        given_nothing().when(told(reported())).admits();
    }

    #[test]
    fn a_month_without_any_use_is_reported_too() {
        given_nothing().when(told(ServiceUsageReported { count: 0, ..reported() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat_and_another_month_is_not() {
        given([told(reported())]).when(told(reported()).recorded_by("helper@a-kyotaku")).repeats(1);
        given([told(reported())])
            .when(told(ServiceUsageReported { month: "2025-05".parse().unwrap(), ..reported() }))
            .admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(ServiceUsageReported { plan: id("aki:plan"), ..reported() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_note_that_is_too_long_is_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let note = Stated::Value("長".repeat(chars).into());
        let (pointer, max) = ("/note".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing().when(told(ServiceUsageReported { note, ..reported() })).refuses(Refusal::TooLong {
            pointer,
            chars,
            max,
        });
    }

    #[test]
    fn what_is_no_month_is_malformed_and_its_place_named() {
        let mut body = serde_json::to_value(reported()).unwrap();
        body["month"] = "2025-04-01".into();
        let read = CaseEvent::read(&ServiceUsageReported::event_type(), body.to_string().as_bytes());
        let Err(ReadError::Malformed { pointer, reason }) = read else { panic!("it is malformed") };
        assert_eq!(pointer, "/month");
        assert!(reason.starts_with("a month is written YYYY-MM"), "{reason}");
    }
}
