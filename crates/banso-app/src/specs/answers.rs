//! Questions: the same answer from a stored state and the log's tail, from the log alone, then and now.

use super::fixture::{Fixture, fact, run_out, told};
use crate::stored::{StoredBody, fold};
use crate::{As, KnownAt, QueryError, rebuild::rebuild};
use banso_domain::case::person::FactRecorded;
use banso_domain::case::plan::{PlanConsented, PlanDrafted};
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::case::team::MemberJoined;
use banso_domain::{CaseEvent, EventRetracted, Payload, Reference, StreamEvent};
use banso_kernel::{CloudEvent, EventId, EventType, Party, PersonId, Recorded};
use banso_log::{Log, Models};
use banso_views::{AsOf, current_plan, team_roster};
use proptest::prelude::*;
use serde_json::Value;

/// A proposal whose references are drawn before it is known what will have been admitted.
#[derive(Clone, Debug)]
struct Draft {
    event: CaseEvent,
    when: &'static str,
    corrects: bool,
    retracts: bool,
    /// Which of the events admitted before it refers to.
    pick: usize,
    /// What the projector does afterwards.
    steps: u8,
}

fn any_event() -> impl Strategy<Value = CaseEvent> {
    let number = || 1..4u8;
    let party = prop::sample::select(vec![Party::Person, Party::Org("c-soudan".parse().unwrap())]);
    prop_oneof![
        3 => number().prop_map(|n| ReferralMade { referral: format!("haru:r{n}").parse().unwrap(), parent: None, ..ReferralMade::sample() }.into()),
        3 => (number(), party.clone()).prop_map(|(n, by)| ReferralAccepted { referral: format!("haru:r{n}").parse().unwrap(), by }.into()),
        2 => party.prop_map(|party| MemberJoined { party, ..MemberJoined::sample() }.into()),
        2 => number().prop_map(|n| FactRecorded { fact: format!("haru:f{n}").parse().unwrap(), ..FactRecorded::sample() }.into()),
        1 => Just(PlanDrafted::sample().into()),
        1 => (0..2u32).prop_map(|rev| PlanConsented { rev, ..PlanConsented::sample() }.into()),
        3 => prop::sample::select(CaseEvent::samples()),
    ]
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let dates =
        vec!["unknown", "2025-04-01", "2025-05-01", "2025-05", "2025-05-20", "after:#", "before:#", "#+P14D"];
    (
        any_event(),
        prop::sample::select(dates),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.1),
        any::<usize>(),
        0..4u8,
    )
        .prop_map(|(event, when, corrects, retracts, pick, steps)| Draft {
            event,
            when,
            corrects,
            retracts,
            pick,
            steps,
        })
}

impl Draft {
    fn cloud_event(&self, n: usize, admitted: &[(EventId, EventType)]) -> CloudEvent {
        let any = match admitted.len() {
            0 => EventId::of("https://app.example", "never"),
            len => admitted[self.pick % len].0,
        };
        let when = self.when.replace('#', &any.to_string());
        if self.retracts {
            return told("haru", &n.to_string(), &when, EventRetracted { event: any, reason: "誤記".into() });
        }
        let mut event = told("haru", &n.to_string(), &when, self.event.clone());
        let alike: Vec<_> = admitted.iter().filter(|(_, of)| *of == self.event.event_type()).collect();
        if self.corrects && !alike.is_empty() {
            let original = alike[self.pick % alike.len()].0;
            event.attributes.insert("bansocorrects".to_owned(), original.to_string());
        }
        event
    }
}

/// Plan, team and timeline as people read them.
async fn shown(fixture: &Fixture, person: &PersonId, at: As) -> Result<Value, QueryError> {
    let plan = fixture.queries.plan(person, at).await?;
    let team = fixture.queries.team(person, at).await?;
    let timeline = fixture.queries.timeline(person, at).await?;
    Ok(serde_json::json!([plan, team, timeline]))
}

/// The same plan and team, folded from these events and nothing else.
fn folded(person: &PersonId, events: &[Recorded], known_seq: u64) -> Value {
    let stored = fold(events).unwrap();
    let StoredBody::Folded(state) = stored.body else { panic!("{stored:?}") };
    let as_of = || AsOf::live(person.clone(), known_seq, stored.stream_seq);
    let reference = Reference::default();
    serde_json::json!([
        current_plan::show(&state.plan, as_of(), &reference),
        team_roster::show(&state.team, as_of(), &reference)
    ])
}

