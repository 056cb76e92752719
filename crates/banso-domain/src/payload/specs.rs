//! Every error at the door says where it is.

use super::{ReadError, read, read_strictly};
use crate::case::meeting::MeetingHeld;
use crate::case::plan::{PlanDrafted, PlanRevised};
use crate::case::referral::ReferralMade;
use crate::{EventRetracted, Payload};
use serde_json::{Value, json};

/// The sample with this in place of what stands at the pointer.
fn with<T: Payload>(pointer: &str, value: Value) -> Vec<u8> {
    let mut body = serde_json::to_value(T::sample()).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(key.replace("~1", "/").replace("~0", "~"), value)),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => panic!("{parent} holds {other}"),
    }
    serde_json::to_vec(&body).unwrap()
}

/// Where and why strict reading fails.
#[track_caller]
fn fault<T: Payload>(body: &[u8]) -> (String, String) {
    match read_strictly::<T>(body) {
        Err(ReadError::Malformed { pointer, reason }) => (pointer, reason),
        other => panic!("expected a malformed payload, got {other:?}"),
    }
}

#[track_caller]
fn unknown_field_at<T: Payload>(pointer: &str) {
    let body = with::<T>(pointer, json!(true));
    assert_eq!(fault::<T>(&body), (pointer.to_owned(), "unknown field".to_owned()));
    assert_eq!(read::<T>(&body), Ok(T::sample()));
}

#[track_caller]
fn wrong_at<T: Payload>(pointer: &str, value: Value, reason: &str) {
    let (at, why) = fault::<T>(&with::<T>(pointer, value));
    assert_eq!(at, pointer);
    assert!(why.starts_with(reason), "{why}");
}

#[test]
fn a_missing_field_is_named_and_its_place_given() {
    let (pointer, reason) = fault::<EventRetracted>(br#"{"reason":"x"}"#);
    assert_eq!(pointer, "");
    assert!(reason.starts_with("missing field `event`"), "{reason}");

    let mut body = serde_json::to_value(PlanDrafted::sample()).unwrap();
    body["items"][0].as_object_mut().unwrap().remove("item");
    let (pointer, reason) = fault::<PlanDrafted>(&serde_json::to_vec(&body).unwrap());
    assert_eq!(pointer, "/items/0");
    assert!(reason.starts_with("missing field `item`"), "{reason}");
}

#[test]
fn a_word_that_is_none_of_the_fields_words_is_shown() {
    wrong_at::<ReferralMade>("/mode", json!("relay"), "unknown variant `relay`");
    wrong_at::<ReferralMade>("/urgency", json!("relay"), "unknown variant `relay`");
    wrong_at::<ReferralMade>("/from", json!("somebody"), "unknown variant `somebody`");
    wrong_at::<PlanRevised>("/changes/1", json!({"colour": 1}), "unknown variant `colour`");
}

#[test]
fn a_wrong_type_deep_in_a_list_is_found() {
    wrong_at::<PlanDrafted>("/items/0/services/0/frequency", json!(2), "invalid type");
    wrong_at::<PlanDrafted>("/items/0/priority", json!("first"), "invalid type");
    wrong_at::<PlanDrafted>("/items/0/priority", json!(-1), "invalid value");
    wrong_at::<PlanDrafted>("/weekly/slots/0/activity", json!(null), "invalid type");
    wrong_at::<MeetingHeld>("/attendees/1/actor/actor", json!("山田さん"), "an id is");
}

#[test]
fn an_id_that_is_none_is_found() {
    wrong_at::<ReferralMade>("/referral", json!("r2"), "");
    wrong_at::<MeetingHeld>("/plans/0/plan", json!("haru/plan"), "");
}

#[test]
fn an_unknown_field_inside_a_stated_value_is_found() {
    unknown_field_at::<PlanDrafted>("/weekly/hours");
    unknown_field_at::<PlanDrafted>("/weekly/slots/0/hours");
}

#[test]
fn an_unknown_field_inside_a_list_is_found() {
    unknown_field_at::<PlanDrafted>("/items/0/colour");
    unknown_field_at::<PlanDrafted>("/items/0/services/0/colour");
}

#[test]
fn an_unknown_field_inside_an_enum_variant_is_found() {
    unknown_field_at::<ReferralMade>("/from/actor/colour");
    unknown_field_at::<PlanRevised>("/changes/0/change_item/colour");
    unknown_field_at::<MeetingHeld>("/attendees/1/actor/colour");
}

#[test]
fn a_pointer_escapes_what_means_something_in_it() {
    unknown_field_at::<EventRetracted>("/a~1b~0c");
}

#[test]
fn the_first_of_several_unknown_fields_is_named() {
    let body = br#"{"zzz":1,"event":"2e4f00d2-b6f5-598a-904c-edfaa9441c02","aaa":1,"reason":"x"}"#;
    assert_eq!(fault::<EventRetracted>(body).0, "/zzz");
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    let (_, reason) = fault::<EventRetracted>(br#"{"reason":"x","reason":"y"}"#);
    assert!(reason.starts_with("duplicate field `reason`"), "{reason}");
}

#[test]
fn what_follows_the_payload_is_refused() {
    let mut body = serde_json::to_vec(&EventRetracted::sample()).unwrap();
    body.extend_from_slice(b" \n");
    assert_eq!(read_strictly::<EventRetracted>(&body), Ok(EventRetracted::sample()));
    body.extend_from_slice(b"{}");
    let (pointer, reason) = fault::<EventRetracted>(&body);
    assert_eq!(pointer, "");
    assert!(reason.starts_with("trailing characters"), "{reason}");
}

#[test]
fn what_is_no_json_is_refused() {
    for body in [&b""[..], b"{", b"[]", b"null", b"\"x\"", b"{\"event\":", b"\xff"] {
        assert_eq!(fault::<EventRetracted>(body).0.trim_start_matches("/event"), "");
    }
}
