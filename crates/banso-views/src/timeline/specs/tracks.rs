//! Where the person lives, how far the support has come, what is in use.

use super::{TimelineShown, shown_at};
use crate::spec::{Told, as_of, haru, id, retracting, sample, told};
use crate::timeline::{IntervalShown, show};
use banso_domain::case::entitlement::{LtcCertified, LtcLevel};
use banso_domain::case::episode::{
    CommunitySettlementSupportStarted, CommunityTransitionSupportStarted, Destination, EpisodeEnded,
    HospitalAdmitted, HospitalDischarged, HousingSecured, TreatingHospitalChanged, TrialKind, TrialStayHeld,
};
use banso_domain::case::person::{ConsultationReceived, PersonDied, SupportConcluded, SupportReopened};
use banso_domain::case::team::{SupportEnded, SupportStarted};
use banso_domain::resolve;
use banso_kernel::Stated;

/// A track as text: 「入院 2025-04-01 → 2025-05-01」.
fn intervals(shown: &TimelineShown, track: &str) -> Vec<String> {
    let track = shown.tracks.iter().find(|shown| shown.label == track).unwrap();
    let until = |until: Option<&str>| until.map(|until| format!("→ {until}")).unwrap_or_default();
    let text = |interval: &IntervalShown| {
        let end = until(interval.until.as_ref().map(|until| until.text.as_str()));
        format!("{} {} {end}", interval.label, interval.from.text).trim_end().to_owned()
    };
    track.intervals.iter().map(text).collect()
}

fn discharged(destination: Destination) -> Told {
    told(HospitalDischarged { destination: Stated::Value(destination), ..sample() })
}

#[test]
fn a_stay_ends_with_the_place_to_which_the_person_goes() {
    let admitted = || told(sample::<HospitalAdmitted>()).on("2025-04-01");
    for (to, place) in
        [(Destination::Home, "在宅"), (Destination::GroupHome, "GH"), (Destination::Facility, "施設")]
    {
        let shown = shown_at([admitted(), discharged(to).on("2025-05-01")], None);
        let expected = ["入院 2025-04-01 → 2025-05-01".to_owned(), format!("{place} 2025-05-01")];
        assert_eq!(intervals(&shown, "暮らしの場"), expected);
    }
}

#[test]
fn a_move_to_another_hospital_goes_on_as_a_stay() {
    let told = [
        told(sample::<HospitalAdmitted>()).on("2025-04-01"),
        discharged(Destination::OtherHospital).on("2025-05-01"),
    ];
    assert_eq!(intervals(&shown_at(told, None), "暮らしの場"), ["入院 2025-04-01"]);
}

#[test]
fn a_discharge_dated_before_its_admission_ends_the_stay_all_the_same() {
    let told = [told(sample::<HospitalAdmitted>()).on("2025-04-01"), discharged(Destination::Home)];
    let shown = shown_at(told, None);
    assert_eq!(intervals(&shown, "暮らしの場"), ["入院 2025-04-01 → 日付不明", "在宅 日付不明"]);
    assert_eq!(intervals(&shown, "支援の段階")[1], "退院直後 日付不明");
}

#[test]
fn a_discharge_whose_admission_is_not_recorded_begins_what_follows() {
    let shown = shown_at([discharged(Destination::Home).on("2025-05-01")], None);
    assert_eq!(intervals(&shown, "暮らしの場"), ["在宅 2025-05-01"]);
}

#[test]
fn transition_support_runs_beside_the_stay_and_ends_with_it() {
    let told = [
        told(sample::<HospitalAdmitted>()).on("2025-04-01"),
        told(sample::<CommunityTransitionSupportStarted>()).on("2025-04-10"),
        discharged(Destination::Home).on("2025-05-01"),
    ];
    let shown = shown_at(told, None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["地域移行支援 2025-04-10 → 2025-05-01"]);
    assert_eq!(
        intervals(&shown, "支援の段階"),
        [
            "入院中の関係づくり 2025-04-01 → 2025-04-10",
            "退院準備 2025-04-10 → 2025-05-01",
            "退院直後 2025-05-01"
        ]
    );
}

