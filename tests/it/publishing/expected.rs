//! Publishing only if the stream stands where the publisher saw it.

use super::not_recorded;
use crate::support::event::said;
use crate::support::server::Server;

#[test]
fn an_expectation_that_holds_is_admitted() {
    let server = Server::start();
    let said = |id: &str| said("haru", id, id);
    server.admit(&said("1").with("bansoexpected", "none"));
    server.admit(&said("2").with("bansoexpected", "1"));
    server.admit(&said("3").with("bansoexpected", 2));
    server.admit(&said("4").with("bansoexpected", "any"));
    assert_eq!(server.publish_if(&said("5"), &[("if-match", "\"4\"")]).status, 201);
    let first = crate::support::event::said("aki", "6", "はい");
    assert_eq!(server.publish_if(&first, &[("if-none-match", "*")]).status, 201);
}

#[test]
fn an_expectation_that_does_not_hold_is_answered_with_where_the_stream_stands() {
    let server = Server::start();
    server.admit(&said("haru", "1", "一"));
    server.admit(&said("haru", "2", "二"));
    let next = said("haru", "3", "三");
    for (event, conditions) in [
        (next.clone().with("bansoexpected", "1"), &[][..]),
        (next.clone().with("bansoexpected", "3"), &[]),
        (next.clone().with("bansoexpected", "none"), &[]),
        (next.clone(), &[("if-match", "\"1\"")]),
        (next.clone(), &[("if-none-match", "*")]),
    ] {
        let answer = not_recorded(&server, || server.publish_if(&event, conditions));
        let problem = answer.problem(409, "version-conflict");
        assert_eq!(problem["stream_seq"], 2);
    }
}

#[test]
fn an_expectation_is_said_once() {
    let server = Server::start();
    let event = said("haru", "1", "一").with("bansoexpected", "none");
    for condition in [("if-match", "\"1\""), ("if-none-match", "*")] {
        let answer = not_recorded(&server, || server.publish_if(&event, &[condition]));
        assert_eq!(answer.problem(400, "malformed")["pointer"], "/bansoexpected");
    }
}

#[test]
fn a_duplicate_is_a_duplicate_wherever_the_stream_stands() {
    let server = Server::start();
    let first = said("haru", "1", "一").with("bansoexpected", "none");
    server.admit(&first);
    server.admit(&said("haru", "2", "二"));
    assert_eq!(server.publish(&first).ok()["outcome"], "duplicate");
    let unconditional = said("haru", "1", "一");
    assert_eq!(server.publish_if(&unconditional, &[("if-match", "\"1\"")]).ok()["outcome"], "duplicate");
}

#[test]
fn of_twenty_at_once_with_the_same_expectation_exactly_one_is_admitted() {
    let server = Server::start();
    server.admit(&said("haru", "first", "はい"));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sent = |n: usize| {
            let event = said("haru", &format!("{n}"), &format!("{n}")).with("bansoexpected", "1");
            let server = &server;
            scope.spawn(move || server.publish(&event))
        };
        let sent: Vec<_> = (0..20).map(sent).collect();
        sent.into_iter().map(|sent| sent.join().expect("an answer")).collect()
    });
    let (admitted, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(admitted.len(), 1);
    assert_eq!(others.len(), 19);
    for other in others {
        assert_eq!(other.problem(409, "version-conflict")["stream_seq"], 2);
    }
    assert_eq!(server.head(), 2);
}

#[test]
fn within_a_batch_each_event_moves_its_stream() {
    let server = Server::start();
    let results = server.publish_all([
        &said("haru", "1", "一").with("bansoexpected", "none"),
        &said("haru", "2", "二").with("bansoexpected", "1"),
        &said("haru", "3", "三").with("bansoexpected", "1"),
    ]);
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(201), Some(201), Some(409)]);
    assert_eq!(results[2]["stream_seq"], 2);
}

#[test]
fn a_condition_that_is_none_is_malformed() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    for conditions in [
        &[("if-match", "1")][..],
        &[("if-match", "*")],
        &[("if-match", "\"x\"")],
        &[("if-match", "\"-1\"")],
        &[("if-match", "W/\"1\"")],
        &[("if-none-match", "\"1\"")],
        &[("if-match", "\"1\""), ("if-none-match", "*")],
    ] {
        let answer = not_recorded(&server, || server.publish_if(&event, conditions));
        answer.problem(400, "malformed");
    }
    let headers = [("content-type", crate::support::server::BATCH), ("if-match", "\"1\"")];
    not_recorded(&server, || server.post("/v1/events", &headers, "[]")).problem(400, "malformed");
}
