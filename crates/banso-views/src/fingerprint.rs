//! What the folds make of a frozen corpus. Stored states of one `VERSION` must all come from the same folds.

use crate::spec::{at, day, folded, haru, id, json};
use crate::{PersonState, VERSION};
use banso_domain::{CaseEvent, Entry, ReadError};
use banso_kernel::{EventId, EventType, Hash};
use chrono::TimeDelta;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// Of each version of the folds: the corpus, and what they make of it.
// RAISING THE VERSION: add a line with the hashes that the failing test prints.
const FROZEN: [(u32, &str, &str); 2] = [
    (
        1,
        "7e7edfc92d563487cc6d7d406488badad7263b1490f365149102b269c8be79ce",
        "40d3acad48440431dde55df708e39ae9847bb5ad241ab30eb1917c07c0a82a3e",
    ),
    (
        2,
        "7ffcdf4e9f3578ba93b1aeddbae4764f5e27fd85e62a57850dcda34dfacfc9e5",
        "19c5ff4ed726a4267790afbc4cf6f4a5ae2c0bbd4a1a5fae8792b04cf8fe1772",
    ),
];

/// One frozen sample of every type of a case, in the order of their names, a day apart.
fn samples() -> Vec<Entry<CaseEvent>> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "banso-domain", "samples"].iter().collect();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the frozen samples").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a type's name");
        let of: EventType = id(&format!("banso.{name}"));
        match CaseEvent::read_recorded(&of, &fs::read(file).expect("a sample")) {
            Ok(event) => Some(event),
            Err(ReadError::UnknownType(_)) => None,
            Err(error) => panic!("{name}: {error}"),
        }
    };
    let entry = |(event, n): (CaseEvent, u64)| Entry {
        event_id: EventId::of("sample", &n.to_string()),
        seq: n,
        stream_seq: n,
        recorded_at: at("2025-06-01T00:00:00Z") + TimeDelta::minutes(n as i64),
        occurred: Some(id(&day(n as usize))),
        actor: id("consultant@c-soudan"),
        corrects: None,
        repeats: None,
        event: Arc::new(event),
    };
    files.iter().filter_map(read).zip(1..).map(entry).collect()
}

/// Everything that is stored of a person.
fn stored(state: &PersonState) -> String {
    let rows = state.referrals.rows(&id("haru"));
    let rows: Vec<_> =
        rows.iter().map(|row| (&row.key, &row.organisation, row.due_from, &row.item)).collect();
    json(&(state, rows))
}

/// The hashes of the corpus and of what is stored after each of its events.
fn fingerprint() -> (Hash, Hash) {
    let corpus = [samples(), haru().0];
    let states =
        corpus.iter().flat_map(|entries| (1..=entries.len()).map(|n| stored(&folded(&entries[..n]))));
    let states: Vec<String> = states.collect();
    (Hash::of(json(&corpus).as_bytes()), Hash::of(states.join("\n").as_bytes()))
}

#[test]
fn the_folds_make_of_the_frozen_corpus_what_they_made_when_their_version_was_frozen() {
    let (corpus, states) = fingerprint();
    let (version, frozen_corpus, frozen_states) = FROZEN[FROZEN.len() - 1];
    assert_eq!(
        version, VERSION,
        "VERSION was raised: freeze it with a line ({VERSION}, \"{corpus}\", \"{states}\")"
    );
    assert_eq!(
        corpus.to_string(),
        frozen_corpus,
        "the corpus itself changed (a sample or ハルさん's case): if no fold changed with it, freeze \
         ({VERSION}, \"{corpus}\", \"{states}\") in place of the last line; VERSION stays"
    );
    assert_eq!(
        states.to_string(),
        frozen_states,
        "a fold makes something else of the same events: raise VERSION in state.rs, so that stored states are \
         folded anew, and add the line ({}, \"{corpus}\", \"{states}\")",
        VERSION + 1
    );
}

#[test]
fn versions_only_rise() {
    assert!(FROZEN.is_sorted_by_key(|(version, ..)| version));
}
