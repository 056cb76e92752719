use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, health_centre_nurse, id, stated};
use crate::thing::Thing;
use banso_kernel::{NoteId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody no longer supports the person (チームを離れる), and hands over to whom they name (引継ぎ). Nobody is kept
/// by a missing handover; that the person leaves their own team is admitted, and changes nothing.
/// Source: S0 pp.22-31 (バトンリレー and 伴走); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberLeft {
    /// Who; an organisation leaves with all who act for it.
    pub party: Party,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// Who goes on with what they did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handover_to: Vec<Party>,
    /// The note of the handover.
    #[serde(default)]
    pub handover_note: Stated<NoteId>,
}

impl Payload for MemberLeft {
    const NAME: &'static str = "MemberLeft";

    fn label(&self) -> Cow<'_, str> {
        "チームを離れる".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.party]
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.handover_to.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map_or("理由の記載なし", |reason| reason.reveal().as_str());
        let handover =
            if self.handover_to.is_empty() { "・引継ぎ先の記載なし" } else { "・引継ぎあり" };
        Some(format!("{reason}{handover}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.handover_note.value().map(Thing::Note).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            party: health_centre_nurse(),
            reason: stated("地区担当の交代"),
            handover_to: vec![consultant()],
            handover_note: Stated::Value(id("haru:n1")),
        }
    }
}

impl Admit for MemberLeft {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_of(&self.party, self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::case::team::MemberJoined;

    fn left() -> MemberLeft {
        MemberLeft::sample()
    }

    #[test]
    fn a_member_may_leave() {
        given([told(MemberJoined::sample())]).when(told(left())).admits();
    }

    #[test]
    fn somebody_whose_joining_is_not_recorded_may_leave_before_the_note_of_the_handover() {
        given_nothing().when(told(left())).admits();
    }

    #[test]
    fn whoever_hands_over_to_nobody_leaves_too() {
        let alone = MemberLeft { handover_to: Vec::new(), handover_note: Stated::NotRecorded, ..left() };
        given([told(MemberJoined::sample())]).when(told(alone)).admits();
    }

    #[test]
    fn that_the_person_left_is_admitted() {
        given_nothing().when(told(MemberLeft { party: Party::Person, ..left() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat_and_at_another_time_new() {
        given([told(left())]).when(told(left()).recorded_by("officer@city")).repeats(1);
        given([told(left()).on("2025-04-01")]).when(told(left()).on("2025-05-01")).admits();
    }

    #[test]
    fn two_whom_the_source_does_not_name_are_two() {
        let somebody = MemberLeft { party: Party::NotRecorded, ..left() };
        given([told(somebody.clone())]).when(told(somebody)).admits();
    }

    #[test]
    fn a_handover_by_the_note_of_another_person_is_refused() {
        given_nothing()
            .when(told(MemberLeft { handover_note: Stated::Value(id("aki:n1")), ..left() }))
            .refuses(Refusal::ForeignReference("note"));
    }
}