async fn any_history_is_answered_alike(drafts: Vec<Draft>) {
    let fixture = Fixture::new();
    let haru: PersonId = "haru".parse().unwrap();
    let mut projector = fixture.projector().await;
    let mut admitted: Vec<(EventId, EventType)> = Vec::new();
    let mut answers: Vec<Value> = Vec::new();
    for (n, draft) in drafts.iter().enumerate() {
        let Ok(item) = fixture.door.propose(draft.cloud_event(n, &admitted), None) else { continue };
        let event_type = item.proposal.event_type.clone();
        if let crate::Outcome::Admitted(receipt) = fixture.door.publish_one(item, false).await.unwrap() {
            admitted.push((receipt.event_id, event_type));
            // Whatever the projector has seen by now.
            answers.push(shown(&fixture, &haru, As::default()).await.unwrap());
        }
        match draft.steps {
            0 | 1 => {}
            2 => drop(projector.step().await.unwrap()),
            // One that has nothing in memory.
            _ => projector = fixture.projector().await,
        }
    }
    let events = fixture.store.read(0, 1_000).await.unwrap();
    for (known_seq, answer) in (1..).zip(&answers) {
        let then = As { known_at: Some(KnownAt::Seq(known_seq)), valid_at: None };
        assert_eq!(shown(&fixture, &haru, then).await.unwrap(), *answer);
        let known = &events[..known_seq as usize];
        let [plan, team, _] = &answer.as_array().unwrap()[..] else { panic!("three views") };
        assert_eq!(folded(&haru, known, known_seq), serde_json::json!([plan, team]));
        // Each was recorded at a time of its own.
        let time = known.last().unwrap().header.recorded_at;
        let then = As { known_at: Some(KnownAt::Time(time)), valid_at: None };
        assert_eq!(shown(&fixture, &haru, then).await.unwrap(), *answer);
    }
    if answers.is_empty() {
        return;
    }
    // Incremental == rebuilt, byte for byte.
    run_out(&mut projector).await;
    fixture.audited().await;
    let (version, incremental) = (fixture.active().await, fixture.stored(fixture.active().await).await);
    let rebuilt = rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
    assert_ne!(rebuilt.version, version);
    assert_eq!(fixture.stored(rebuilt.version).await, incremental);
    assert_eq!(fixture.checkpoints(rebuilt.version).await, [events.len() as u64; 64]);
    fixture.audited().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn now_then_and_replayed_are_the_same(drafts in prop::collection::vec(any_draft(), 1..18)) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
            .block_on(any_history_is_answered_alike(drafts));
    }
}

#[tokio::test]
async fn a_time_and_a_position_mean_the_same_knowledge() {
    let fixture = Fixture::new();
    let haru: PersonId = "haru".parse().unwrap();
    for (n, at) in [(1, "2025-06-01T00:00:00Z"), (2, "2025-06-02T00:00:00Z"), (3, "2025-06-02T15:00:00Z")] {
        fixture.clock.set(at.parse().unwrap());
        fixture.publish(fact("haru", n)).await;
    }
    for (known_at, stream_seq) in [
        ("1", 1),
        ("3", 3),
        ("99", 3),
        ("2025-06-01T00:00:00Z", 1),
        ("2025-06-01T09:00:00+09:00", 1),
        ("2025-06-01T23:59:59Z", 1),
        // A day in Asia/Tokyo ends at 15:00 UTC.
        ("2025-06-02", 2),
        ("2025-06-03", 3),
    ] {
        let at = As { known_at: Some(known_at.parse().unwrap()), valid_at: None };
        assert_eq!(fixture.queries.team(&haru, at).await.unwrap().as_of.stream_seq, stream_seq, "{known_at}");
    }
    for known_at in ["0", "2025-05-31"] {
        let at = As { known_at: Some(known_at.parse().unwrap()), valid_at: None };
        assert!(matches!(fixture.queries.team(&haru, at).await, Err(QueryError::NotFound)), "{known_at}");
    }
}

