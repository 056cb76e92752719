//! The three read models as people and programs get them, reviewed.

use super::{lines, told, without};
use crate::support::server::{Server, time};
use banso_kernel::ManualClock;
use banso_log::Limits;
use std::sync::Arc;

#[test]
fn the_plan_the_team_and_the_timeline() {
    let told = told();
    insta::assert_json_snapshot!("plan", told.haru("plan"));
    insta::assert_json_snapshot!("team", told.haru("team"));
    insta::assert_json_snapshot!("timeline", told.haru("timeline"));
}

#[test]
fn the_day_before_the_discharge() {
    let told = told();
    insta::assert_json_snapshot!("plan_before_discharge", told.haru("plan?valid_at=2025-07-31"));
    insta::assert_json_snapshot!("team_before_discharge", told.haru("team?valid_at=2025-07-31"));
    insta::assert_json_snapshot!(
        "tracks_before_discharge",
        told.haru("timeline?valid_at=2025-07-31")["tracks"].clone()
    );
}

#[test]
fn what_was_known_in_the_middle_of_april() {
    let told = told();
    insta::assert_json_snapshot!("plan_known_in_april", told.haru("plan?known_at=2025-04-15"));
    insta::assert_json_snapshot!("team_known_in_april", told.haru("team?known_at=2025-04-15"));
    insta::assert_json_snapshot!(
        "tracks_known_in_april",
        told.haru("timeline?known_at=2025-04-15")["tracks"].clone()
    );
}

#[test]
fn a_batch_gives_the_same_as_single_requests() {
    let told = told();
    let clock = Arc::new(ManualClock::at(time("2025-12-01T00:00:00Z")));
    let server = Server::with(clock, Limits::default());
    let results = server.publish_all(&lines());
    assert_eq!(results.len(), lines().len());
    assert!(results.iter().all(|result| result["status"] == 201), "{results:?}");
    let repeats = results.iter().filter(|result| result.get("repeats").is_some()).count();
    assert_eq!(repeats, 1);

    for view in ["plan", "team", "timeline"] {
        // When the log took them differs, and with it until when something may have happened; nothing else.
        let in_a_batch = server.json(&format!("/v1/persons/haru/{view}"));
        let unlike = ["recorded_at", "latest"];
        assert_eq!(without(told.haru(view), &unlike), without(in_a_batch, &unlike), "{view}");
    }
}

#[test]
fn the_events_come_back_as_they_were_published() {
    let told = told();
    let events = told.haru("events");
    let events = events["events"].as_array().expect("events").clone();
    let published: Vec<_> =
        lines().into_iter().filter(|line| line.text("subject") == "person/haru").collect();
    assert_eq!(events.len(), published.len());
    for (event, published) in events.iter().zip(&published) {
        for (name, value) in published.attributes() {
            if name == "time" {
                assert_eq!(time(event["bansorecordedat"].as_str().expect("a time")), time(value));
            } else {
                assert_eq!(event[name], value);
            }
        }
        assert_eq!(&event["data"], published.data());
    }
}
