use super::Decision;
use super::decision::distinct;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, health_centre_nurse, id, stated};
use crate::thing::Thing;
use banso_kernel::{MeetingId, Party, Personal, Seq, Stated};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A case was looked at again together (事例検討会): with which question, at what was known then, and what came of
/// it. Its minutes are these. Source: S1 (業務を検証する具体的ポイント); domain.md §1.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseReviewHeld {
    /// Its id, as that of a meeting.
    pub meeting: MeetingId,
    /// Who was there.
    pub attendees: Vec<Party>,
    /// What was asked (問い).
    #[serde(default)]
    pub question: Stated<Personal<String>>,
    /// Which state of the case was looked at.
    #[serde(default)]
    pub reviewed: Stated<Reviewed>,
    /// Which points were gone through, and what was seen there.
    #[serde(default)]
    pub checklist: Vec<CheckedPoint>,
    /// What came to light (気づき).
    #[serde(default)]
    pub insights: Vec<Personal<String>>,
    /// What is done next (次の一手).
    #[serde(default)]
    pub next_steps: Vec<Decision>,
}

/// The state of a case that was looked at, as the answers of banso name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// What was true at this time (T); absent = all that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<DateTime<Utc>>,
    /// What was known at this position of the log (K), which every answer carries.
    pub known_seq: Seq,
}

/// A point of the checklist that was gone through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedPoint {
    /// Which.
    pub point: ReviewPoint,
    /// What was seen.
    #[serde(default)]
    pub seen: Stated<Personal<String>>,
}

labelled! {
    /// What a review goes through, in this order (業務を検証する具体的ポイント). Source: S1.
    ReviewPoint {
        Summary = "概要の確認（要約・見立て）",
        PersonInTheLead = "当事者主体と動機付け",
        AssessmentAccuracy = "アセスメントの精度",
        FocusOfNeeds = "ニーズの焦点化（優先度・重要度）",
        FormalAndInformal = "フォーマル・インフォーマルの確認",
        RiskToStrength = "リスクからストレングスへのマネジメント",
        StrengthInWeakness = "弱みの中の強み",
        Environment = "環境因子",
        TeamApproach = "チームアプローチ",
        RegionalIssue = "地域課題の有無",
    }
}

impl Payload for CaseReviewHeld {
    const NAME: &'static str = "CaseReviewHeld";

    fn label(&self) -> Cow<'_, str> {
        "事例検討会".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.attendees.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.question.value().cloned()
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Meeting(&self.meeting))
    }

    fn sample() -> Self {
        Self {
            meeting: id("haru:review1"),
            attendees: vec![consultant(), health_centre_nurse()],
            question: stated("通院が途絶えたとき、誰とどこでつながれたか"),
            reviewed: Reviewed { valid_at: Some(id("2025-04-01T00:00:00Z")), known_seq: 12 }.into(),
            checklist: vec![CheckedPoint {
                point: ReviewPoint::FormalAndInformal,
                seen: stated("民生委員が最初に気づいていた"),
            }],
            insights: vec!["母の介護をやり遂げたことは本人の強み".into()],
            next_steps: vec![Decision {
                id: Some(id("1")),
                text: "近所づきあいの様子を民生委員に尋ねる".into(),
                owner: health_centre_nurse(),
                due: Stated::NotRecorded,
            }],
        }
    }
}

impl Admit for CaseReviewHeld {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let mut points = BTreeSet::new();
        if let Some(twice) = self.checklist.iter().find(|checked| !points.insert(checked.point)) {
            return Err(Refusal::Twice(twice.point.label().to_owned()));
        }
        distinct(&self.next_steps)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::meeting::{MeetingActionCompleted, MeetingCalled, MeetingHeld, MeetingKind};
    use crate::case::spec::{event, given, given_nothing, told};

    fn review() -> CaseReviewHeld {
        CaseReviewHeld::sample()
    }

    #[test]
    fn a_review_is_admitted() {
        given_nothing().when(told(review())).admits();
    }

    #[test]
    fn a_review_of_which_only_the_day_is_recorded_is_admitted() {
        let bare = CaseReviewHeld {
            attendees: Vec::new(),
            question: Stated::NotRecorded,
            reviewed: Stated::NotRecorded,
            checklist: Vec::new(),
            insights: Vec::new(),
            next_steps: Vec::new(),
            ..review()
        };
        given_nothing().when(told(bare)).admits();
    }

    #[test]
    fn a_review_that_was_called_and_whose_next_step_is_done_is_admitted() {
        let kind = MeetingKind::CaseReview;
        let called = MeetingCalled { meeting: review().meeting, kind, ..MeetingCalled::sample() };
        let done = MeetingActionCompleted { meeting: review().meeting, ..MeetingActionCompleted::sample() };
        given([told(called), told(done)]).when(told(review())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(review())]).when(told(review()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn another_review_or_meeting_under_a_used_id_is_refused() {
        let used = Refusal::IdAlreadyUsed { what: "meeting", by: event(1) };
        given([told(review())])
            .when(told(CaseReviewHeld { question: Stated::NotRecorded, ..review() }))
            .refuses(used.clone());
        given([told(MeetingHeld { meeting: review().meeting, ..MeetingHeld::sample() })])
            .when(told(review()))
            .refuses(used);
    }

    #[test]
    fn a_point_that_stands_twice_is_refused() {
        let point = || CheckedPoint { point: ReviewPoint::Environment, seen: Stated::NotRecorded };
        given_nothing()
            .when(told(CaseReviewHeld { checklist: vec![point(), point()], ..review() }))
            .refuses(Refusal::Twice("環境因子".to_owned()));
    }

    #[test]
    fn two_next_steps_of_one_number_are_refused() {
        let step = review().next_steps.remove(0);
        given_nothing()
            .when(told(CaseReviewHeld { next_steps: vec![step.clone(), step], ..review() }))
            .refuses(Refusal::Twice("decision 1".to_owned()));
    }

    #[test]
    fn a_review_about_another_person_is_refused() {
        given_nothing()
            .when(told(CaseReviewHeld { meeting: id("aki:review1"), ..review() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }
}