#[tokio::test]
async fn names_are_those_that_were_registered_by_then() {
    let fixture = Fixture::new();
    let haru: PersonId = "haru".parse().unwrap();
    let named = |id: &str, name: &str, corrects: Option<EventId>| {
        let mut event = fact("haru", 0);
        for (key, value) in [("id", id), ("type", "banso.OrgRegistered.v1"), ("subject", "registry")] {
            event.attributes.insert(key.to_owned(), value.to_owned());
        }
        if let Some(corrects) = corrects {
            event.attributes.insert("bansocorrects".to_owned(), corrects.to_string());
        }
        event.data =
            format!(r#"{{"org":"c-soudan","kind":"specified_consultation","name":"{name}"}}"#).into();
        event
    };
    let member = MemberJoined { party: Party::Org("c-soudan".parse().unwrap()), ..MemberJoined::sample() };
    fixture.publish(told("haru", "1", "unknown", member)).await;
    let crate::Outcome::Admitted(first) = fixture.publish(named("2", "C相談", None)).await else {
        panic!()
    };
    fixture.publish(named("3", "C相談支援事業所", Some(first.event_id))).await;
    fixture.publish(fact("haru", 4)).await;
    let name = |at: As| {
        let (fixture, haru) = (&fixture, &haru);
        async move { serde_json::to_string(&fixture.queries.team(haru, at).await.unwrap()).unwrap() }
    };
    let known = |seq| As { known_at: Some(KnownAt::Seq(seq)), valid_at: None };
    // In any order: what is kept in memory changes nothing.
    for _ in 0..2 {
        assert!(name(As::default()).await.contains("C相談支援事業所"));
        assert!(!name(known(1)).await.contains("C相談"));
        assert!(name(known(2)).await.contains("\"C相談\""));
        assert!(name(known(3)).await.contains("C相談支援事業所"));
    }
}

#[tokio::test]
async fn a_list_is_read_from_one_version_in_pages_whose_cursors_stay() {
    let fixture = Fixture::new();
    for n in 0..7 {
        let made = ReferralMade {
            referral: format!("haru:r{n}").parse().unwrap(),
            parent: None,
            ..ReferralMade::sample()
        };
        fixture.publish(told("haru", &n.to_string(), "unknown", made)).await;
    }
    fixture.project().await;
    let org = Some("c-soudan".to_owned());
    let page = |after: Option<String>| fixture.queries.unanswered_referrals(org.clone(), None, after, 3);
    let first = page(None).await.unwrap();
    let accepted = |n: u8| ReferralAccepted {
        referral: format!("haru:r{n}").parse().unwrap(),
        by: ReferralMade::sample().to[0].clone(),
    };
    // Answered meanwhile: one that was shown, and one that was not.
    fixture.publish(told("haru", "a1", "unknown", accepted(1))).await;
    fixture.publish(told("haru", "a4", "unknown", accepted(4))).await;
    fixture.project().await;
    rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
    let second = page(first.next.clone()).await.unwrap();
    let third = page(second.next.clone()).await.unwrap();
    let referrals =
        |page: &crate::RowsPage| page.items.iter().map(|row| row.referral.to_string()).collect::<Vec<_>>();
    assert_eq!(referrals(&first), ["haru:r0", "haru:r1", "haru:r2"]);
    assert_eq!(referrals(&second), ["haru:r3", "haru:r5", "haru:r6"]);
    assert!(third.items.is_empty() && third.next.is_none());
    assert_eq!(fixture.store.versions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_registry_that_a_newer_banso_wrote_to_still_gives_the_names_it_can() {
    let fixture = Fixture::new();
    let registered = |id: &str, event_type: &str, data: &str| {
        let mut event = super::fixture::event("nobody", id, event_type, "unknown", data);
        event.attributes.insert("subject".to_owned(), "registry".to_owned());
        event
    };
    let org = banso_domain::registry::OrgRegistered::sample();
    let data = serde_json::to_string(&org).unwrap();
    fixture.append(registered("1", "banso.OrgRegistered.v1", &data)).await;
    fixture.append(registered("2", "banso.OrgMerged.v1", "{}")).await;
    fixture
        .publish(told(
            "haru",
            "3",
            "unknown",
            MemberJoined { party: Party::Org(org.org), ..MemberJoined::sample() },
        ))
        .await;
    let team = fixture.queries.team(&"haru".parse().unwrap(), As::default()).await.unwrap();
    let member = &team.layers[3].members[0];
    assert_eq!((member.who.name.reveal().as_str(), member.who.unregistered), ("C相談支援事業所", false));
}
