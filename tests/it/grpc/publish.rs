//! `RecordService/Publish`.

use super::client::{Grpc, cloud_event, failed, problem, receipt};
use crate::support::event::{Event, said};
use banso_proto::v1::{Outcome, PublishRequest};
use serde_json::json;
use tonic::Code;

#[test]
fn an_event_gets_its_place_in_the_log_and_keeps_it() {
    let grpc = Grpc::start();
    let event = said("haru", "1", "はい");
    let trial = PublishRequest { events: vec![cloud_event(&event)], dry_run: true };
    let trial = grpc.wait(grpc.record().publish(trial)).unwrap().into_inner();
    assert_eq!(receipt(trial.results[0].clone()).outcome(), Outcome::WouldBeAdmitted);
    assert_eq!(grpc.head(), 0);

    let first = grpc.admit(&event);
    assert_eq!((first.outcome(), first.seq, first.stream_seq), (Outcome::Admitted, 1, 1));
    assert_eq!((first.event_id, first.repeats), (event.event_id(), None));
    let again = grpc.admit(&event);
    assert_eq!((again.outcome(), again.seq), (Outcome::Duplicate, 1));
    let repeated = grpc.admit(&said("haru", "2", "はい"));
    assert_eq!(repeated.repeats, Some(event.event_id()));
    // Whichever door it came through, it is one event.
    assert_eq!(grpc.http.post(&event.json()).1["outcome"], "duplicate");
}

#[test]
fn what_is_not_recorded_says_why() {
    let grpc = Grpc::start();
    let first = said("haru", "1", "一");
    grpc.admit(&first);
    let event = said("haru", "2", "二");
    let cases: [(Event, Code, &str, Option<&str>); 9] = [
        (event.clone().without("subject"), Code::InvalidArgument, "malformed", Some("/subject")),
        (event.clone().with("id", ""), Code::InvalidArgument, "malformed", Some("/id")),
        (event.clone().with("specversion", "0.3"), Code::InvalidArgument, "malformed", Some("/specversion")),
        (event.clone().with("corrects", "x"), Code::InvalidArgument, "malformed", Some("/corrects")),
        (event.clone().with("type", "banso.Unheard.v1"), Code::InvalidArgument, "malformed", Some("/type")),
        (
            event.clone().with_data("/verbatim", json!("x")),
            Code::InvalidArgument,
            "malformed",
            Some("/data/verbatim"),
        ),
        (event.clone().with("bansooccurred", "2999-01-01"), Code::FailedPrecondition, "future-date", None),
        (first.clone().with_data("/text", json!("別")), Code::AlreadyExists, "id-conflict", None),
        (event.clone().with("bansoexpected", "7"), Code::Aborted, "version-conflict", None),
    ];
    for (event, code, reason, pointer) in cases {
        let status = grpc.publish(vec![cloud_event(&event)]).unwrap_err();
        assert_eq!(failed(&status, code, reason).as_deref(), pointer, "{status:?}");
    }
    let status = grpc.publish(Vec::new()).unwrap_err();
    assert_eq!(failed(&status, Code::InvalidArgument, "malformed").as_deref(), Some("/events"));
    assert_eq!(grpc.head(), 1);
}

#[test]
fn of_several_events_each_is_answered_by_itself() {
    let grpc = Grpc::start();
    let member = |id: &str| said("aki", id, id).with("bansogroup", "move");
    let events = [
        said("haru", "1", "一"),
        said("haru", "2", "二").without("bansoactor"),
        member("3"),
        member("4").with("bansooccurred", "2999-01-01"),
        said("haru", "5", "五"),
        said("natsu", "6", "六").with("bansogroup", "other"),
        said("natsu", "7", "七").with("bansogroup", "other").with_data("/text", json!(7)),
    ];
    let results = grpc.publish(events.iter().map(cloud_event).collect()).unwrap().results;
    assert_eq!(results.len(), events.len());
    assert_eq!((receipt(results[0].clone()).seq, receipt(results[4].clone()).seq), (1, 2));
    let malformed = problem(results[1].clone());
    assert_eq!((malformed.code, malformed.kind.as_str()), (Code::InvalidArgument.into(), "malformed"));
    assert_eq!(malformed.pointer.as_deref(), Some("/1/bansoactor"));
    assert!(!malformed.title.is_empty() && !malformed.detail.is_empty());
    for (place, rule, because) in
        [(2, "group-refused", "event 3"), (3, "future-date", ""), (5, "group-refused", "event 6")]
    {
        let refused = problem(results[place].clone());
        assert_eq!((refused.code, refused.rule.as_deref()), (Code::FailedPrecondition.into(), Some(rule)));
        assert!(refused.detail.contains(because), "{refused:?}");
    }
    assert_eq!(problem(results[6].clone()).pointer.as_deref(), Some("/6/data/text"));
    assert_eq!(grpc.head(), 2);
}

#[test]
fn what_finds_no_room_in_the_queue_is_asked_to_come_again() {
    let grpc = Grpc::in_files(&[("BANSO__WRITER__QUEUE_EVENTS", "1000")]);
    let stalled = grpc.stall();
    let events = |batch: usize| -> Vec<_> {
        (0..700)
            .map(|n| cloud_event(&said("haru", &format!("{batch}-{n}"), &format!("{batch}-{n}"))))
            .collect()
    };
    // One batch may be in the writer's hands, one fits into the queue: of four, two or three find no room.
    let (answered, refused) = grpc.wait(async {
        let calls = (0..4).map(|batch| {
            let mut record = grpc.record();
            let request = PublishRequest { events: events(batch), dry_run: false };
            tokio::spawn(async move { record.publish(request).await })
        });
        let mut calls: futures::stream::FuturesUnordered<_> = calls.collect();
        let mut refused = Vec::new();
        while refused.len() < 2 {
            refused.push(futures::StreamExt::next(&mut calls).await.unwrap().unwrap().unwrap_err());
        }
        drop(stalled);
        let mut answered = Vec::new();
        while let Some(answer) = futures::StreamExt::next(&mut calls).await {
            match answer.unwrap() {
                Ok(answer) => answered.push(answer.into_inner()),
                Err(status) => refused.push(status),
            }
        }
        (answered, refused)
    });
    for status in refused {
        failed(&status, Code::ResourceExhausted, "queue-full");
    }
    assert!(!answered.is_empty());
    let receipts = answered.into_iter().flat_map(|answer| answer.results).map(receipt);
    assert_eq!(receipts.count() as u64, grpc.head());
}

#[test]
fn while_the_store_fails_nothing_is_acknowledged() {
    let grpc = Grpc::in_files(&[]);
    grpc.admit(&said("haru", "1", "一"));
    let elsewhere = rusqlite::Connection::open(grpc.store.data().join("log.sqlite3")).unwrap();
    elsewhere.execute_batch("ALTER TABLE events RENAME TO gone").unwrap();
    let event = said("haru", "2", "二");
    let status = grpc.publish(vec![cloud_event(&event)]).unwrap_err();
    failed(&status, Code::Unavailable, "unavailable");
    elsewhere.execute_batch("ALTER TABLE gone RENAME TO events").unwrap();
    assert_eq!(grpc.admit(&event).seq, 2);
}
