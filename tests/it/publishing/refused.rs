//! What the rules of the case say no to: 422, with the rule's name.

use super::not_recorded;
use crate::support::event::{Event, admitted, asked, event, retracted, said};
use crate::support::server::Server;
use banso_domain::{CaseEvent, StreamEvent};
use serde_json::{Value, json};

/// The frozen sample of an event, as it is published.
fn sample(kind: &str, id: &str) -> Event {
    let name = |event: &CaseEvent| event.event_type().name.into_owned();
    let sample = CaseEvent::samples().into_iter().find(|event| name(event) == kind);
    let data = sample.expect("a sample").to_pretty_json().expect("JSON");
    event(id, kind, "person/haru", serde_json::from_str(&data).expect("JSON"))
}

#[track_caller]
fn refuses(rule: &str, before: &[Event], event: &Event) {
    let server = Server::start();
    for event in before {
        server.admit(event);
    }
    let answer = not_recorded(&server, || server.publish(event));
    assert_eq!(answer.problem(422, "refused")["rule"], rule);
    // In a batch and in a dry run the answer is the same.
    let in_batch = &server.publish_all([event])[0];
    assert_eq!((&in_batch["status"], &in_batch["rule"]), (&json!(422), &json!(rule)));
    let headers = [("content-type", crate::support::server::STRUCTURED)];
    let trial = server.post("/v1/events?dry_run=true", &headers, event.json());
    assert_eq!(trial.problem(422, "refused")["rule"], rule);
}

#[test]
fn dates_that_would_refer_to_each_other_in_a_circle() {
    let first = said("haru", "1", "一");
    let second = said("haru", "2", "二").with("bansooccurred", format!("after:{}", first.event_id()));
    let third = said("haru", "3", "三").with("bansooccurred", format!("{}+P14D", second.event_id()));
    let correction = said("haru", "4", "一")
        .with("bansocorrects", first.event_id())
        .with("bansooccurred", format!("after:{}", third.event_id()));
    refuses("date-cycle", &[first, second, third], &correction);
}

#[test]
fn a_date_in_the_future() {
    refuses("future-date", &[], &said("haru", "1", "一").with("bansooccurred", "2999-01-01"));
    let first = admitted("haru", "1", "2025-04-01");
    let offset = format!("{}+P900Y", first.event_id());
    refuses("future-date", &[first], &said("haru", "2", "二").with("bansooccurred", offset));
}

#[test]
fn an_anchor_that_the_persons_record_does_not_have() {
    let of_another = said("aki", "1", "一");
    let anchored = said("haru", "2", "二").with("bansooccurred", format!("after:{}", of_another.event_id()));
    refuses("unknown-anchor", &[of_another], &anchored);
}

#[test]
fn another_persons_plan() {
    let consent = sample("PlanConsented", "1").with_data("/plan", json!("aki:plan"));
    refuses("foreign-reference", &[], &consent);
}

#[test]
fn an_id_that_stands_for_something_else() {
    let request = asked("haru", "r1", "minsei", &["d-hoken"]);
    let other = asked("haru", "r1", "minsei", &["city"]).with("id", "2");
    refuses("id-already-used", &[request], &other);
}

#[test]
fn a_revision_that_the_plan_does_not_have() {
    let consent = sample("PlanConsented", "2").with_data("/rev", json!(2));
    refuses("unknown-revision", &[sample("PlanDrafted", "1")], &consent);
}

#[test]
fn a_referral_that_would_be_its_own_ancestor() {
    let first = asked("haru", "r1", "minsei", &["d-hoken"]).with_data("/parent", json!("haru:r2"));
    let second = asked("haru", "r2", "d-hoken", &["city"]).with_data("/parent", json!("haru:r1"));
    refuses("referral-cycle", &[first], &second);
}

#[test]
fn a_request_to_nobody() {
    refuses("nobody-named", &[], &asked("haru", "r1", "minsei", &[]));
}

#[test]
fn a_row_that_stands_twice() {
    let plan = sample("PlanDrafted", "1");
    let mut rows = plan.data()["items"].as_array().expect("rows").clone();
    rows.push(rows[0].clone());
    refuses("stands-twice", &[], &plan.with_data("/items", Value::Array(rows)));
}

#[test]
fn a_revision_of_a_base_that_somebody_else_revised_already() {
    let before = [sample("PlanDrafted", "1"), sample("PlanRevised", "2")];
    let other = sample("PlanRevised", "3").with_data("/reason", json!("別の理由"));
    refuses("base-not-current", &before, &other);
    refuses("not-the-next-revision", &before, &other.with_data("/rev", json!(4)));
}

#[test]
fn a_row_that_the_plan_does_not_have_or_had_before() {
    let drafted = [sample("PlanDrafted", "1")];
    let revised = |changes| sample("PlanRevised", "2").with_data("/changes", changes);
    refuses("no-such-item", &drafted, &revised(json!([{"drop_item": "9"}])));
    refuses("item-id-used", &drafted, &revised(json!([{"add_item": {"item": "1"}}])));
}

#[test]
fn a_priority_of_zero_and_a_text_that_is_too_long() {
    let plan = || sample("PlanDrafted", "1");
    refuses("priority-zero", &[], &plan().with_data("/items/0/priority", json!(0)));
    refuses("too-long", &[], &plan().with_data("/policy", json!("長".repeat(2_001))));
}

#[test]
fn a_link_of_a_row_to_itself_and_to_another_persons_plan() {
    let link = || sample("PlanItemLinked", "1");
    let itself = link().with_data("/plan", json!("haru:plan")).with_data("/item", json!("1"));
    refuses("refers-to-itself", &[], &itself);
    refuses("foreign-reference", &[], &link().with_data("/target_plan", json!("aki:plan")));
}

#[test]
fn a_plan_that_would_take_its_own_place() {
    let back = sample("PlanClosed", "2")
        .with_data("/plan", json!("haru:plan"))
        .with_data("/superseded_by", json!("haru:plan-transition-request"));
    refuses("plan-cycle", &[sample("PlanClosed", "1")], &back);
}

#[test]
fn corrections_of_what_cannot_be_corrected() {
    let first = said("haru", "1", "一");
    let corrects = |event: Event, other: &Event| event.with("bansocorrects", other.event_id());
    let correction = corrects(said("haru", "2", "二"), &first);
    let retraction = retracted("haru", "3", &first.event_id());
    let before = [first.clone(), correction.clone(), retraction.clone()];

    refuses("unknown-event", &[], &correction);
    refuses("unknown-event", &[], &retraction);
    refuses("corrects-a-correction", &before, &corrects(said("haru", "4", "三"), &correction));
    refuses("corrects-a-retraction", &before, &corrects(said("haru", "4", "三"), &retraction));
    let of_other_type = corrects(admitted("haru", "4", "2025-04-01"), &first);
    refuses("correction-of-other-type", &before, &of_other_type);
}
