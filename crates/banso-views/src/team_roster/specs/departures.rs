//! Who leaves the team by saying so, and which supports end.

use super::*;
use banso_domain::case::team::{CoordinatorDesignated, MemberLeft, SupportEnded};

fn left(party: Party) -> Told {
    let handover_to = Vec::new();
    told(MemberLeft { party, handover_to, ..sample() })
}

#[test]
fn whoever_left_is_a_former_member_on_whatever_ground_they_were_there() {
    let shown = team([
        told(ReferralAccepted { by: nurse(), ..sample() }).on("2025-03-01"),
        joined(nurse()).on("2025-03-02"),
        joined(consultant()).on("2025-03-03"),
        left(nurse_as_coordinator()).on("2025-04-01"),
    ]);
    assert_eq!(active(&shown), ["相談支援専門員@c-soudan"]);
    assert_eq!(names(&shown.former), ["保健師@d-hoken"]);
    assert_eq!(shown.former[0].until.as_ref().unwrap().text, "2025-04-01");
}

#[test]
fn whoever_joins_again_is_a_member_again() {
    let shown = team([
        joined(nurse()).on("2025-03-01"),
        left(nurse()).on("2025-04-01"),
        joined(nurse()).on("2025-05-01"),
    ]);
    assert_eq!((active(&shown), shown.former.len()), (vec!["保健師@d-hoken".to_owned()], 0));
    let basis = &shown.layers[3].members[0].basis;
    let held: Vec<_> = basis.iter().map(|held| (held.since.text.as_str(), held.until.is_some())).collect();
    assert_eq!(held, [("2025-03-01", true), ("2025-05-01", false)]);
}

#[test]
fn whoever_left_nobody_knows_when_left_what_was_recorded_before() {
    let told = || [joined(nurse()).on("2025-03-01"), left(nurse()).on("unknown")];
    let shown = team(told());
    assert_eq!((active(&shown), names(&shown.former)), (vec![], vec!["保健師@d-hoken".to_owned()]));
    assert_eq!(shown.former[0].until.as_ref().unwrap().text, "日付不明");
    let again = team(told().into_iter().chain([joined(nurse()).on("2025-05-01")]));
    assert_eq!((active(&again), again.former.len()), (vec!["保健師@d-hoken".to_owned()], 0));
}

#[test]
fn the_person_never_leaves() {
    let shown = team([joined(nurse()), left(Party::Person), left(Party::NotRecorded)]);
    assert_eq!(layers(&shown)[0].1, ["本人"]);
    assert_eq!((active(&shown), shown.former.len()), (vec!["保健師@d-hoken".to_owned()], 0));
}

#[test]
fn an_organisation_leaves_with_its_people_and_somebody_of_it_alone() {
    let members = || [joined(nurse()), joined(org("d-hoken")), joined(officer())];
    let shown = team(members().into_iter().chain([left(org("d-hoken"))]));
    assert_eq!(active(&shown), ["障害福祉担当@city"]);
    let shown = team(members().into_iter().chain([left(nurse())]));
    assert_eq!(active(&shown), ["d-hoken", "障害福祉担当@city"]);
}

#[test]
fn whoever_takes_over_is_on_the_team() {
    let handover = MemberLeft { party: nurse(), handover_to: vec![officer()], ..sample() };
    let shown = team([joined(nurse()).on("2025-03-01"), told(handover).on("2025-04-01")]);
    assert_eq!(only(&shown), ("障害福祉担当@city".to_owned(), vec!["引き継いだ".to_owned()]));
}

#[test]
fn a_coordinator_who_left_coordinates_no_longer() {
    let designated = told(CoordinatorDesignated { party: nurse(), ..sample() });
    let shown = team([designated.on("2025-03-01"), left(nurse()).on("2025-04-01")]);
    assert_eq!((active(&shown), names(&shown.former)), (vec![], vec!["保健師@d-hoken".to_owned()]));
}

#[test]
fn a_departure_taken_back_was_none() {
    let shown = team([joined(nurse()), left(nurse()), retracting(2)]);
    assert_eq!(active(&shown), ["保健師@d-hoken"]);
}

fn started(number: u8) -> Told {
    told(SupportStarted { support: id(&format!("haru:s{number}")), ..sample() })
}

fn ended(number: u8) -> Told {
    told(SupportEnded { support: id(&format!("haru:s{number}")), ..sample() })
}

#[test]
fn whoever_gave_a_support_leaves_when_it_ends() {
    let shown = team([started(1).on("2025-03-01"), ended(1).on("2025-04-01")]);
    assert_eq!((active(&shown), names(&shown.former)), (vec![], vec!["a-kyotaku".to_owned()]));
    assert_eq!(shown.former[0].until.as_ref().unwrap().text, "2025-04-01");
}

#[test]
fn the_last_of_several_supports_of_one_kind_ends_the_ground() {
    let two = || [started(1).on("2025-03-01"), started(2).on("2025-03-02"), ended(1).on("2025-04-01")];
    assert_eq!(active(&team(two())), ["a-kyotaku"]);
    let none = team(two().into_iter().chain([ended(2).on("2025-05-01")]));
    assert_eq!(none.former[0].until.as_ref().unwrap().text, "2025-05-01");
}

#[test]
fn a_support_ends_even_if_its_end_is_dated_before_its_start() {
    for date in ["unknown", "2025-02-01"] {
        let shown = team([started(1).on("2025-03-01"), ended(1).on(date)]);
        assert_eq!(active(&shown), Vec::<String>::new(), "{date}");
    }
}

#[test]
fn the_end_of_a_support_ends_no_other_ground() {
    let provider = joined(org("a-kyotaku")).on("2025-03-01");
    let shown = team([provider, started(1).on("2025-03-02"), ended(1).on("2025-04-01")]);
    assert_eq!((active(&shown), shown.former.len()), (vec!["a-kyotaku".to_owned()], 0));
}