fn admitted() -> Told {
    told(sample::<HospitalAdmitted>()).on("2025-04-01")
}

fn settled(episode: &str) -> Told {
    told(CommunitySettlementSupportStarted { episode: id(episode), ..sample() })
}

fn ended(episode: &str) -> Told {
    told(EpisodeEnded { episode: id(episode), ..sample() })
}

fn tried(kind: TrialKind, nights: Stated<u32>) -> Told {
    told(TrialStayHeld { kind, nights, ..sample() })
}

#[test]
fn a_support_runs_until_it_ends() {
    let shown = shown_at([settled("haru:x1").on("2025-05-01"), ended("haru:x1").on("2025-05-20")], None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["地域定着支援 2025-05-01 → 2025-05-20"]);
    assert_eq!(intervals(&shown, "支援の段階"), ["地域生活の継続 2025-05-01"]);
}

#[test]
fn an_end_dated_before_its_beginning_ends_it_all_the_same() {
    let shown = shown_at([ended("haru:x1"), settled("haru:x1").on("2025-05-01")], None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["地域定着支援 2025-05-01 → 日付不明"]);
}

#[test]
fn an_end_of_what_never_began_ends_nothing() {
    let shown = shown_at([settled("haru:x1").on("2025-05-01"), ended("haru:x9").on("2025-05-20")], None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["地域定着支援 2025-05-01"]);
}

#[test]
fn a_support_that_the_discharge_ended_holds_no_later_one_open() {
    let transition =
        |episode: &str| told(CommunityTransitionSupportStarted { episode: id(episode), ..sample() });
    let told = [
        admitted(),
        transition("haru:t1").on("2025-04-02"),
        discharged(Destination::Home).on("2025-04-20"),
        transition("haru:t2").on("2025-05-01"),
        ended("haru:t1").on("2025-05-02"),
        ended("haru:t2").on("2025-05-20"),
    ];
    assert_eq!(
        intervals(&shown_at(told, None), "利用中の制度"),
        ["地域移行支援 2025-04-02 → 2025-04-20", "地域移行支援 2025-05-01 → 2025-05-20"]
    );
}

#[test]
fn a_support_goes_on_while_another_of_its_kind_does() {
    let told = || {
        vec![
            settled("haru:x1").on("2024-05-01"),
            settled("haru:x2").on("2025-04-01"),
            ended("haru:x1").on("2025-04-30"),
        ]
    };
    assert_eq!(intervals(&shown_at(told(), None), "利用中の制度"), ["地域定着支援 2024-05-01"]);
    let both = [told(), vec![ended("haru:x2").on("2025-05-31")]].concat();
    assert_eq!(intervals(&shown_at(both, None), "利用中の制度"), ["地域定着支援 2024-05-01 → 2025-05-31"]);
}

#[test]
fn a_stay_that_ends_without_a_discharge_leads_to_nobody_knows_where() {
    let shown = shown_at([admitted(), ended("haru:stay1").on("2025-05-01")], None);
    assert_eq!(intervals(&shown, "暮らしの場"), ["入院 2025-04-01 → 2025-05-01", "不明 2025-05-01"]);
    let discharge = discharged(Destination::Home).on("2025-05-01");
    let both = [admitted(), discharge, ended("haru:stay1").on("2025-05-02")];
    let expected = ["入院 2025-04-01 → 2025-05-01", "在宅 2025-05-01"];
    assert_eq!(intervals(&shown_at(both, None), "暮らしの場"), expected);
}

#[test]
fn a_change_of_hospital_ends_the_time_right_after_a_discharge() {
    let changed = || told(sample::<TreatingHospitalChanged>()).on("2025-05-31");
    let shown = shown_at([admitted(), discharged(Destination::Home).on("2025-05-01"), changed()], None);
    assert_eq!(
        intervals(&shown, "支援の段階"),
        [
            "入院中の関係づくり 2025-04-01 → 2025-05-01",
            "退院直後 2025-05-01 → 2025-05-31",
            "地域生活の継続 2025-05-31"
        ]
    );
    assert_eq!(intervals(&shown, "暮らしの場").len(), 2);
    let within = shown_at([admitted(), changed()], None);
    assert_eq!(intervals(&within, "支援の段階"), ["入院中の関係づくり 2025-04-01"]);
    assert_eq!(intervals(&within, "暮らしの場"), ["入院 2025-04-01"]);
}

