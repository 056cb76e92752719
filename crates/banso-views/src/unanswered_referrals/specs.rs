//! Who waits for an answer, and until when.

use super::{OpenReferrals, Row, Side};
use crate::spec::{Told, consultant, id, nurse, officer, org, recorded, retracting, sample, state, told};
use banso_domain::case::referral::{
    ReferralAccepted, ReferralClosed, ReferralDeclined, ReferralForwarded, ReferralMade,
    ReferralOutcomeReported, ReferralReceived, ReferralWithdrawn,
};
use banso_domain::{Payload, Reference};
use banso_kernel::Party;

fn asked(referral: &str, to: &[Party]) -> Told {
    told(ReferralMade { referral: id(referral), from: nurse(), to: to.to_vec(), parent: None, ..sample() })
}

fn answered(referral: &str, by: Party) -> Told {
    told(ReferralAccepted { referral: id(referral), by })
}

fn declined(referral: &str, by: Party) -> Told {
    told(ReferralDeclined { referral: id(referral), by, ..sample() })
}

fn rows(told: impl IntoIterator<Item = Told>) -> Vec<Row> {
    state(told).referrals.rows(&id("haru"))
}

/// Which organisation waits on which side.
fn waiting(told: impl IntoIterator<Item = Told>) -> Vec<(String, Side)> {
    rows(told).iter().map(|row| (row.organisation.to_string(), row.item.side)).collect()
}

fn both_wait() -> Vec<(String, Side)> {
    vec![("c-soudan".to_owned(), Side::Asked), ("d-hoken".to_owned(), Side::Asking)]
}

#[test]
fn a_request_waits_on_the_lists_of_both_sides() {
    assert_eq!(waiting([asked("haru:r1", &[consultant()])]), both_wait());
}

#[test]
fn within_one_organisation_a_request_waits_once() {
    assert_eq!(waiting([asked("haru:r1", &[org("d-hoken")])]), [("d-hoken".to_owned(), Side::Asked)]);
}

#[test]
fn somebody_without_an_organisation_has_no_list() {
    let neighbour = Party::Unnamed { label: "近所の人".into() };
    assert_eq!(waiting([asked("haru:r1", &[neighbour])]), [("d-hoken".to_owned(), Side::Asking)]);
}

#[test]
fn the_answer_of_the_one_asked_ends_the_waiting() {
    assert_eq!(waiting([asked("haru:r1", &[consultant()]), answered("haru:r1", consultant())]), []);
}

#[test]
fn an_organisation_answers_through_any_of_its_people() {
    assert_eq!(waiting([asked("haru:r1", &[org("c-soudan")]), answered("haru:r1", consultant())]), []);
    assert_eq!(waiting([asked("haru:r1", &[consultant()]), answered("haru:r1", org("c-soudan"))]), []);
}

#[test]
fn the_answer_of_somebody_else_ends_nobodys_waiting() {
    assert_eq!(waiting([asked("haru:r1", &[consultant()]), answered("haru:r1", officer())]), both_wait());
}

#[test]
fn each_of_several_answers_for_itself() {
    let told = [asked("haru:r1", &[consultant(), officer()]), answered("haru:r1", officer())];
    assert_eq!(waiting(told), both_wait());
}

#[test]
fn an_answer_dated_before_its_request_is_an_answer() {
    let told = [
        asked("haru:r1", &[consultant()]).on("2025-04-02"),
        answered("haru:r1", consultant()).on("2025-04-01"),
    ];
    assert_eq!(waiting(told), []);
}

#[test]
fn what_came_of_it_ends_the_waiting_whoever_answered() {
    let outcome = || told(ReferralOutcomeReported { referral: id("haru:r1"), ..Payload::sample() });
    assert_eq!(waiting([asked("haru:r1", &[consultant(), officer()]), outcome()]), []);
    assert_eq!(waiting([outcome().on("unknown"), asked("haru:r1", &[consultant()]).on("2025-04-01")]), []);
}

#[test]
fn a_no_is_an_answer_of_the_one_who_says_it() {
    let both = || asked("haru:r1", &[consultant(), officer()]);
    assert_eq!(waiting([both(), declined("haru:r1", officer())]), both_wait());
    let told = [both(), declined("haru:r1", officer()), declined("haru:r1", org("c-soudan"))];
    assert_eq!(waiting(told), []);
    assert_eq!(waiting([both(), declined("haru:r1", officer()), answered("haru:r1", consultant())]), []);
}

