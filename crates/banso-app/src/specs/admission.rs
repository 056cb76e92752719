//! The decider of the writer: whatever it keeps, drops, saves and puts back, it decides like one that reads
//! every stream from its beginning.

use super::fixture::{item, told};
use crate::admission::{CaseDecider, Item};
use banso_domain::case::person::FactRecorded;
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::{EventRetracted, Payload, Refusal};
use banso_kernel::{CloudEvent, EventId, Header, Party, Recorded, StreamId};
use banso_log::{Admitted, Decider, Position};
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

const PERSONS: [&str; 7] = ["haru", "aki", "natsu", "fuyu", "sora", "umi", "yama"];
/// Most proposals, and so persons, of a batch.
const BATCH_MAX: usize = 4;

/// Something said about one of the persons; the few ids repeat, contradict and miss each other.
#[derive(Clone, Debug)]
struct Said {
    person: usize,
    what: u8,
    number: u8,
}

#[derive(Clone, Debug)]
enum Turn {
    /// Proposed by itself.
    Single(Said),
    /// Proposed together: all or none. `false`: taken back although all are admitted, as in a dry run.
    Group(Vec<Said>, bool),
    /// The batch of the last events could not be committed.
    Failed(Vec<Said>),
    /// Recorded by another process.
    Elsewhere(Said),
}

fn any_said() -> impl Strategy<Value = Said> {
    (0..PERSONS.len(), 0..6u8, 1..4u8).prop_map(|(person, what, number)| Said { person, what, number })
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let some = || prop::collection::vec(any_said(), 1..=BATCH_MAX);
    prop_oneof![
        5 => any_said().prop_map(Turn::Single),
        3 => (some(), prop::bool::weighted(0.7)).prop_map(|(said, keep)| Turn::Group(said, keep)),
        1 => some().prop_map(Turn::Failed),
        1 => any_said().prop_map(Turn::Elsewhere),
    ]
}

impl Said {
    /// Its id is its place in the run: a writer asks its decider about no id that it knows.
    fn item(&self, turn: usize, place: usize, log: &[Recorded]) -> Item {
        let (person, number) = (PERSONS[self.person], self.number);
        let id = format!("{turn}.{place}");
        let referral = |of: &str| format!("{of}:r{number}").parse().unwrap();
        let fact = || FactRecorded {
            fact: format!("{person}:f{number}").parse().unwrap(),
            ..FactRecorded::sample()
        };
        // What was recorded about the person: the last of it, the one before it, ….
        let recorded = |is: fn(&Header) -> bool| {
            let stream = format!("person/{person}").parse().unwrap();
            let of_person =
                log.iter().rev().filter(|event| event.header.stream == stream && is(&event.header));
            of_person.take(number.into()).last()
        };
        item(match self.what {
            0 => told(person, &id, "unknown", fact()),
            4 => {
                let is_original = |header: &Header| {
                    header.corrects.is_none() && header.event_type == FactRecorded::event_type()
                };
                let original = recorded(is_original);
                let said =
                    original.map_or_else(fact, |original| serde_json::from_slice(&original.body).unwrap());
                let said = FactRecorded { statement: "外出する".into(), ..said };
                correcting(
                    original.map_or_else(nothing, |original| original.header.event_id),
                    told(person, &id, "unknown", said),
                )
            }
            5 => {
                let event = recorded(|_| true).map_or_else(nothing, |event| event.header.event_id);
                told(person, &id, "unknown", EventRetracted { event, reason: "誤記".into() })
            }
            1 => told(
                person,
                &id,
                "unknown",
                ReferralMade { referral: referral(person), parent: None, ..ReferralMade::sample() },
            ),
            2 => told(
                person,
                &id,
                "unknown",
                ReferralAccepted { referral: referral(person), by: Party::Org("c-soudan".parse().unwrap()) },
            ),
            // Another person's.
            _ => told(
                person,
                &id,
                "unknown",
                ReferralMade { referral: referral("someone"), parent: None, ..ReferralMade::sample() },
            ),
        })
    }
}

fn nothing() -> EventId {
    EventId::of("https://app.example", "nothing")
}

fn correcting(original: EventId, mut event: CloudEvent) -> CloudEvent {
    event.attributes.insert("bansocorrects".to_owned(), original.to_string());
    event
}

/// What a writer and a store do around a decider.
struct Harness {
    decider: CaseDecider,
    log: Vec<Recorded>,
    heads: BTreeMap<StreamId, u64>,
}

impl Harness {
    fn new(decider: CaseDecider) -> Self {
        Self { decider, log: Vec::new(), heads: BTreeMap::new() }
    }

    fn warm(&mut self, items: &[Item]) {
        let mut cold: Vec<StreamId> = items.iter().flat_map(|item| self.decider.cold(item)).collect();
        cold.sort();
        cold.dedup();
        for stream in cold {
            let events = self.log.iter().filter(|event| event.header.stream == stream).cloned().collect();
            self.decider.load(&stream, events).unwrap();
        }
    }