#[test]
fn nights_outside_interrupt_a_stay_and_prepare_its_end() {
    let shown = shown_at([admitted(), tried(TrialKind::Overnight, 2.into()).on("2025-04-20")], None);
    assert_eq!(
        intervals(&shown, "暮らしの場"),
        ["入院 2025-04-01 → 2025-04-20", "外泊・体験中 2025-04-20 → 2025-04-22", "入院 2025-04-22"]
    );
    assert_eq!(
        intervals(&shown, "支援の段階"),
        ["入院中の関係づくり 2025-04-01 → 2025-04-20", "退院準備 2025-04-20"]
    );
}

#[test]
fn asked_about_a_night_outside_the_person_is_away() {
    let told = || [admitted(), tried(TrialKind::TrialStay, 2.into()).on("2025-04-20")];
    let place = |valid_at| intervals(&shown_at(told(), Some(valid_at)), "暮らしの場").pop().unwrap();
    assert_eq!(place("2025-04-21T03:00:00Z"), "外泊・体験中 2025-04-20");
    assert_eq!(place("2025-04-22T03:00:00Z"), "入院 2025-04-22");
}

#[test]
fn who_tries_for_an_unknown_time_comes_back_at_an_unknown_one() {
    let nights = || tried(TrialKind::Overnight, Stated::NotRecorded).on("2025-04-20");
    let places = |told: Vec<Told>| intervals(&shown_at(told, None), "暮らしの場");
    let away = "外泊・体験中 2025-04-20 → 2025-04-20以後";
    assert_eq!(places(vec![admitted(), nights()])[1..], [away, "入院 2025-04-20以後"]);
    assert_eq!(places(vec![nights()]), [away, "不明 2025-04-20以後"]);
}

#[test]
fn who_moves_while_away_does_not_come_back() {
    let trial = tried(TrialKind::TrialStay, 7.into()).on("2025-04-20");
    let shown = shown_at([admitted(), trial, discharged(Destination::GroupHome).on("2025-04-25")], None);
    assert_eq!(
        intervals(&shown, "暮らしの場")[1..],
        ["外泊・体験中 2025-04-20 → 2025-04-25", "GH 2025-04-25"]
    );
}

#[test]
fn a_day_outside_changes_where_nobody_lives() {
    for (kind, nights) in [
        (TrialKind::Outing, Stated::NotRecorded),
        (TrialKind::TrialUse, 0.into()),
        (TrialKind::Overnight, 0.into()),
    ] {
        let shown = shown_at([admitted(), tried(kind, nights).on("2025-04-20")], None);
        assert_eq!(intervals(&shown, "暮らしの場"), ["入院 2025-04-01"]);
    }
}

#[test]
fn a_place_to_live_prepares_the_discharge() {
    let shown = shown_at([admitted(), told(sample::<HousingSecured>()).on("2025-04-20")], None);
    assert_eq!(intervals(&shown, "支援の段階")[1..], ["退院準備 2025-04-20"]);
    assert_eq!(intervals(&shown, "暮らしの場"), ["入院 2025-04-01"]);
}

#[test]
fn long_term_care_runs_from_its_certification() {
    let certified = |level: LtcLevel| told(LtcCertified { level: level.into(), ..sample() });
    let first = || certified(LtcLevel::Care1).on("2025-05-01");
    assert_eq!(intervals(&shown_at([first()], None), "利用中の制度"), ["介護保険 2025-05-01"]);
    let shown = shown_at([first(), certified(LtcLevel::NotApplicable).on("2025-05-31")], None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["介護保険 2025-05-01 → 2025-05-31"]);
}