#[test]
fn a_request_that_was_only_received_waits() {
    let received = told(ReferralReceived { referral: id("haru:r1"), by: consultant() });
    assert_eq!(waiting([asked("haru:r1", &[consultant()]), received]), both_wait());
}

#[test]
fn of_a_request_that_was_passed_on_the_one_that_follows_waits() {
    let child = id("haru:r2");
    let on = told(ReferralForwarded { referral: id("haru:r1"), by: officer(), child });
    let rows = rows([asked("haru:r1", &[officer()]), on, asked("haru:r2", &[consultant()])]);
    assert!(rows.iter().all(|row| row.item.referral == id("haru:r2")));
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_request_that_was_taken_back_or_closed_waits_for_nobody() {
    let both = || asked("haru:r1", &[consultant(), officer()]);
    let withdrawn = || told(ReferralWithdrawn { referral: id("haru:r1"), ..sample() });
    let closed = || told(ReferralClosed { referral: id("haru:r1"), ..sample() });
    assert_eq!(waiting([both(), withdrawn()]), []);
    assert_eq!(waiting([both(), closed()]), []);
    assert_eq!(waiting([withdrawn().on("unknown"), both().on("2025-04-01")]), []);
    assert_eq!(waiting([asked("haru:r1", &[consultant()]), withdrawn(), retracting(2)]), both_wait());
}

#[test]
fn an_answer_taken_back_was_none() {
    let told = [asked("haru:r1", &[consultant()]), answered("haru:r1", consultant()), retracting(2)];
    assert_eq!(waiting(told), both_wait());
}

#[test]
fn an_answer_without_a_request_makes_nobody_wait() {
    assert_eq!(waiting([answered("haru:r1", consultant())]), []);
}

#[test]
fn keys_stay_when_another_request_is_answered() {
    let two = || vec![asked("haru:r1", &[consultant()]), asked("haru:r2", &[consultant(), officer()])];
    let of_r2 = |rows: Vec<Row>| {
        rows.into_iter().filter(|row| row.item.referral == id("haru:r2")).collect::<Vec<_>>()
    };
    let before = of_r2(rows(two()));
    let after = rows(two().into_iter().chain([answered("haru:r1", consultant())]));
    assert_eq!(before.len(), 4);
    assert_eq!(before, after);
    // Nor do those of the others who were asked in the same request.
    let others = rows(two().into_iter().chain([answered("haru:r2", consultant())]));
    assert!(others.iter().all(|row| rows(two()).contains(row)));
}

#[test]
fn the_oldest_record_stands_first() {
    let told = (1..12).map(|n| asked(&format!("haru:r{n}"), &[org("d-hoken")]));
    let order: Vec<String> = rows(told).iter().map(|row| row.item.referral.to_string()).collect();
    assert_eq!(order, (1..12).map(|n| format!("haru:r{n}")).collect::<Vec<_>>());
}

#[test]
fn a_row_holds_from_the_day_of_the_request() {
    let due = |told: Told| rows([told])[0].due_from.map(|day| day.to_string());
    assert_eq!(due(asked("haru:r1", &[consultant()]).on("2025-04-01")).as_deref(), Some("2025-04-01"));
    assert_eq!(
        due(asked("haru:r1", &[consultant()]).on("2025-03-31T23:00:00Z")).as_deref(),
        Some("2025-04-01")
    );
    assert_eq!(due(asked("haru:r1", &[consultant()])), None);
}

#[test]
fn a_settled_request_leaves_only_its_id() {
    let told = [
        asked("haru:r1", &[consultant()]),
        answered("haru:r1", consultant()),
        answered("haru:r1", officer()),
    ];
    let OpenReferrals { open, settled } = state(told).referrals;
    assert!(open.is_empty());
    assert!(settled.iter().map(ToString::to_string).eq(["haru:r1"]));
}

#[test]
fn a_row_reads_as_people_read_it() {
    let request = ReferralMade { respond_by: Some(id("2025-04-10")), ..sample() };
    let entries = recorded([told(request).on("2025-04-01")]);
    let rows = crate::spec::folded(&entries).referrals.rows(&id("haru"));
    let (_, reference) = crate::spec::haru();
    insta::assert_json_snapshot!(rows[0].item.show(&reference));
    assert_eq!(rows[0].item.show(&Reference::default()).to.name.reveal(), "相談支援専門員@c-soudan");
}
