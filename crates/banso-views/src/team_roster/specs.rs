//! Who is on the team, on what ground, and who leaves.

use super::{MemberShown, TeamRosterShown, show};
use crate::spec::{
    Told, as_of, consultant, haru, id, mother, nurse, nurse_as_coordinator, officer, org, retracting, sample,
    state, told, volunteer,
};
use banso_domain::case::episode::{
    CommunitySettlementSupportStarted, CommunityTransitionSupportStarted, HospitalAdmitted,
    HospitalDischarged,
};
use banso_domain::case::person::{KeyPersonChange, KeyPersonChanged};
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::case::team::{
    CoordinatorDesignated, MemberInvited, MemberJoined, MemberLayer, MemberLeft, MemberRoleChanged,
    SupportEnded, SupportStarted,
};
use banso_domain::{CaseEvent, Reference, StreamEvent};
use banso_kernel::{Party, Relation, Role, Stated};

fn team(told: impl IntoIterator<Item = Told>) -> TeamRosterShown {
    show(&state(told).team, as_of(None), &Reference::default())
}

fn names(members: &[MemberShown]) -> Vec<String> {
    members.iter().map(|member| member.who.name.reveal().clone()).collect()
}

/// The layers, each with its members.
fn layers(team: &TeamRosterShown) -> Vec<(String, Vec<String>)> {
    team.layers.iter().map(|layer| (layer.label.clone(), names(&layer.members))).collect()
}

/// The members of all layers but the person.
fn active(team: &TeamRosterShown) -> Vec<String> {
    let all: Vec<String> = team.layers.iter().flat_map(|layer| names(&layer.members)).collect();
    assert_eq!(all.first().map(String::as_str), Some("本人"));
    all[1..].to_vec()
}

/// The one active member besides the person, and the grounds.
#[track_caller]
fn only(team: &TeamRosterShown) -> (String, Vec<String>) {
    let members: Vec<&MemberShown> = team.layers.iter().flat_map(|layer| &layer.members).skip(1).collect();
    let [member] = members.as_slice() else { panic!("expected one member: {:?}", layers(team)) };
    let grounds = member.basis.iter().map(|basis| basis.label.clone()).collect();
    (member.who.name.reveal().clone(), grounds)
}

fn joined(party: Party) -> Told {
    told(MemberJoined { party, ..sample() })
}

fn key_person(change: KeyPersonChange) -> Told {
    told(KeyPersonChanged { change, ..sample() })
}

fn admitted() -> Told {
    told(sample::<HospitalAdmitted>())
}

fn discharged() -> Told {
    told(sample::<HospitalDischarged>())
}

mod grounds {
    use super::*;

    #[track_caller]
    fn check(event: impl Into<CaseEvent>, name: &str, ground: &str) {
        let team = team([told(event).on("2025-04-01")]);
        assert_eq!(only(&team), (name.to_owned(), vec![ground.to_owned()]));
        let member = team.layers.iter().flat_map(|layer| &layer.members).nth(1).unwrap();
        assert_eq!(member.since.as_ref().unwrap().text, "2025-04-01");
        assert_eq!(member.until, None);
    }

    #[test]
    fn whoever_joins_is_on_the_team() {
        check(sample::<MemberJoined>(), "保健師@d-hoken", "チームに参加（協力依頼）");
    }

    #[test]
    fn whoever_asks_for_help_is_on_the_team_and_whoever_is_asked_is_not_yet() {
        check(sample::<ReferralMade>(), "保健師@d-hoken", "協力依頼をした");
    }

    #[test]
    fn whoever_accepts_a_request_is_on_the_team() {
        check(sample::<ReferralAccepted>(), "相談支援専門員@c-soudan", "依頼を引き受けた");
    }

    #[test]
    fn a_new_key_person_is_on_the_team() {
        check(KeyPersonChanged { change: KeyPersonChange::Added, ..sample() }, "母", "支え手（母）");
    }

    #[test]
    fn whoever_steps_in_for_a_key_person_is_on_the_team() {
        let aunt = Party::Informal { label: "叔母".into(), relation: Relation::Relative };
        check(KeyPersonChanged { successor: Some(aunt), ..sample() }, "叔母", "支え手（母）");
    }

    #[test]
    fn the_hospital_is_on_the_team_as_long_as_the_stay_lasts() {
        check(sample::<HospitalAdmitted>(), "hospital", "入院先");
    }

    #[test]
    fn whoever_gives_a_support_is_on_the_team() {
        let support = SupportStarted { provider: org("a-kyotaku"), ..sample() };
        let label = format!("支援: {}", support.service.label());
        check(support, "a-kyotaku", &label);
        let transition = sample::<CommunityTransitionSupportStarted>();
        check(transition, "相談支援専門員@c-soudan", "支援: 地域移行支援");
        let settlement = sample::<CommunitySettlementSupportStarted>();
        check(settlement, "相談支援専門員@c-soudan", "支援: 地域定着支援");
    }

