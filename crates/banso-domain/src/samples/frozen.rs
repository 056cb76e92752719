//! The samples are frozen as files in `samples/`: a difference is a change of the wire, to be made on purpose.

use crate::{CaseEvent, ReadError, RegistryEvent, StreamEvent, ZoneEvent};
use banso_kernel::EventType;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "samples"].iter().collect()
}

fn file_name(event_type: &EventType) -> String {
    format!("{}.v{}.json", event_type.name, event_type.version)
}

/// What the files should be, by their names.
fn expected() -> BTreeMap<String, String> {
    let case = CaseEvent::samples().into_iter().map(|event| (event.event_type(), event.to_pretty_json()));
    let registry =
        RegistryEvent::samples().into_iter().map(|event| (event.event_type(), event.to_pretty_json()));
    let zone = ZoneEvent::samples().into_iter().map(|event| (event.event_type(), event.to_pretty_json()));
    case.chain(registry).chain(zone).map(|(of, json)| (file_name(&of), json.unwrap() + "\n")).collect()
}

fn frozen(event_type: &EventType) -> Vec<u8> {
    fs::read(folder().join(file_name(event_type))).unwrap()
}

/// The frozen file with a field that no version knows.
fn with_an_added_field(event_type: &EventType) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&frozen(event_type)).unwrap();
    body.as_object_mut().unwrap().insert("added_later".to_owned(), Value::Bool(true));
    serde_json::to_vec(&body).unwrap()
}

fn unknown_field_at(pointer: &str) -> ReadError {
    ReadError::Malformed { pointer: pointer.to_owned(), reason: "unknown field".to_owned() }
}

#[test]
fn every_sample_is_as_it_was_frozen() {
    // No other way to say so: the developer asks for the files to be written.
    let update = std::env::var_os("UPDATE_SAMPLES").is_some();
    for (name, json) in expected() {
        let path = folder().join(&name);
        if update {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, &json).unwrap();
        }
        let frozen = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            frozen, json,
            "{name} differs from its frozen sample: the wire changes. If only an optional field was added, \
             run the test again with UPDATE_SAMPLES=1; anything else is a new version of the type and an \
             upcaster"
        );
    }
}

#[test]
fn there_is_no_file_without_a_sample() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, expected().into_keys().collect());
}

#[test]
fn every_type_has_one_sample_and_a_name_of_its_own() {
    fn types<E: StreamEvent>(samples: &[E]) -> Vec<EventType> {
        samples.iter().map(StreamEvent::event_type).collect()
    }
    let of_streams =
        [types(&CaseEvent::samples()), types(&RegistryEvent::samples()), types(&ZoneEvent::samples())];
    let mut all = BTreeSet::new();
    let mut shared = BTreeSet::new();
    for types in of_streams {
        let distinct: BTreeSet<_> = types.iter().cloned().collect();
        assert_eq!(distinct.len(), types.len());
        shared.extend(all.intersection(&distinct).map(EventType::to_string).collect::<Vec<_>>());
        all.extend(distinct);
    }
    assert_eq!(shared.into_iter().collect::<Vec<_>>(), ["banso.EventRetracted.v1"]);
}

/// A frozen event reads back; a field that a newer banso added is read from the log but refused at the door.
macro_rules! frozen_events_read_back {
    ($name:ident, $event:ty) => {
        #[test]
        fn $name() {
            for sample in <$event>::samples() {
                let of = sample.event_type();
                assert_eq!(<$event>::read(&of, &frozen(&of)), Ok(sample.clone()), "{of}");
                let body = with_an_added_field(&of);
                assert_eq!(<$event>::read(&of, &body), Err(unknown_field_at("/added_later")), "{of}");
                assert_eq!(<$event>::read_recorded(&of, &body), Ok(sample), "{of}");
            }
        }
    };
}
frozen_events_read_back!(frozen_events_of_a_case_read_back, CaseEvent);
frozen_events_read_back!(frozen_events_of_the_registry_read_back, RegistryEvent);
frozen_events_read_back!(frozen_events_of_a_zone_read_back, ZoneEvent);

#[test]
fn a_type_or_version_that_nobody_knows_is_named() {
    for unknown in ["banso.ReferralMade.v2", "banso.referralmade.v1", "banso.OrgRegistered.v1"] {
        let of: EventType = unknown.parse().unwrap();
        assert_eq!(CaseEvent::read(&of, b"{}"), Err(ReadError::UnknownType(of.clone())));
        assert_eq!(CaseEvent::read_recorded(&of, b"{}"), Err(ReadError::UnknownType(of)));
    }
}
