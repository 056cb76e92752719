use crate::Refusal;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{CouncilMeetingId, OrgId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A council met (協議会の開催). Who was there are organisations and their people, never who is supported.
/// Source: S1, S2, S3 (守秘義務).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CouncilMeetingHeld {
    /// Its id.
    pub meeting: CouncilMeetingId,
    /// The council.
    pub council: OrgId,
    /// Which kind of meeting.
    pub kind: CouncilKind,
    /// Who was there.
    #[serde(default)]
    pub attendees: Vec<Party>,
    /// What it was about, in words that name nobody.
    #[serde(default)]
    pub agenda: Stated<Personal<String>>,
}

labelled! {
    /// The kinds of council.
    CouncilKind {
        Council = "協議会",
        Section = "部会",
        MentalHealthSection = "精神保健福祉部会",
        WelfareAreaConference = "圏域連携推進会議",
    }
}

impl Payload for CouncilMeetingHeld {
    const NAME: &'static str = "CouncilMeetingHeld";

    fn label(&self) -> Cow<'_, str> {
        self.kind.label().into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.attendees.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.agenda.value().cloned()
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::CouncilMeeting(&self.meeting))
    }

    fn sample() -> Self {
        Self {
            meeting: id("area:m1"),
            council: id("kyogikai"),
            kind: CouncilKind::MentalHealthSection,
            attendees: vec![Party::Org(id("city")), Party::Org(id("hokenjo"))],
            agenda: Stated::Value("高齢の長期入院の方の受け皿".into()),
        }
    }
}

impl Admit<Zone> for CouncilMeetingHeld {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        if let Some(agenda) = self.agenda.value() {
            names_nobody("agenda", agenda)?;
        }
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{event, given, given_nothing, told};

    fn held() -> CouncilMeetingHeld {
        CouncilMeetingHeld { meeting: id("haru:m1"), ..CouncilMeetingHeld::sample() }
    }

    #[test]
    fn a_meeting_of_which_nothing_else_is_recorded_is_admitted() {
        let bare = CouncilMeetingHeld { attendees: Vec::new(), agenda: Stated::NotRecorded, ..held() };
        given_nothing().when(told(bare)).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(held())]).when(told(held()).recorded_by("officer@hokenjo")).repeats(1);
    }

    #[test]
    fn another_meeting_under_the_same_id_is_refused() {
        given([told(held())])
            .when(told(CouncilMeetingHeld { kind: CouncilKind::Council, ..held() }))
            .refuses(Refusal::IdAlreadyUsed { what: "council meeting", by: event(1) });
    }

    #[test]
    fn a_meeting_of_another_zone_is_refused() {
        given_nothing()
            .when(told(CouncilMeetingHeld { meeting: id("elsewhere:m1"), ..held() }))
            .refuses(Refusal::ForeignReference("council meeting"));
    }

    #[test]
    fn an_agenda_with_somebodys_number_is_refused() {
        given_nothing()
            .when(told(CouncilMeetingHeld { agenda: Stated::Value("1234567".into()), ..held() }))
            .refuses(Refusal::NamesSomebody("agenda"));
    }
}
