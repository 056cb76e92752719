use super::decision::distinct;
use super::{Decision, MeetingKind};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, hospital, id, stated};
use crate::thing::Thing;
use banso_kernel::{MeetingId, Party, Personal, PlanId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A meeting took place (会議), with the minutes as they are. Minutes that say that the person was absent are
/// true minutes: nothing about a meeting is refused for what it says. Source: S0 p.31, S1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingHeld {
    /// Its id.
    pub meeting: MeetingId,
    /// Which kind.
    pub kind: MeetingKind,
    /// Who was there.
    pub attendees: Vec<Party>,
    /// Whether the person was there.
    pub person_present: bool,
    /// Why the person was not there.
    #[serde(default)]
    pub absence_reason: Stated<Personal<String>>,
    /// Where.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// What it was about.
    #[serde(default)]
    pub agenda: Stated<Personal<String>>,
    /// What was said.
    #[serde(default)]
    pub opinions: Vec<Personal<String>>,
    /// What the person said.
    #[serde(default)]
    pub person_words: Vec<Personal<String>>,
    /// What was decided.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// Which plans were on the table.
    #[serde(default)]
    pub plans: Vec<PlanRevisionRef>,
}

/// A revision of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRevisionRef {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
}

impl Payload for MeetingHeld {
    const NAME: &'static str = "MeetingHeld";

    fn label(&self) -> Cow<'_, str> {
        self.kind.label().into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.attendees.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let person = match (self.person_present, self.absence_reason.value()) {
            (true, _) => "本人参加".to_owned(),
            (false, Some(reason)) => format!("本人不参加（{}）", reason.reveal()),
            (false, None) => "本人不参加（理由の記載なし）".to_owned(),
        };
        let agenda = self.agenda.value().map(|agenda| format!("・{}", agenda.reveal())).unwrap_or_default();
        Some(format!("{person}{agenda}").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Meeting(&self.meeting))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plans.iter().map(|plan| Thing::Plan(&plan.plan)).collect()
    }

    fn sample() -> Self {
        Self {
            meeting: id("haru:m1"),
            kind: MeetingKind::ServiceProviders,
            attendees: vec![Party::Person, consultant(), hospital()],
            person_present: true,
            absence_reason: Stated::NotRecorded,
            place: Stated::NotRecorded,
            agenda: stated("支援についてハルさんと確認"),
            opinions: Vec::new(),
            person_words: Vec::new(),
            decisions: Vec::new(),
            plans: vec![PlanRevisionRef { plan: id("haru:plan"), rev: 1 }],
        }
    }
}

impl Admit for MeetingHeld {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        for on_the_table in &self.plans {
            case.has_revision(&on_the_table.plan, on_the_table.rev)?;
        }
        distinct(&self.decisions)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PlanDrafted;
    use crate::case::spec::{event, given, given_nothing, told};

    fn held() -> MeetingHeld {
        MeetingHeld::sample()
    }

    fn about(plan: &str, rev: u32) -> MeetingHeld {
        MeetingHeld { plans: vec![PlanRevisionRef { plan: id(plan), rev }], ..held() }
    }

    #[test]
    fn a_meeting_is_admitted_before_the_plan_on_its_table() {
        given_nothing().when(told(held())).admits();
    }

    #[test]
    fn a_meeting_without_the_person_and_without_a_reason_is_admitted() {
        let without = MeetingHeld { person_present: false, attendees: vec![consultant()], ..held() };
        given_nothing().when(told(without)).admits();
    }

    #[test]
    fn the_same_minutes_from_a_second_recorder_are_a_repeat() {
        given([told(held())]).when(told(held()).recorded_by("psw@hospital")).repeats(1);
    }

    #[test]
    fn other_minutes_under_a_used_id_are_refused() {
        given([told(held())])
            .when(told(MeetingHeld { kind: MeetingKind::CaseReview, ..held() }))
            .refuses(Refusal::IdAlreadyUsed { what: "meeting", by: event(1) });
    }

    #[test]
    fn decisions_without_numbers_may_be_many_and_two_of_one_number_are_refused() {
        let decided = |number: Option<&str>| Decision {
            id: number.map(id),
            text: "次回の日程を決める".into(),
            owner: consultant(),
            due: Stated::NotRecorded,
        };
        let minutes = |numbers: [Option<&str>; 3]| {
            told(MeetingHeld { decisions: numbers.map(decided).to_vec(), ..held() })
        };
        given_nothing().when(minutes([None, None, None])).admits();
        given_nothing().when(minutes([Some("1"), None, Some("2")])).admits();
        given_nothing()
            .when(minutes([Some("1"), Some("2"), Some("2")]))
            .refuses(Refusal::Twice("decision 2".to_owned()));
    }

    #[test]
    fn minutes_may_be_corrected() {
        given([told(held())])
            .when(told(MeetingHeld { kind: MeetingKind::CaseReview, ..held() }).correcting(1))
            .admits();
    }

    #[test]
    fn a_meeting_about_another_person_is_refused() {
        given_nothing()
            .when(told(MeetingHeld { meeting: id("aki:m1"), ..held() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }

    #[test]
    fn the_plan_of_another_person_on_the_table_is_refused() {
        given_nothing().when(told(about("aki:plan", 1))).refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(about("haru:plan", 2)))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
        given_nothing()
            .when(told(about("haru:plan", 0)))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
    }
}
