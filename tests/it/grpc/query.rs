//! `QueryService`: ハルさん's case published by gRPC reads the same through both doors.

use super::client::{Grpc, cloud_event, failed, receipt};
use crate::operation::recorded_elsewhere_by_a_newer_banso;
use crate::support::event::{Event, asked, said};
use crate::support::process::{HARU, until};
use banso_proto::v1::{
    FILE_DESCRIPTOR_SET, GetPlanRequest, GetPlanResponse, GetTeamRequest, GetTimelineRequest, GetViewRequest,
    PlanStage,
};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;
use tonic::Code;

fn told() -> Grpc {
    let grpc = Grpc::start();
    let events: Vec<_> = HARU.lines().map(|line| cloud_event(&Event::read(line))).collect();
    let count = events.len();
    let results = grpc.publish(events).unwrap().results;
    assert_eq!(results.into_iter().map(receipt).count(), count);
    grpc
}

/// A message with the names of its fields, and only those that are there.
fn told_by_grpc<M: Message>(name: &str, message: &M) -> Value {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let descriptor = pool.get_message_by_name(&format!("banso.v1.{name}")).unwrap();
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap();
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    plain(dynamic.serialize_with_options(serde_json::value::Serializer, &options).unwrap())
}

/// Enumerations as HTTP writes them; days and parties without their message.
fn plain(value: Value) -> Value {
    const ENUMS: [&str; 5] = ["PLAN_STAGE_", "LAYER_", "CHANGE_KIND_", "PRECISION_", "DATE_LOST_"];
    match value {
        Value::String(text) => match ENUMS.iter().find_map(|name| text.strip_prefix(name)) {
            Some(variant) => variant.to_lowercase().into(),
            None => text.into(),
        },
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(fields) => match fields.get("days").or_else(|| fields.get("parties")) {
            Some(list) if fields.len() == 1 => plain(list.clone()),
            _ => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        },
        other => other,
    }
}

/// The HTTP answer without what a message leaves out: fields of which nothing is recorded, empty lists.
fn told_by_http(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(told_by_http).collect(),
        Value::Object(fields) => {
            let present = fields.into_iter().filter(|(_, value)| {
                *value != "not_recorded" && value.as_array().is_none_or(|items| !items.is_empty())
            });
            present.map(|(name, value)| (name, told_by_http(value))).collect()
        }
        Value::String(text) => match chrono::DateTime::parse_from_rfc3339(&text) {
            // One spelling of the same time.
            Ok(at) if text.ends_with('Z') => at.to_utc().to_rfc3339().into(),
            Ok(_) | Err(_) => text.into(),
        },
        other => other,
    }
}

#[track_caller]
fn assert_same<M: Message>(grpc: &Grpc, view: &str, question: &str, name: &str, message: &M) {
    let by_http = grpc.http.json(&format!("/v1/persons/haru/{view}{question}"));
    let by_grpc = told_by_http(told_by_grpc(name, message));
    assert_eq!(by_grpc["as_of"]["person"], "haru");
    assert_eq!(by_grpc, told_by_http(by_http), "{view}{question}");
}

