//! A meeting about the person without them, and no reason recorded. Source: S1; 個別支援計画の会議は本人参加が原則 (R6).

use super::{Found, Seen, date_of};
use banso_domain::CaseEvent;
use banso_domain::case::meeting::MeetingEvent;

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (_, fact, event) in seen.events() {
        let CaseEvent::Meeting(MeetingEvent::Held(held)) = event else { continue };
        if held.person_present || held.absence_reason.value().is_some() {
            continue;
        }
        found.push(Found {
            subject: format!("{} {}（{}）", held.kind.label(), held.meeting, date_of(fact)),
            period: None,
            basis: vec![fact.id],
            sentence: "この会議は本人が参加していません。理由の記載がありません。".to_owned(),
        });
    }
    found
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::{found, sentences};
    use crate::spec::{sample, told};
    use banso_domain::case::meeting::MeetingHeld;

    fn held(person_present: bool, reason: Option<&str>) -> MeetingHeld {
        let absence_reason =
            reason.map_or_else(Default::default, |reason| banso_kernel::Stated::Value(reason.into()));
        MeetingHeld { person_present, absence_reason, ..sample() }
    }

    #[test]
    fn it_asks_why_the_person_was_not_there() {
        let found = found([told(held(false, None)).on("2025-04-04")], "2025-04-05", find);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].sentence, "この会議は本人が参加していません。理由の記載がありません。");
        assert!(found[0].subject.ends_with("（2025-04-04）"), "{found:?}");
    }

    #[test]
    fn it_is_silent_where_they_were_there_or_the_reason_is_recorded() {
        for held in [held(true, None), held(false, Some("体調不良のため"))] {
            assert!(sentences([told(held).on("2025-04-04")], "2025-04-05", find).is_empty());
        }
    }

    #[test]
    fn it_asks_nothing_before_the_meeting() {
        assert!(sentences([told(held(false, None)).on("2025-04-04")], "2025-04-03", find).is_empty());
    }
}