    fn position(&self, item: &Item, ahead: &[(Item, Admitted)]) -> Position {
        let stream = &item.proposal.stream;
        let ahead_of_it = ahead.iter().filter(|(other, _)| other.proposal.stream == *stream).count() as u64;
        let seq = (self.log.len() + ahead.len()) as u64 + 1;
        Position {
            seq,
            stream_seq: self.heads.get(stream).copied().unwrap_or(0) + ahead_of_it + 1,
            recorded_at: DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seq as i64),
        }
    }

    /// Decides in order; a fresh decider that reads everything must say the same.
    fn decide(&mut self, item: &Item, ahead: &[(Item, Admitted)]) -> Result<Admitted, Refusal> {
        let position = self.position(item, ahead);
        let answer = self.decider.decide(item, position);
        let mut fresh =
            Self { decider: CaseDecider::default(), log: self.log.clone(), heads: self.heads.clone() };
        for (item, admitted) in ahead {
            fresh.record(item, *admitted);
        }
        fresh.warm(std::slice::from_ref(item));
        assert_eq!(answer, fresh.decider.decide(item, position));
        answer
    }

    fn record(&mut self, item: &Item, admitted: Admitted) -> Recorded {
        let position = self.position(item, &[]);
        let recorded = recorded(item, position, admitted);
        self.heads.insert(recorded.header.stream.clone(), position.stream_seq);
        self.log.push(recorded.clone());
        recorded
    }

    fn turn(&mut self, turn: &Turn, n: usize) {
        self.batch(turn, n);
        self.decider.settle();
    }

    fn batch(&mut self, turn: &Turn, n: usize) {
        match turn {
            Turn::Single(said) => {
                let item = said.item(n, 0, &self.log);
                self.warm(std::slice::from_ref(&item));
                if let Ok(admitted) = self.decide(&item, &[]) {
                    self.record(&item, admitted);
                }
            }
            Turn::Group(said, keep) => {
                let items: Vec<Item> =
                    said.iter().enumerate().map(|(place, said)| said.item(n, place, &self.log)).collect();
                self.warm(&items);
                self.decider.save(&streams(&items));
                match self.all(&items) {
                    Some(ahead) if *keep => {
                        self.decider.release();
                        for (item, admitted) in &ahead {
                            self.record(item, *admitted);
                        }
                    }
                    Some(_) | None => self.decider.restore(),
                }
            }
            Turn::Failed(said) => {
                let items: Vec<Item> =
                    said.iter().enumerate().map(|(place, said)| said.item(n, place, &self.log)).collect();
                let mut ahead = Vec::new();
                // As a batch does: loaded from the log, in which nothing of the batch stands yet.
                self.warm(&items);
                for item in &items {
                    if let Ok(admitted) = self.decide(item, &ahead) {
                        ahead.push((item.clone(), admitted));
                    }
                }
                for stream in streams(&items) {
                    self.decider.forget(&stream);
                }
            }
            Turn::Elsewhere(said) => {
                let item = said.item(n, 0, &self.log);
                let mut other = Self {
                    decider: CaseDecider::default(),
                    log: self.log.clone(),
                    heads: self.heads.clone(),
                };
                other.warm(std::slice::from_ref(&item));
                let position = other.position(&item, &[]);
                if let Ok(admitted) = other.decider.decide(&item, position) {
                    let recorded = self.record(&item, admitted);
                    self.decider.observe(&recorded);
                }
            }
        }
    }

    fn all(&mut self, items: &[Item]) -> Option<Vec<(Item, Admitted)>> {
        let mut ahead = Vec::new();
        for item in items {
            let admitted = self.decide(item, &ahead).ok()?;
            ahead.push((item.clone(), admitted));
        }
        Some(ahead)
    }
}

fn streams(items: &[Item]) -> Vec<StreamId> {
    let mut streams: Vec<StreamId> = items.iter().map(|item| item.proposal.stream.clone()).collect();
    streams.sort();
    streams.dedup();
    streams
}

