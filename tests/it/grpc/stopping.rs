//! SIGTERM while streams are open, and what the log says of all this.

use super::client::{Grpc, cloud_event, failed, receipt};
use crate::support::event::{asked, said};
use crate::support::process::{until, verified};
use banso_proto::v1::{GetTimelineRequest, PublishRequest, WatchEventsRequest};
use serde_json::json;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[test]
fn what_came_is_answered_and_streams_are_ended() {
    let mut grpc = Grpc::in_files(&[]);
    let stalled = grpc.stall();
    let (events, mut answers) = grpc.stream();
    let call = PublishRequest { events: vec![cloud_event(&said("aki", "call", "一"))], dry_run: false };
    let mut record = grpc.record();
    let call = grpc.spawn(async move { record.publish(call).await });
    let watch = |after_seq| WatchEventsRequest { after_seq, ..Default::default() };
    let mut heard = grpc.wait(grpc.query().watch_events(watch(1_000))).unwrap().into_inner();
    let mut health = HealthClient::new(grpc.channel.clone());
    let request = HealthCheckRequest { service: String::new() };
    let mut health = grpc.wait(health.watch(request)).unwrap().into_inner();
    grpc.wait(health.message()).unwrap().unwrap();
    let mut sent = 0;
    until("events wait for the store", || {
        events.send(cloud_event(&said("haru", &format!("{sent}"), &format!("{sent}")))).unwrap();
        sent += 1;
        (grpc.metric("banso_append_queue_events").unwrap_or(0.0) >= 1.0).then_some(())
    });

    grpc.http.process.signal("TERM");
    until("it stops", || grpc.http.process.log().contains("stopping").then_some(()));
    // The first heartbeat may have been on its way.
    let ended = grpc.wait(async {
        loop {
            if let Err(status) = heard.message().await {
                return status;
            }
        }
    });
    failed(&ended, Code::Unavailable, "stopping");
    assert!(grpc.http.process.has_ended().is_none(), "it waits for what came");
    drop(stalled);
    // What was read before the signal is answered, the rest is not.
    let mut answered = 0;
    let ended = loop {
        match grpc.wait(answers.message()) {
            Ok(answer) => {
                let answer = answer.unwrap();
                assert_eq!(answer.number, answered);
                receipt(answer.result.unwrap());
                answered += 1;
            }
            Err(status) => break status,
        }
    };
    failed(&ended, Code::Unavailable, "stopping");
    assert!((1..=sent).contains(&answered), "{answered} of {sent}");
    receipt(grpc.wait(call).unwrap().unwrap().into_inner().results[0].clone());
    grpc.wait(async { while let Ok(Some(_)) = health.message().await {} });
    assert_eq!(grpc.http.process.wait().code(), Some(0), "{}", grpc.http.process.log());
    assert!(!grpc.http.process.log().contains("given up"), "{}", grpc.http.process.log());
    assert_eq!(verified(&grpc.store, None)["events"], answered + 1);
}

#[test]
fn a_client_that_does_not_read_does_not_keep_it_alive() {
    let mut grpc = Grpc::start_with(&[("BANSO__HTTP__STOP_WAIT_SECONDS", "1")]);
    let large =
        |n: usize| cloud_event(&said("haru", &format!("{n}"), &format!("{n}{}", "a".repeat(200_000))));
    for batch in 0..5 {
        grpc.publish((batch * 10..batch * 10 + 10).map(large).collect()).unwrap();
    }
    let _unread = grpc.wait(grpc.query().watch_events(WatchEventsRequest::default())).unwrap();
    grpc.http.process.signal("TERM");
    assert_eq!(grpc.http.process.wait().code(), Some(0), "{}", grpc.http.process.log());
    verified(&grpc.store, None);
}

#[test]
fn what_people_say_is_never_logged() {
    let mut grpc = Grpc::start_with(&[("BANSO_LOG", "trace")]);
    grpc.admit(&asked("haru", "r1", "minsei", &["city"]).with_data("/reason", json!("今後の生活の組み立て")));
    let wrong = asked("haru", "r2", "minsei", &["city"]).with_data("/mode", json!("母が"));
    grpc.publish(vec![cloud_event(&wrong)]).unwrap_err();
    let request = GetTimelineRequest { person: "haru".to_owned(), ..Default::default() };
    let timeline = grpc.wait(grpc.query().get_timeline(request)).unwrap().into_inner();
    assert!(timeline.rows[0].detail.as_ref().is_some_and(|detail| detail.contains("今後の生活")));
    grpc.http.stop();
    let log = grpc.http.process.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"));
    for said in ["今後の生活の組み立て", "母が", "%E6%AF%8D", "\\xe6\\xaf\\x8d"] {
        assert!(!log.contains(said), "{said} is logged");
    }
}