#[test]
fn plan_team_and_timeline_say_what_http_says_field_by_field() {
    let grpc = told();
    // A correction, a retraction and a row that misses something, so that every field is there.
    let stay =
        HARU.lines().map(Event::read).find(|line| line.text("type") == "banso.HospitalAdmitted.v1").unwrap();
    let corrected = stay.clone().with("id", "stay-again").with("bansocorrects", stay.event_id());
    grpc.admit(&corrected);
    grpc.admit(&crate::support::event::retracted("haru", "back", &corrected.event_id()));
    grpc.admit(&corrected.clone().with("id", "stay-once-more").with("bansooccurred", "2025-04-02"));
    grpc.admit(&crate::support::event::accepted("haru", "a9", "r9", "city"));
    grpc.admit(&said("haru", "v9", "また"));
    for (id, occurred) in [
        ("w1", "2025-05".to_owned()),
        ("w2", "2025-05-01T10:00:00.123456+09:00".to_owned()),
        ("w3", format!("before:{}", stay.event_id())),
        ("w4", format!("after:{}", said("haru", "w1", "w1").event_id())),
    ] {
        grpc.admit(&said("haru", id, id).with("bansooccurred", occurred));
    }
    let anchor = said("haru", "w1", "w1").event_id();
    grpc.admit(&crate::support::event::retracted("haru", "no-anchor", &anchor));
    let head = grpc.head();
    for (valid_at, known_at) in [
        (None, None),
        (Some("2025-07-31"), None),
        (Some("2025-05-01T00:00:00Z"), None),
        (None, Some("30")),
        (Some("2025-04-20"), Some("66")),
        (Some("2999-01-01"), Some("2999-01-01")),
    ] {
        let named = [("valid_at", valid_at), ("known_at", known_at)];
        let named: Vec<_> =
            named.iter().filter_map(|(name, at)| Some(format!("{name}={}", (*at)?))).collect();
        let question = format!("?{}", named.join("&"));
        let person = "haru".to_owned();
        let (valid_at, known_at) = (valid_at.map(str::to_owned), known_at.map(str::to_owned));
        let mut query = grpc.query();
        let request =
            GetPlanRequest { person: person.clone(), valid_at: valid_at.clone(), known_at: known_at.clone() };
        let plan = grpc.wait(query.get_plan(request)).unwrap().into_inner();
        assert_same(&grpc, "plan", &question, "GetPlanResponse", &plan);
        assert!(plan.as_of.unwrap().known_seq <= head);
        let request =
            GetTeamRequest { person: person.clone(), valid_at: valid_at.clone(), known_at: known_at.clone() };
        let team = grpc.wait(query.get_team(request)).unwrap().into_inner();
        assert_same(&grpc, "team", &question, "GetTeamResponse", &team);
        let request = GetTimelineRequest { person, valid_at, known_at };
        let timeline = grpc.wait(query.get_timeline(request)).unwrap().into_inner();
        assert_same(&grpc, "timeline", &question, "GetTimelineResponse", &timeline);
    }
    let all = grpc.http.get("/v1/persons/haru/timeline").1;
    for exact in ["unknown", "day", "month", "instant", "offset", "after", "before"] {
        assert!(all.contains(&format!("\"precision\":\"{exact}\"")), "{exact} was not compared");
    }
    for rare in ["changes", "corrected", "counterparts", "missing", "lost", "repeats", "retracted"] {
        assert!(all.contains(&format!("\"{rare}\":")), "{rare} was not compared");
    }
}

#[test]
fn published_by_grpc_or_by_http_it_is_the_same_case() {
    let grpc = told();
    let other = Grpc::start();
    for line in HARU.lines() {
        assert_eq!(other.http.post(line).0, 201);
    }
    for view in ["plan", "team", "timeline"] {
        let of = |server: &Grpc| {
            let mut json = server.http.json(&format!("/v1/persons/haru/{view}"));
            // When the log took them differs, and with it until when something may have happened.
            strip(&mut json, &["recorded_at", "latest"]);
            json
        };
        assert_eq!(of(&grpc), of(&other), "{view}");
    }
}