fn recorded(item: &Item, position: Position, admitted: Admitted) -> Recorded {
    let proposal = &item.proposal;
    let header = Header {
        seq: position.seq,
        stream: proposal.stream.clone(),
        stream_seq: position.stream_seq,
        event_id: proposal.event_id,
        source: proposal.source.clone(),
        id: proposal.id.clone(),
        event_type: proposal.event_type.clone(),
        occurred: proposal.occurred,
        received_at: proposal.received_at,
        recorded_at: position.recorded_at,
        actor: proposal.actor.clone(),
        corrects: proposal.corrects,
        repeats: admitted.repeats,
        group: None,
        correlation: None,
        causation: None,
        confidentiality: proposal.confidentiality,
        traceparent: None,
        fingerprint: proposal.fingerprint,
    };
    Recorded { header, body: proposal.body.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_decides_like_one_that_reads_everything(turns in prop::collection::vec(any_turn(), 1..40), bytes_max in 0..50_000usize) {
        // So few bytes that cases are dropped all the time.
        let mut harness = Harness::new(CaseDecider::keeping(bytes_max));
        for (n, turn) in turns.iter().enumerate() {
            harness.turn(turn, n + 1);
            prop_assert!(harness.decider.hot_bytes() <= bytes_max);
        }
    }
}

/// The tries above reach what they are about.
#[test]
fn enough_corrections_and_retractions_are_admitted() {
    let mut runner = TestRunner::deterministic();
    let (mut admitted, mut without_history) = (0, 0);
    for _ in 0..96 {
        let turns = prop::collection::vec(any_turn(), 1..40).new_tree(&mut runner).unwrap().current();
        let mut harness = Harness::new(CaseDecider::keeping(20_000));
        for (n, turn) in turns.iter().enumerate() {
            harness.turn(turn, n + 1);
            without_history += usize::from(harness.decider.histories() < harness.decider.cases());
        }
        let rewriting = |event: &&Recorded| {
            event.header.corrects.is_some() || event.header.event_type == EventRetracted::event_type()
        };
        admitted += harness.log.iter().filter(rewriting).count();
    }
    assert!(admitted > 100 && without_history > 500, "{:?}", (admitted, without_history));
}

fn about(person: usize) -> Said {
    Said { person, what: 0, number: 1 }
}

impl Harness {
    fn is_cold(&self, person: usize) -> bool {
        !self.decider.cold(&about(person).item(9, 0, &self.log)).is_empty()
    }
}

#[test]
fn cases_beyond_the_limit_are_dropped_the_coldest_first() {
    // Room for one, but not for its history.
    let mut harness = Harness::new(CaseDecider::keeping(6_000));
    harness.turn(&Turn::Single(about(0)), 1);
    assert_eq!((harness.decider.cases(), harness.decider.histories()), (1, 0));
    let room_for_two = harness.decider.hot_bytes() * 5 / 2;
    let mut harness = Harness::new(CaseDecider::keeping(room_for_two));
    for person in 0..4 {
        harness.turn(&Turn::Single(about(person)), person + 1);
    }
    assert_eq!([0, 1, 2, 3].map(|person| harness.is_cold(person)), [true, true, false, false]);
}

#[test]
fn what_a_batch_asks_for_stays_until_it_is_over_however_much_that_is() {
    let mut harness = Harness::new(CaseDecider::keeping(0));
    harness.batch(&Turn::Group(vec![about(0), about(1), about(2)], true), 1);
    assert_eq!([0, 1, 2].map(|person| harness.is_cold(person)), [false; 3]);
    harness.decider.settle();
    assert_eq!(harness.decider.hot_bytes(), 0);
}

#[test]
fn persons_of_whom_nothing_is_recorded_take_their_room_too() {
    let mut harness = Harness::new(CaseDecider::keeping(0));
    // Another person's: refused.
    harness.batch(&Turn::Single(Said { what: 3, ..about(0) }), 1);
    assert!(harness.log.is_empty() && harness.decider.hot_bytes() > 0);
    harness.decider.settle();
    assert_eq!(harness.decider.hot_bytes(), 0);
}

#[test]
fn a_correction_reads_the_history_that_was_dropped_and_the_case_stays_whole() {
    // Room for every case, but for no history beside it.
    let mut harness = Harness::new(CaseDecider::keeping(30_000));
    for n in 1..=6 {
        harness.turn(&Turn::Single(Said { number: n, ..about(0) }), n.into());
    }
    harness.turn(&Turn::Single(about(1)), 7);
    assert_eq!((harness.decider.cases(), harness.decider.histories()), (2, 1));
    let correction = Said { what: 4, number: 4, ..about(0) };
    assert!(!harness.decider.cold(&correction.item(8, 0, &harness.log)).is_empty());
    assert!(!harness.is_cold(0));
    // What the first of a batch says is not lost to the second, which reads all again.
    harness.turn(&Turn::Group(vec![Said { number: 7, ..about(0) }, correction], true), 8);
    assert_eq!(harness.log.len(), 9);
}

#[test]
fn what_another_process_rewrites_is_read_again_where_the_history_was_dropped() {
    let mut harness = Harness::new(CaseDecider::keeping(0));
    harness.batch(&Turn::Single(about(0)), 1);
    let correction = Said { what: 4, ..about(0) };
    harness.batch(&Turn::Elsewhere(correction), 2);
    assert!(!harness.is_cold(0), "its history is in memory: it took the correction in");

    let mut harness = Harness::new(CaseDecider::keeping(6_000));
    harness.turn(&Turn::Single(about(0)), 1);
    assert_eq!((harness.decider.cases(), harness.decider.histories()), (1, 0));
    harness.turn(&Turn::Elsewhere(Said { what: 4, ..about(0) }), 2);
    assert!(harness.is_cold(0));
}
