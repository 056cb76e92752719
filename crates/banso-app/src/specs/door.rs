//! The door: what is answered stands where it was asked.

use super::fixture::{Fixture, fact, told};
use crate::{Entered, Outcome, PUBLICATIONS_MAX, PublishError};
use banso_domain::{Payload, case::referral::ReferralMade};
use banso_kernel::CloudEvent;
use banso_log::{GROUP_EVENTS_MAX, Log};

fn grouped(event: CloudEvent, group: &str) -> CloudEvent {
    let mut event = event;
    event.attributes.insert("bansogroup".to_owned(), group.to_owned());
    event
}

fn foreign(id: &str) -> CloudEvent {
    let made = ReferralMade { referral: "aki:r1".parse().unwrap(), ..ReferralMade::sample() };
    told("haru", id, "unknown", made)
}

async fn publish(fixture: &Fixture, events: Vec<CloudEvent>) -> Vec<Outcome> {
    let items = events.into_iter().map(|event| fixture.door.propose(event, None).unwrap()).collect();
    fixture.door.publish(items, false).await.unwrap()
}

#[tokio::test]
async fn outcomes_stand_in_the_order_of_the_batch_whatever_is_grouped() {
    let fixture = Fixture::new();
    let outcomes = publish(
        &fixture,
        vec![
            fact("haru", 0),
            grouped(fact("haru", 1), "broken"),
            fact("haru", 2),
            grouped(fact("haru", 3), "whole"),
            grouped(foreign("x"), "broken"),
            fact("haru", 5),
            grouped(fact("aki", 6), "whole"),
            foreign("y"),
        ],
    )
    .await;
    let told: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Admitted(receipt) => format!("admitted {}", receipt.seq),
            Outcome::GroupRefused { because } => format!("because {because}"),
            Outcome::Refused(refusal) => refusal.rule().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    // A group stands where its first event stands.
    assert_eq!(
        told,
        [
            "admitted 1",
            "because 4",
            "admitted 2",
            "admitted 3",
            "foreign-reference",
            "admitted 5",
            "admitted 4",
            "foreign-reference"
        ]
    );
    assert_eq!(fixture.store.head().await.unwrap(), 5);
}

#[tokio::test]
async fn a_group_that_is_too_large_is_refused_as_a_whole() {
    let fixture = Fixture::new();
    let events = (0..=GROUP_EVENTS_MAX as u64).map(|n| grouped(fact("haru", n), "all"));
    let items = events.map(|event| fixture.door.propose(event, None).unwrap()).collect();
    assert!(matches!(fixture.door.publish(items, false).await, Err(PublishError::GroupTooLarge(_))));
    assert_eq!(fixture.store.head().await.unwrap(), 0);
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_nothing_does() {
    let fixture = Fixture::new();
    let events =
        || vec![fact("haru", 1), fact("haru", 1), grouped(fact("aki", 2), "g"), grouped(foreign("x"), "g")];
    let items = events().into_iter().map(|event| fixture.door.propose(event, None).unwrap()).collect();
    let asked = fixture.door.publish(items, true).await.unwrap();
    assert_eq!(fixture.store.head().await.unwrap(), 0);
    assert_eq!(publish(&fixture, events()).await, asked);
}

#[tokio::test]
async fn what_is_malformed_is_said_to_be_so_at_its_place() {
    let fixture = Fixture::new();
    for (name, value, pointer) in [
        ("bansooccurred", "yesterday", "/bansooccurred"),
        ("type", "banso.Nothing.v1", "/type"),
        ("subject", "zone/x", "/type"),
    ] {
        let mut event = fact("haru", 1);
        event.attributes.insert(name.to_owned(), value.to_owned());
        assert_eq!(fixture.door.propose(event, None).unwrap_err().pointer, pointer);
    }
    let mut event = fact("haru", 1);
    event.data = String::from_utf8(event.data.to_vec()).unwrap().replace("\"health\"", "1").into();
    assert_eq!(fixture.door.propose(event, None).unwrap_err().pointer, "/data/domain");
}

#[tokio::test]
async fn only_so_many_publications_are_worked_on_at_a_time_and_the_next_hears_it_at_once() {
    let fixture = Fixture::new();
    let mut entered: Vec<Entered> = (0..PUBLICATIONS_MAX).map(|_| fixture.door.enter().unwrap()).collect();
    let same_door = fixture.door.clone();
    assert!(matches!(same_door.enter(), Err(PublishError::QueueFull)));
    assert!(matches!(same_door.has_room(), Err(PublishError::QueueFull)));
    entered.pop();
    assert!(same_door.has_room().is_ok());
    let last = same_door.enter().unwrap();
    assert!(fixture.door.enter().is_err());
    drop((entered, last));
    assert!(fixture.door.enter().is_ok());
}