#[test]
fn what_was_taken_back_is_on_no_track() {
    let shown = shown_at([told(sample::<HospitalAdmitted>()), retracting(1)], None);
    assert!(shown.tracks.iter().all(|track| track.intervals.is_empty()));
    assert_eq!(shown.rows.len(), 1);
}

#[test]
fn without_any_events_the_three_tracks_are_there() {
    let labels: Vec<_> = shown_at([], None).tracks.iter().map(|track| track.label).collect();
    assert_eq!(labels, ["暮らしの場", "支援の段階", "利用中の制度"]);
}

#[test]
fn harus_way_runs_on_three_tracks() {
    let (entries, reference) = haru();
    let shown = show(&resolve(&entries), as_of(None), &reference);
    let text: Vec<String> = shown
        .tracks
        .iter()
        .flat_map(|track| [vec![track.label.to_owned()], intervals(&shown, track.label)].concat().into_iter())
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

fn support_started(number: u8) -> Told {
    told(SupportStarted { support: id(&format!("haru:s{number}")), ..sample() })
}

fn support_ended(number: u8) -> Told {
    told(SupportEnded { support: id(&format!("haru:s{number}")), ..sample() })
}

#[test]
fn a_service_is_used_until_the_last_support_of_its_kind_ends() {
    let two = || {
        [
            support_started(1).on("2025-04-01"),
            support_started(2).on("2025-04-02"),
            support_ended(1).on("2025-05-01"),
        ]
    };
    assert_eq!(intervals(&shown_at(two(), None), "利用中の制度"), ["居宅介護 2025-04-01"]);
    let none = shown_at(two().into_iter().chain([support_ended(2).on("2025-06-01")]), None);
    assert_eq!(intervals(&none, "利用中の制度"), ["居宅介護 2025-04-01 → 2025-06-01"]);
}

#[test]
fn an_end_dated_before_its_start_ends_the_service_all_the_same() {
    let shown = shown_at([support_started(1).on("2025-04-01"), support_ended(1)], None);
    assert_eq!(intervals(&shown, "利用中の制度"), ["居宅介護 2025-04-01 → 日付不明"]);
}

#[test]
fn a_consultation_begins_the_support_of_somebody_of_whom_nothing_is_known() {
    let received = || told(sample::<ConsultationReceived>());
    assert_eq!(
        intervals(&shown_at([received().on("2025-04-01")], None), "支援の段階"),
        ["相談・把握 2025-04-01"]
    );
    let in_hospital = [told(sample::<HospitalAdmitted>()).on("2025-04-01"), received().on("2025-04-02")];
    assert_eq!(intervals(&shown_at(in_hospital, None), "支援の段階"), ["入院中の関係づくり 2025-04-01"]);
}

#[test]
fn support_that_was_concluded_may_begin_again() {
    let reopened = || told(sample::<SupportReopened>());
    let shown = shown_at(
        [
            told(sample::<ConsultationReceived>()).on("2025-03-01"),
            reopened().on("2025-03-15"),
            told(sample::<SupportConcluded>()).on("2025-04-01"),
            reopened().on("2025-05-01"),
        ],
        None,
    );
    assert_eq!(
        intervals(&shown, "支援の段階"),
        ["相談・把握 2025-03-01 → 2025-04-01", "終了 2025-04-01 → 2025-05-01", "相談・把握 2025-05-01"]
    );
}

#[test]
fn a_death_ends_every_track() {
    let shown = shown_at(
        [
            told(sample::<HospitalAdmitted>()).on("2025-04-01"),
            told(sample::<CommunityTransitionSupportStarted>()).on("2025-04-10"),
            told(sample::<PersonDied>()).on("2025-05-01"),
            discharged(Destination::Home).on("2025-05-03"),
        ],
        None,
    );
    assert_eq!(intervals(&shown, "暮らしの場"), ["入院 2025-04-01 → 2025-05-01", "在宅 2025-05-03"]);
    assert_eq!(intervals(&shown, "利用中の制度"), ["地域移行支援 2025-04-10 → 2025-05-01"]);
    assert_eq!(intervals(&shown, "支援の段階")[2], "終了 2025-05-01 → 2025-05-03");
}
