//! Who is on the team, on what ground, and who leaves.

use super::{MemberShown, TeamRosterShown, show};
use crate::spec::{
    Told, as_of, consultant, haru, id, mother, nurse, nurse_as_coordinator, officer, org, retracting, sample,
    state, told, volunteer,
};
use banso_domain::case::episode::{
    CommunitySettlementSupportStarted, CommunityTransitionSupportStarted, EpisodeEnded, HospitalAdmitted,
    HospitalDischarged, TreatingHospitalChanged,
};
use banso_domain::case::person::{KeyPersonChange, KeyPersonChanged};
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::case::team::{MemberJoined, MemberLayer, SupportStarted};
use banso_domain::{CaseEvent, Reference, StreamEvent};
use banso_kernel::{Party, Relation};

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
    fn the_hospital_that_treats_from_now_on_is_on_the_team() {
        check(sample::<TreatingHospitalChanged>(), "city-hospital", "通院先");
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

mod roles;

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

    fn settled(episode: &str) -> Told {
        told(CommunitySettlementSupportStarted { episode: id(episode), ..sample() })
    }

    fn ended(episode: &str) -> Told {
        told(EpisodeEnded { episode: id(episode), ..sample() })
    }

    #[test]
    fn whoever_gives_a_support_leaves_when_it_ends() {
        let team = team([settled("haru:x1").on("2025-04-01"), ended("haru:x1").on("2025-05-01")]);
        assert_eq!((active(&team), names(&team.former)), (Vec::new(), vec![consultant_name()]));
        assert_eq!(team.former[0].until.as_ref().unwrap().text, "2025-05-01");
    }

    #[test]
    fn a_support_that_ends_before_it_begins_ends_all_the_same() {
        let team = team([ended("haru:x1"), settled("haru:x1").on("2025-04-01")]);
        assert_eq!((active(&team), names(&team.former)), (Vec::new(), vec![consultant_name()]));
    }

    #[test]
    fn whoever_gives_another_support_of_the_kind_stays() {
        let told = |ends: &[&str]| {
            let begun = [settled("haru:x1").on("2025-04-01"), settled("haru:x2").on("2025-04-02")];
            let ends = ends.iter().map(|episode| ended(episode).on("2025-05-01"));
            team(begun.into_iter().chain(ends))
        };
        assert_eq!(active(&told(&["haru:x1"])), [consultant_name()]);
        assert_eq!(active(&told(&["haru:x1", "haru:x2"])), Vec::<String>::new());
        assert_eq!(active(&told(&["haru:x9"])), [consultant_name()]);
    }

    #[test]
    fn a_stay_that_ends_without_a_discharge_ends_for_the_hospital_too() {
        let in_order = team([admitted().on("2025-04-01"), ended("haru:stay1").on("2025-05-01")]);
        let undated = team([ended("haru:stay1"), admitted().on("2025-04-01")]);
        for team in [in_order, undated] {
            assert_eq!((active(&team), names(&team.former)), (Vec::new(), vec!["hospital".to_owned()]));
        }
    }

    #[test]
    fn a_hospital_leaves_when_another_one_treats() {
        let change =
            |from: &str, to: &str| told(TreatingHospitalChanged { from: org(from), to: org(to), ..sample() });
        let changes = [change("far", "near").on("2025-04-01"), change("near", "nearer").on("2025-05-01")];
        let team = team(changes);
        assert_eq!(
            (active(&team), names(&team.former)),
            (vec!["nearer".to_owned()], vec!["near".to_owned()])
        );
    }

    fn consultant_name() -> String {
        "相談支援専門員@c-soudan".to_owned()
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

    #[test]
    fn nobody_leaves_because_of_anything_else() {
        let members = [consultant(), officer(), nurse(), volunteer()];
        let before = members.into_iter().map(joined);
        let ends = |event: &CaseEvent| {
            let ending = [
                "KeyPersonChanged",
                "HospitalDischarged",
                "TreatingHospitalChanged",
                "EpisodeEnded",
                "MemberLeft",
                "SupportEnded",
            ];
            ending.contains(&event.event_type().name.as_ref())
        };
        let others =
            CaseEvent::samples().into_iter().filter(|e| !ends(e) && e.retraction().is_none()).map(told);
        assert_eq!(team(before.chain(others)).former, []);
    }
}

mod departures;

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