    #[test]
    fn the_person_and_nobody_in_particular_are_no_further_members() {
        assert_eq!(active(&team([joined(Party::Person), joined(Party::NotRecorded)])), Vec::<String>::new());
    }

    #[test]
    fn several_grounds_of_one_member_stand_beside_each_other() {
        let (name, grounds) = only(&team([
            told(sample::<ReferralAccepted>()),
            joined(consultant()),
            told(sample::<CommunityTransitionSupportStarted>()),
        ]));
        assert_eq!(name, "相談支援専門員@c-soudan");
        assert_eq!(grounds, ["依頼を引き受けた", "チームに参加（協力依頼）", "支援: 地域移行支援"]);
    }

    #[test]
    fn the_same_ground_again_is_one_ground_since_the_first_time() {
        let asked = |number: u8| {
            told(ReferralMade { referral: id(&format!("haru:r{number}")), parent: None, ..sample() })
        };
        let team = team([asked(1).on("2025-04-01"), asked(2).on("2025-05-01")]);
        assert_eq!(only(&team).1, ["協力依頼をした"]);
        let since = &team.layers[3].members[0].since;
        assert_eq!(since.as_ref().unwrap().text, "2025-04-01");
    }
}

mod roles {
    use super::*;

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
}

mod members {
    use super::*;

    #[test]
    fn an_actor_in_two_roles_counts_once_for_an_organisation() {
        let accepted = told(ReferralAccepted { by: nurse_as_coordinator(), ..sample() });
        assert_eq!(only(&team([joined(nurse()), accepted])).0, "保健師@d-hoken");
    }

    #[test]
    fn an_organisation_and_somebody_of_it_are_two_members() {
        assert_eq!(active(&team([joined(nurse()), joined(org("d-hoken"))])), ["保健師@d-hoken", "d-hoken"]);
    }