fn strip(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            fields.values_mut().for_each(|field| strip(field, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn plan(grpc: &Grpc, person: &str) -> GetPlanResponse {
    let request = GetPlanRequest { person: person.to_owned(), ..Default::default() };
    grpc.wait(grpc.query().get_plan(request)).unwrap().into_inner()
}

#[test]
fn what_is_not_recorded_is_absent_and_what_is_empty_is_there() {
    let grpc = told();
    let of = plan(&grpc, "haru");
    let haru = &of.plans[0];
    assert_eq!((haru.stage(), haru.family_wish.as_ref()), (PlanStage::Final, None));
    assert!(haru.wish.as_deref().is_some_and(|wish| wish.starts_with("母の介護")));
    assert_eq!(haru.header.as_ref().unwrap().signed, None);

    let drafted = HARU
        .lines()
        .map(Event::read)
        .find(|line| line.text("type") == "banso.PlanDrafted.v1" && line.data()["weekly"].is_object());
    let mut drafted = drafted.unwrap().json().replace("haru:", "aki:").replace("person/haru", "person/aki");
    drafted = drafted.replacen("\"id\":", "\"was\":", 1);
    let mut drafted: Value = serde_json::from_str(&drafted).unwrap();
    drafted.as_object_mut().unwrap().remove("was");
    drafted["id"] = "aki-plan".into();
    drafted["bansooccurred"] = "unknown".into();
    drafted["data"]["family_wish"] = "".into();
    drafted["data"]["header"]["signed"] = false.into();
    drafted["data"]["weekly"]["slots"][0]["days"] = Value::Array(Vec::new());
    grpc.admit(&Event::read(&drafted.to_string()));
    let aki = plan(&grpc, "aki").plans[0].clone();
    assert_eq!(aki.family_wish.as_deref(), Some(""));
    assert_eq!(aki.header.unwrap().signed, Some(false));
    let week = aki.weekly.unwrap();
    let slots: Vec<_> = week.grid.iter().chain(&week.unplaced).collect();
    assert!(slots.iter().any(|slot| slot.days.as_ref().is_some_and(|days| days.days.is_empty())));
    assert!(slots.iter().any(|slot| slot.days.is_none()));
}

#[test]
fn any_view_comes_as_the_json_of_http() {
    let grpc = told();
    for view in ["plan", "team", "timeline", "events"] {
        let request = GetViewRequest {
            view: view.to_owned(),
            person: Some("haru".to_owned()),
            known_at: Some("40".to_owned()),
            ..Default::default()
        };
        let shown = grpc.wait(grpc.query().get_view(request)).unwrap().into_inner();
        assert_eq!(shown.json, grpc.http.get(&format!("/v1/persons/haru/{view}?known_at=40")).1);
        assert_eq!(shown.as_of.unwrap().known_seq, 40);
    }
    grpc.admit(&asked("aki", "r1", "minsei", &["city"]));
    let list = GetViewRequest {
        view: "unanswered-referrals".to_owned(),
        org: Some("city".to_owned()),
        limit: Some(10),
        ..Default::default()
    };
    let shown = until("the request is on the list", || {
        let shown = grpc.wait(grpc.query().get_view(list.clone())).unwrap().into_inner();
        shown.json.contains("aki:r1").then_some(shown)
    });
    assert_eq!(shown.json, grpc.http.get("/v1/worklists/unanswered-referrals?org=city&limit=10").1);
    assert_eq!(shown.as_of, None);
}

#[test]
fn a_question_that_cannot_be_answered_says_why() {
    let grpc = Grpc::start();
    grpc.admit(&said("haru", "1", "はい"));
    let ask = |person: &str, valid_at: Option<&str>, known_at: Option<&str>| {
        let (valid_at, known_at) = (valid_at.map(str::to_owned), known_at.map(str::to_owned));
        let request = GetTimelineRequest { person: person.to_owned(), valid_at, known_at };
        grpc.wait(grpc.query().get_timeline(request)).unwrap_err()
    };
    failed(&ask("nobody", None, None), Code::NotFound, "not-found");
    for (person, valid_at, known_at, pointer) in [
        ("a.b", None, None, "/person"),
        ("", None, None, "/person"),
        ("haru", Some("yesterday"), None, "/valid_at"),
        ("haru", None, Some("soon"), "/known_at"),
    ] {
        let status = ask(person, valid_at, known_at);
        assert_eq!(failed(&status, Code::InvalidArgument, "malformed").as_deref(), Some(pointer));
    }
    let view = |view: &str| GetViewRequest { view: view.to_owned(), ..Default::default() };
    let some = |text: &str| Some(text.to_owned());
    for (request, pointer) in [
        (view("diary"), "/view"),
        (view("plan"), "/person"),
        (view("unanswered-referrals"), "/org"),
        (GetViewRequest { person: some("haru"), limit: Some(3), ..view("team") }, "/limit"),
        (
            GetViewRequest { person: some("haru"), org: some("city"), ..view("unanswered-referrals") },
            "/person",
        ),
        (GetViewRequest { org: some("city"), on: some("2025-02-30"), ..view("unanswered-referrals") }, "/on"),
        (GetViewRequest { org: some("city"), limit: Some(0), ..view("unanswered-referrals") }, "/limit"),
    ] {
        let status = grpc.wait(grpc.query().get_view(request)).unwrap_err();
        assert_eq!(
            failed(&status, Code::InvalidArgument, "malformed").as_deref(),
            Some(pointer),
            "{status:?}"
        );
    }
    // A record with an event that this binary does not know.
    grpc.wait(async { recorded_elsewhere_by_a_newer_banso(grpc.store.open().await, "haru").await });
    failed(&ask("haru", None, None), Code::Unavailable, "unavailable");
    assert_eq!(ask("haru", None, Some("0")).code(), Code::NotFound);
}
