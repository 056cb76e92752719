//! Who has which role, and who keeps it all together.

use super::*;
use banso_domain::case::team::{CoordinatorDesignated, MemberInvited, MemberRoleChanged};
use banso_kernel::{Role, Stated};

fn coordinates(party: Party) -> Told {
    told(CoordinatorDesignated { party, ..sample() })
}

fn in_role(party: Party, role: Role) -> Told {
    told(MemberRoleChanged { party, role, duties: Stated::NotRecorded })
}

/// Each active member's grounds that hold.
fn held(team: &TeamRosterShown) -> Vec<(String, Vec<String>)> {
    let members = team.layers.iter().flat_map(|layer| &layer.members).skip(1);
    let holds = |member: &MemberShown| {
        let held = member.basis.iter().filter(|basis| basis.until.is_none());
        held.map(|basis| basis.label.clone()).collect()
    };
    members.map(|member| (member.who.name.reveal().clone(), holds(member))).collect()
}

fn expected(members: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let grounds = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
    members.iter().map(|(name, labels)| ((*name).to_owned(), grounds(labels))).collect()
}

#[test]
fn the_coordinator_shows_and_is_on_the_team() {
    let shown = team([coordinates(consultant()).on("2025-04-01")]);
    assert_eq!(only(&shown), ("相談支援専門員@c-soudan".to_owned(), vec!["まとめ役".to_owned()]));
}

#[test]
fn there_is_one_coordinator_at_a_time_and_the_one_before_stays_a_member() {
    let shown = team([
        joined(nurse()).on("2025-03-01"),
        coordinates(nurse()).on("2025-04-01"),
        coordinates(consultant()).on("2025-05-01"),
    ]);
    let nurse = ("保健師@d-hoken", ["チームに参加（協力依頼）"].as_slice());
    assert_eq!(held(&shown), expected(&[nurse, ("相談支援専門員@c-soudan", &["まとめ役"])]));
    assert_eq!(shown.layers[3].members[0].basis[1].until.as_ref().unwrap().text, "2025-05-01");
}

#[test]
fn the_same_coordinator_again_coordinates_since_the_first_time() {
    let shown = team([coordinates(nurse()).on("2025-04-01"), coordinates(nurse()).on("2025-05-01")]);
    let [basis] = shown.layers[3].members[0].basis.as_slice() else { panic!("one ground") };
    assert_eq!((basis.since.text.as_str(), basis.until.is_none()), ("2025-04-01", true));
}

#[test]
fn when_the_person_takes_it_in_hand_nobody_else_coordinates() {
    let told = [
        joined(nurse()).on("2025-03-01"),
        coordinates(nurse()).on("2025-04-01"),
        coordinates(Party::Person).on("2025-05-01"),
    ];
    assert_eq!(held(&team(told)), expected(&[("保健師@d-hoken", &["チームに参加（協力依頼）"])]));
}

#[test]
fn another_role_follows_the_one_before_and_the_name_stays() {
    let shown = team([
        in_role(nurse(), Role::Other("連絡役".to_owned())).on("2025-04-01"),
        in_role(nurse_as_coordinator(), Role::SupportWorker).on("2025-05-01"),
    ]);
    assert_eq!(held(&shown), expected(&[("保健師@d-hoken", &["役割: 支援員"])]));
    let basis = &shown.layers[3].members[0].basis;
    assert_eq!((basis.len(), basis[0].label.as_str()), (2, "役割: 連絡役"));
    assert_eq!(basis[0].until.as_ref().unwrap().text, "2025-05-01");
}

#[test]
fn a_role_has_duties_of_its_own_where_they_are_recorded() {
    let duties = |told: Vec<Told>| team(told).layers[3].members[0].duties.clone();
    let joined = || told(MemberJoined { duties: Some("受診の同行".into()), ..sample() });
    let role = || in_role(nurse(), Role::SupportWorker);
    assert_eq!(duties(vec![joined(), role()]), Some("受診の同行".into()));
    let visits = MemberRoleChanged { party: nurse(), ..sample() };
    assert_eq!(duties(vec![joined(), told(visits)]), Some("月1回の訪問".into()));
}

#[test]
fn whoever_is_invited_is_not_on_the_team_yet() {
    assert_eq!(active(&team([told(sample::<MemberInvited>())])), Vec::<String>::new());
}
