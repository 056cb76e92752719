use super::MeetingKind;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, hospital, id, stated};
use crate::thing::Thing;
use banso_kernel::{MeetingId, Party, Personal, Stated};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// People are asked to meet about the person (会議の招集). From here to the meeting is the 即応性 of S2. The meeting
/// that comes of it bears the same id. Source: S2 slide 6; domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingCalled {
    /// The id that the meeting will have.
    pub meeting: MeetingId,
    /// Which kind.
    pub kind: MeetingKind,
    /// Who calls it.
    pub by: Party,
    /// Who is asked to come.
    pub invitees: Vec<Party>,
    /// On which day it is to be.
    #[serde(default)]
    pub planned_on: Stated<NaiveDate>,
    /// At what time, `HH:MM:SS`.
    #[serde(default)]
    pub planned_at: Stated<NaiveTime>,
    /// Where.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// What it is for.
    #[serde(default)]
    pub purposes: Stated<Vec<MeetingPurpose>>,
    /// How it was put.
    #[serde(default)]
    pub message: Stated<Personal<String>>,
}

labelled! {
    /// What a meeting is for (会議の要素). Source: S1.
    MeetingPurpose {
        Informing = "情報伝達",
        Deciding = "意思決定",
        FindingIdeas = "アイディア出し",
    }
}

impl Payload for MeetingCalled {
    const NAME: &'static str = "MeetingCalled";

    fn label(&self) -> Cow<'_, str> {
        format!("{}の招集", self.kind.label()).into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.invitees.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let day = self
            .planned_on
            .value()
            .map_or("予定日の記載なし".to_owned(), |day| format!("予定 {day}"));
        let time = self.planned_at.value().map(|time| format!(" {}", time.format("%H:%M")));
        let message = self.message.value().map(|message| format!(": {}", message.reveal()));
        Some(format!("{day}{}{}", time.unwrap_or_default(), message.unwrap_or_default()).into())
    }

    fn sample() -> Self {
        Self {
            meeting: id("haru:m1"),
            kind: MeetingKind::ServiceProviders,
            by: consultant(),
            invitees: vec![Party::Person, hospital()],
            planned_on: Stated::NotRecorded,
            planned_at: Stated::NotRecorded,
            place: stated("病院"),
            purposes: vec![MeetingPurpose::Informing, MeetingPurpose::Deciding].into(),
            message: stated("退院後の生活について一緒に確認したい"),
        }
    }
}

impl Admit for MeetingCalled {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // It neither brings the meeting, which may never be held, nor misses it.
        case.own(Thing::Meeting(&self.meeting))?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::meeting::MeetingHeld;
    use crate::case::spec::{given, given_nothing, told};

    fn called() -> MeetingCalled {
        MeetingCalled::sample()
    }

    #[test]
    fn a_call_is_admitted() {
        given_nothing().when(told(called())).admits();
    }

    #[test]
    fn a_meeting_that_was_called_may_be_held_and_a_held_one_have_been_called() {
        given([told(called())]).when(told(MeetingHeld::sample())).admits();
        given([told(MeetingHeld::sample())]).when(told(called())).admits();
    }

    #[test]
    fn the_same_call_from_a_second_recorder_is_a_repeat() {
        given([told(called())]).when(told(called()).recorded_by("psw@hospital")).repeats(1);
    }

    #[test]
    fn a_meeting_may_be_called_again_for_another_day() {
        let day = |day: &str| MeetingCalled { planned_on: Stated::Value(id(day)), ..called() };
        given([told(day("2025-06-10"))]).when(told(day("2025-06-17"))).admits();
    }

    #[test]
    fn a_call_for_a_day_that_is_over_or_of_nobody_named_is_admitted() {
        let past = Stated::Value(id("2020-06-10"));
        given_nothing().when(told(MeetingCalled { planned_on: past, ..called() })).admits();
        given_nothing().when(told(MeetingCalled { invitees: Vec::new(), ..called() })).admits();
    }

    #[test]
    fn a_call_reads_as_people_write_it() {
        let called = MeetingCalled {
            kind: MeetingKind::DischargeSupport,
            planned_on: Stated::Value(id("2025-06-10")),
            planned_at: Stated::Value(id("13:30:00")),
            message: stated("３日後、主治医の時間が取れカンファレンスが可能です"),
            ..called()
        };
        assert_eq!(called.label(), "退院支援会議の招集");
        let detail = "予定 2025-06-10 13:30: ３日後、主治医の時間が取れカンファレンスが可能です";
        assert_eq!(called.detail().unwrap().reveal(), detail);
    }

    #[test]
    fn a_meeting_about_another_person_is_refused() {
        given_nothing()
            .when(told(MeetingCalled { meeting: id("aki:m1"), ..called() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }
}