    #[test]
    fn the_team_has_four_layers() {
        let friend = Party::Informal { label: "友人".into(), relation: Relation::Friend };
        let shown = layers(&team([joined(mother()), joined(friend), joined(volunteer()), joined(nurse())]));
        let expected = [
            ("本人", vec!["本人"]),
            ("家族・親族", vec!["母"]),
            ("地域", vec!["友人", "民生委員@minsei"]),
            ("専門機関", vec!["保健師@d-hoken"]),
        ];
        assert_eq!(shown, expected.map(|(l, m)| (l.to_owned(), m.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn a_member_stands_where_the_recorder_said_unless_it_is_family() {
        let informal = |party| told(MemberJoined { party, layer: MemberLayer::Informal, ..sample() });
        let shown = layers(&team([informal(org("circle")), informal(mother())]));
        assert_eq!(shown[1].1, ["母"]);
        assert_eq!(shown[2].1, ["circle"]);
    }

    #[test]
    fn without_any_events_the_person_is_there() {
        assert_eq!(layers(&team([]))[0], ("本人".to_owned(), vec!["本人".to_owned()]));
    }

    #[test]
    fn a_membership_taken_back_was_none() {
        assert_eq!(active(&team([joined(nurse()), retracting(1)])), Vec::<String>::new());
    }
}

mod leaving {
    use super::*;

    #[test]
    fn a_lost_key_person_is_a_former_member() {
        let shown = team([
            joined(mother()).on("2025-03-01"),
            key_person(KeyPersonChange::Added).on("2025-04-01"),
            key_person(KeyPersonChange::Lost).on("2025-05-01"),
        ]);
        assert_eq!(active(&shown), Vec::<String>::new());
        assert_eq!(names(&shown.former), ["母"]);
        assert_eq!(shown.former[0].until.as_ref().unwrap().text, "2025-05-01");
        assert_eq!(shown.former[0].basis.len(), 2);
    }

    #[test]
    fn transition_support_ends_with_the_discharge_and_other_supports_go_on() {
        let shown = team([
            told(CommunityTransitionSupportStarted { provider: org("c-soudan"), ..sample() })
                .on("2025-02-01"),
            told(CommunitySettlementSupportStarted { provider: org("c-soudan"), ..sample() })
                .on("2025-05-01"),
            told(sample::<HospitalDischarged>()).on("2025-05-01"),
        ]);
        let basis = &shown.layers[3].members[0].basis;
        let held: Vec<_> = basis.iter().map(|held| (held.label.as_str(), held.until.is_some())).collect();
        assert_eq!(held, [("支援: 地域移行支援", true), ("支援: 地域定着支援", false)]);
    }

    #[test]
    fn whoever_comes_back_is_no_former_member() {
        let shown = team([
            key_person(KeyPersonChange::Added).on("2025-03-01"),
            key_person(KeyPersonChange::Incapacitated).on("2025-04-01"),
            joined(mother()).on("2025-05-01"),
        ]);
        assert_eq!((active(&shown), shown.former.len()), (vec!["母".to_owned()], 0));
    }

    #[test]
    fn the_hospital_leaves_at_the_discharge() {
        let shown = team([admitted().on("2025-04-01"), discharged().on("2025-05-01")]);
        assert_eq!((active(&shown), names(&shown.former)), (vec![], vec!["hospital".to_owned()]));
        assert_eq!(shown.former[0].until.as_ref().unwrap().text, "2025-05-01");
    }

    #[test]
    fn the_hospital_leaves_even_if_the_discharge_is_dated_before_the_admission() {
        for date in ["unknown", "2025-03-01"] {
            let shown = team([admitted().on("2025-04-01"), discharged().on(date)]);
            assert_eq!(
                (active(&shown), names(&shown.former)),
                (vec![], vec!["hospital".to_owned()]),
                "{date}"
            );
        }
    }

    #[test]
    fn the_hospital_stays_for_what_else_it_does() {
        let asked = told(ReferralMade { from: org("hospital"), ..sample() });
        let shown = team([admitted(), asked.on("after:#1"), discharged().on("after:#2")]);
        assert_eq!(active(&shown), ["hospital"]);
        let basis = &shown.layers[3].members[0].basis;
        assert!(basis[0].until.is_some() && basis[1].until.is_none());
    }

    #[test]
    fn the_discharge_from_one_stay_ends_no_other() {
        let second =
            told(HospitalAdmitted { episode: id("haru:stay2"), facility: org("clinic"), ..sample() });
        let shown = team([admitted(), second.on("after:#1"), discharged().on("after:#2")]);
        assert_eq!(
            (active(&shown), names(&shown.former)),
            (vec!["clinic".to_owned()], vec!["hospital".to_owned()])
        );
    }

    #[test]
    fn a_former_member_left_when_the_last_ground_ended() {
        let stay = |n: u8| HospitalAdmitted { episode: id(&format!("haru:stay{n}")), ..sample() };
        let left = |n: u8| HospitalDischarged { episode: id(&format!("haru:stay{n}")), ..sample() };
        let shown = team([
            told(stay(1)).on("2025-03-01"),
            told(stay(2)).on("2025-03-02"),
            told(left(2)).on("2025-03-03"),
            told(left(1)).on("2025-04-01"),
        ]);
        assert_eq!(shown.former[0].until.as_ref().unwrap().text, "2025-04-01");
    }

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
        let held: Vec<_> =
            basis.iter().map(|held| (held.since.text.as_str(), held.until.is_some())).collect();
        assert_eq!(held, [("2025-03-01", true), ("2025-05-01", false)]);
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

    #[test]
    fn nobody_leaves_because_of_anything_else() {
        let members = [consultant(), officer(), nurse(), volunteer()];
        let before = members.into_iter().map(joined);
        let ends = |event: &CaseEvent| {
            let ending = ["KeyPersonChanged", "HospitalDischarged", "MemberLeft", "SupportEnded"];
            ending.contains(&event.event_type().name.as_ref())
        };
        let others =
            CaseEvent::samples().into_iter().filter(|e| !ends(e) && e.retraction().is_none()).map(told);
        assert_eq!(team(before.chain(others)).former, []);
    }
}

mod of_haru {
    use super::*;
    use crate::PersonState;
    use banso_domain::resolve;

    /// The members after the lines of the case up to this one.
    fn members_until(source: &str, line: &str) -> Vec<String> {
        let (entries, reference) = haru();
        let last = banso_kernel::EventId::of(source, line);
        let until = entries.iter().position(|entry| entry.event_id == last).unwrap();
        let state = PersonState::fold(&resolve(&entries[..=until]), until as u64 + 1);
        let team = show(&state.team, as_of(None), &reference);
        let mut names = active(&team);
        names.sort();
        names
    }

    #[test]
    fn before_the_second_referral_the_team_is_of_those_who_found_the_person_and_the_hospital() {
        let mut expected = [
            "民生委員@民生委員児童委員協議会",
            "保健師@D保健センター",
            "精神保健福祉士@保健所",
            "精神科病院",
        ];
        expected.sort_unstable();
        assert_eq!(members_until("https://hospital.example", "haru-05-admitted"), expected);
    }

    #[test]
    fn after_the_discharge_the_team_is_as_people_read_it() {
        let (entries, reference) = haru();
        let team = show(&crate::spec::folded(&entries).team, as_of(None), &reference);
        insta::assert_json_snapshot!(layers(&team));
        assert_eq!(names(&team.former), ["精神科病院"]);
    }
}
