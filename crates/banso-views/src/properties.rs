//! What holds for any history that a case admits, and for any part of one.

use crate::spec::{
    as_of, at, consultant, folded, id, json, mother, nurse, nurse_as_coordinator, officer, org, propose,
    retracting, sample, told, volunteer,
};
use crate::{Advance, PersonState, current_plan, team_roster, timeline};
use banso_domain::case::entitlement::{DraftPlanSubmitted, EntitlementGranted, ServiceApplied};
use banso_domain::case::episode::{
    CommunitySettlementSupportStarted, CommunityTransitionSupportStarted, DischargeDateDecided, EpisodeEnded,
    HospitalAdmitted, HospitalDischarged, TreatingHospitalChanged, TrialStayHeld,
};
use banso_domain::case::meeting::MeetingHeld;
use banso_domain::case::note::ContactRecorded;
use banso_domain::case::person::{FactRecorded, KeyPersonChange, KeyPersonChanged};
use banso_domain::case::plan::{
    PlanChange, PlanClosed, PlanConsentRefused, PlanConsented, PlanDelivered, PlanDrafted, PlanFinalised,
    PlanItem, PlanItemEnded, PlanItemLinked, PlanItemStarted, PlanItemUnlinked, PlanKind, PlanRevised,
};
use banso_domain::case::referral::{
    ReferralAccepted, ReferralDeclined, ReferralForwarded, ReferralMade, ReferralMode,
    ReferralOutcomeReported, ReferralWithdrawn,
};
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::{
    CoordinatorDesignated, MemberJoined, MemberLayer, MemberLeft, MemberRoleChanged, SupportEnded,
    SupportStarted,
};
use banso_domain::{Case, CaseEvent, Entry, Reference, StreamEvent, resolve};
use banso_kernel::{Duration, EventId, Party, Role, Stated, When};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::collections::BTreeSet;

/// Longest sequence of proposals tried.
const PROPOSALS_MAX: usize = 22;

fn any_party() -> impl Strategy<Value = Party> {
    select(vec![
        Party::Person,
        Party::NotRecorded,
        Party::Unnamed { label: "近所の人".into() },
        mother(),
        org("c-soudan"),
        org("d-hoken"),
        org("hospital"),
        consultant(),
        nurse(),
        nurse_as_coordinator(),
        officer(),
        volunteer(),
    ])
}

fn any_id(of: &'static str) -> impl Strategy<Value = String> {
    (1u8..4).prop_map(move |number| format!("haru:{of}{number}"))
}

fn any_referral() -> impl Strategy<Value = CaseEvent> {
    let mode = select(vec![ReferralMode::Joint, ReferralMode::Handover]);
    let to = prop::collection::vec(any_party(), 1..3);
    prop_oneof![
        (any_id("r"), any_party(), to, mode).prop_map(|(referral, from, to, mode)| {
            let referral = id(&referral);
            ReferralMade { referral, from, to, mode, parent: None, ..sample() }.into()
        }),
        (any_id("r"), any_party()).prop_map(|(referral, by)| ReferralAccepted {
            referral: id(&referral),
            by
        }
        .into()),
        any_id("r")
            .prop_map(|referral| { ReferralOutcomeReported { referral: id(&referral), ..sample() }.into() }),
        (any_id("r"), any_party()).prop_map(|(referral, by)| ReferralDeclined {
            referral: id(&referral),
            by,
            ..sample()
        }
        .into()),
        (any_id("r"), any_party(), any_id("r")).prop_map(|(referral, by, child)| {
            ReferralForwarded { referral: id(&referral), by, child: id(&child) }.into()
        }),
        any_id("r").prop_map(|referral| ReferralWithdrawn { referral: id(&referral), ..sample() }.into()),
    ]
}

fn any_of_a_plan() -> impl Strategy<Value = CaseEvent> {
    let kind = select(vec![PlanKind::ServiceUse, PlanKind::Transition, PlanKind::IndividualSupport]);
    let plan = || any_id("p");
    let rev = || 1u32..4;
    prop_oneof![
        3 => (plan(), kind, any_party()).prop_map(|(plan, kind, organisation)| {
            PlanDrafted { plan: id(&plan), kind, organisation, ..sample() }.into()
        }),
        3 => (plan(), rev(), any_change()).prop_map(|(plan, base_rev, change)| {
            let changes = vec![change];
            PlanRevised { plan: id(&plan), rev: base_rev + 1, base_rev, changes, ..sample() }.into()
        }),
        1 => (plan(), rev())
            .prop_map(|(plan, rev)| PlanConsented { plan: id(&plan), rev, ..sample() }.into()),
        1 => (plan(), rev())
            .prop_map(|(plan, rev)| PlanConsentRefused { plan: id(&plan), rev, ..sample() }.into()),
        2 => (plan(), rev(), any_party())
            .prop_map(|(plan, rev, by)| PlanFinalised { plan: id(&plan), rev, by, ..sample() }.into()),
        1 => (plan(), rev())
            .prop_map(|(plan, rev)| PlanDelivered { plan: id(&plan), rev, ..sample() }.into()),
        1 => (plan(), prop::option::of(plan())).prop_map(|(plan, next)| {
            PlanClosed { plan: id(&plan), superseded_by: next.map(|next| id(&next)), ..sample() }.into()
        }),
        1 => any_of_a_row(),
        1 => plan().prop_map(|plan| DraftPlanSubmitted { plan: id(&plan), ..sample() }.into()),
    ]
}

fn any_change() -> impl Strategy<Value = PlanChange> {
    let item = select(vec!["1", "2", "3"]);
    (item, 0u8..4).prop_map(|(item, kind)| {
        let row = || PlanItem {
            item: id(item),
            priority: Stated::NotRecorded,
            ..sample::<PlanDrafted>().items.remove(0)
        };
        match kind {
            0 => PlanChange::AddItem(row()),
            1 => PlanChange::ChangeItem(row()),
            2 => PlanChange::DropItem(id(item)),
            _ => PlanChange::Policy(Stated::Value(item.into())),
        }
    })
}

fn any_of_a_row() -> impl Strategy<Value = CaseEvent> {
    let item = || select(vec!["1", "2"]);
    let plan = || any_id("p");
    prop_oneof![
        (plan(), item(), plan(), item()).prop_map(|(plan, item, target, target_item)| {
            let (target_plan, target_item) = (id(&target), id(target_item));
            PlanItemLinked { plan: id(&plan), item: id(item), target_plan, target_item, ..sample() }.into()
        }),
        (plan(), item(), plan(), item()).prop_map(|(plan, item, target, target_item)| {
            let (target_plan, target_item) = (id(&target), id(target_item));
            PlanItemUnlinked { plan: id(&plan), item: id(item), target_plan, target_item, ..sample() }.into()
        }),
        (plan(), item(), any_party()).prop_map(|(plan, item, provider)| {
            PlanItemStarted { plan: id(&plan), item: id(item), provider }.into()
        }),
        (plan(), item()).prop_map(|(plan, item)| {
            PlanItemEnded { plan: id(&plan), item: id(item), ..sample() }.into()
        }),
    ]
}

fn any_of_the_team() -> impl Strategy<Value = CaseEvent> {
    let layer = select(vec![MemberLayer::Formal, MemberLayer::Informal]);
    let change = select(vec![KeyPersonChange::Added, KeyPersonChange::Lost, KeyPersonChange::Incapacitated]);
    let service = select(vec![ServiceKind::HomeCare, ServiceKind::Other("民生委員".to_owned())]);
    prop_oneof![
        (any_party(), layer).prop_map(|(party, layer)| MemberJoined { party, layer, ..sample() }.into()),
        (any_id("s"), any_party(), service).prop_map(|(support, provider, service)| {
            SupportStarted { support: id(&support), provider, service, ..sample() }.into()
        }),
        (change, prop::option::of(any_party()))
            .prop_map(|(change, successor)| { KeyPersonChanged { change, successor, ..sample() }.into() }),
        (any_party(), prop::collection::vec(any_party(), 0..2)).prop_map(|(party, handover_to)| MemberLeft {
            party,
            handover_to,
            ..sample()
        }
        .into()),
        (any_party(), select(vec![Role::SupportWorker, Role::Coordinator]))
            .prop_map(|(party, role)| MemberRoleChanged { party, role, ..sample() }.into()),
        any_party().prop_map(|party| CoordinatorDesignated { party, ..sample() }.into()),
        any_id("s").prop_map(|support| SupportEnded { support: id(&support), ..sample() }.into()),
    ]
}

fn any_of_an_episode() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        (any_id("stay"), any_party()).prop_map(|(stay, facility)| {
            HospitalAdmitted { episode: id(&stay), facility, ..sample() }.into()
        }),
        any_id("stay").prop_map(|stay| HospitalDischarged { episode: id(&stay), ..sample() }.into()),
        any_id("stay").prop_map(|stay| DischargeDateDecided { episode: id(&stay), ..sample() }.into()),
        prop_oneof![any_id("stay"), any_id("t")].prop_map(|episode| EpisodeEnded {
            episode: id(&episode),
            ..sample()
        }
        .into()),
        (any_party(), any_party())
            .prop_map(|(from, to)| TreatingHospitalChanged { from, to, ..sample() }.into()),
        (0u32..4).prop_map(|nights| TrialStayHeld { nights: nights.into(), ..sample() }.into()),
        (any_id("t"), any_party()).prop_map(|(episode, provider)| {
            CommunityTransitionSupportStarted { episode: id(&episode), provider, ..sample() }.into()
        }),
        (any_id("t"), any_party()).prop_map(|(episode, provider)| {
            CommunitySettlementSupportStarted { episode: id(&episode), provider, ..sample() }.into()
        }),
    ]
}

fn any_other() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        any_id("f").prop_map(|fact| FactRecorded { fact: id(&fact), ..sample() }.into()),
        (any_id("n"), any_party()).prop_map(|(note, by)| ContactRecorded {
            note: id(&note),
            by: vec![by],
            ..sample()
        }
        .into()),
        any_id("m").prop_map(|meeting| MeetingHeld { meeting: id(&meeting), ..sample() }.into()),
        any_id("e").prop_map(|entitlement| {
            let services = Stated::NotRecorded;
            ServiceApplied { entitlement: id(&entitlement), services, ..sample() }.into()
        }),
        any_id("e").prop_map(|entitlement| {
            EntitlementGranted { entitlement: id(&entitlement), ..sample() }.into()
        }),
    ]
}

/// Events of every type that touch the same few things and parties again and again.
fn any_event() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        3 => any_referral(),
        3 => any_of_a_plan(),
        3 => any_of_the_team(),
        3 => any_of_an_episode(),
        2 => any_other(),
        5 => select(CaseEvent::samples()),
    ]
}

/// A date that may hang on an earlier event, the last or any.
#[derive(Clone, Copy, Debug)]
enum Date {
    Stated(When),
    NextDay,
    AfterLast,
    AfterAny,
    BeforeAny,
    SoLongAfterLast(Duration),
    SoLongAfterAny(Duration),
}

fn any_date() -> impl Strategy<Value = Date> {
    let day = (2025i32..=2025, 3u32..=5, 1u32..=28)
        .prop_map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).expect("a day"));
    let instant = (0i64..90 * 24).prop_map(|hours| at("2025-03-01T00:00:00Z") + TimeDelta::hours(hours));
    let duration = || select(vec!["P1D", "P1W", "P1M"]).prop_map(id::<Duration>);
    prop_oneof![
        2 => Just(Date::Stated(When::Unknown)),
        2 => day.clone().prop_map(|day| Date::Stated(When::Day(day))),
        1 => day.prop_map(|day| Date::Stated(When::Month(day.with_day(1).expect("a first day")))),
        1 => instant.prop_map(|at| Date::Stated(When::Instant(at))),
        5 => Just(Date::NextDay),
        5 => Just(Date::AfterLast),
        3 => Just(Date::AfterAny),
        2 => Just(Date::BeforeAny),
        1 => duration().prop_map(Date::SoLongAfterLast),
        2 => duration().prop_map(Date::SoLongAfterAny),
    ]
}

/// A proposal whose references are drawn before it is known what will have been admitted.
#[derive(Clone, Debug)]
struct Draft {
    event: CaseEvent,
    date: Date,
    corrects: bool,
    keeps_date: bool,
    retracts: bool,
    says_again: bool,
    pick: usize,
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let chances =
        (prop::bool::weighted(0.3), any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.12));
    (any_event(), any_date(), chances, any::<usize>()).prop_map(
        |(event, date, (corrects, keeps_date, retracts, says_again), pick)| Draft {
            event,
            date,
            corrects,
            keeps_date,
            retracts,
            says_again,
            pick,
        },
    )
}

impl Draft {
    fn when(&self, n: usize, admitted: &[Entry<CaseEvent>]) -> When {
        let Some(last) = admitted.last().map(|entry| entry.event_id) else { return When::Unknown };
        let any = admitted[self.pick / 7 % admitted.len()].event_id;
        match self.date {
            Date::Stated(when) => when,
            Date::NextDay => When::Day(id(&format!("2025-05-{n:02}"))),
            Date::AfterLast => When::After(last),
            Date::AfterAny => When::After(any),
            Date::BeforeAny => When::Before(any),
            Date::SoLongAfterLast(duration) => When::Offset(last, duration),
            Date::SoLongAfterAny(duration) => When::Offset(any, duration),
        }
    }

    fn entry(&self, n: usize, admitted: &[Entry<CaseEvent>]) -> Entry<CaseEvent> {
        let any = admitted.get(self.pick % admitted.len().max(1));
        let mut proposal = match any {
            Some(any) if self.retracts => retracting(any.seq as usize),
            Some(any) if self.says_again && any.event.retraction().is_none() => told((*any.event).clone()),
            Some(_) | None => told(self.event.clone()),
        };
        proposal.occurred = Some(self.when(n, admitted));
        let alike: Vec<EventId> = admitted
            .iter()
            .filter(|entry| {
                entry.event.event_type() == proposal.event.event_type() && entry.corrects.is_none()
            })
            .map(|entry| entry.event_id)
            .collect();
        if self.corrects && !self.retracts && !alike.is_empty() {
            proposal.corrects = Some(alike[self.pick % alike.len()]);
            proposal.occurred = proposal.occurred.filter(|_| !self.keeps_date);
        }
        proposal.entry(n)
    }
}

/// Histories as the log would have them: what a case admits, one proposal after the other.
fn any_history() -> impl Strategy<Value = Vec<Entry<CaseEvent>>> {
    prop::collection::vec(any_draft(), 0..=PROPOSALS_MAX).prop_map(|drafts| {
        let mut case = Case::default();
        let mut admitted: Vec<Entry<CaseEvent>> = Vec::new();
        for draft in &drafts {
            // Dense positions, as the log gives them.
            let n = admitted.len() + 1;
            admitted.extend(propose(&mut case, draft.entry(n, &admitted)));
        }
        admitted
    })
}

/// Any part of a history, in the log's order, with dense positions in the stream.
pub(crate) fn any_part() -> impl Strategy<Value = Vec<Entry<CaseEvent>>> {
    let kept = prop::collection::vec(prop::bool::weighted(0.7), PROPOSALS_MAX);
    (any_history(), kept).prop_map(|(history, kept)| {
        let part = history.into_iter().zip(kept).filter(|(_, kept)| *kept);
        part.zip(1..).map(|((entry, _), stream_seq)| Entry { stream_seq, ..entry }).collect()
    })
}

/// The times at which a fact begins to be included or ceases to be uncertain, a little before and after, and
/// far away.
pub(crate) fn times_to_ask_about(entries: &[Entry<CaseEvent>]) -> BTreeSet<DateTime<Utc>> {
    let facts = resolve(entries).facts;
    let bounds = facts.iter().flat_map(|fact| [fact.span.earliest, fact.span.latest]).flatten();
    let moment = TimeDelta::microseconds(1);
    let around = bounds.flat_map(|bound| [bound - moment, bound, bound + moment]);
    around.chain([at("1800-01-01T00:00:00Z"), at("2999-01-01T00:00:00Z")]).collect()
}

fn any_reference() -> Reference {
    crate::spec::haru().1
}

/// The states as they come to be event by event, through the store each time, and whether by a refold.
fn advanced(entries: &[Entry<CaseEvent>]) -> Vec<(PersonState, Advance)> {
    let mut state = PersonState::default();
    let mut states = Vec::new();
    for (entry, n) in entries.iter().zip(1..) {
        let advance = state.advance(entry);
        if advance == Advance::Refold {
            state = folded(&entries[..n]);
        }
        state = serde_json::from_str(&json(&state)).expect("a stored state reads back");
        states.push((state.clone(), advance));
    }
    states
}

fn without_marks(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("uncertain");
            fields.values_mut().for_each(without_marks);
        }
        Value::Array(items) => items.iter_mut().for_each(without_marks),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unmarked(state: &PersonState) -> Value {
    let mut value = serde_json::to_value(state).expect("a state is JSON");
    without_marks(&mut value);
    value
}

fn check_incremental(entries: &[Entry<CaseEvent>]) -> Result<(), TestCaseError> {
    for ((state, _), n) in advanced(entries).iter().zip(1..) {
        prop_assert_eq!(json(state), json(&folded(&entries[..n])), "at event {}", n);
    }
    Ok(())
}

fn check_rows(entries: &[Entry<CaseEvent>], valid_at: Option<DateTime<Utc>>) -> Result<(), TestCaseError> {
    let state = PersonState::fold_at(&resolve(entries), 0, valid_at);
    let rows = state.referrals.rows(&id("haru"));
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    prop_assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn event_by_event_comes_to_the_same_as_folding_anew(entries in any_history()) {
        check_incremental(&entries)?;
    }

    #[test]
    fn event_by_event_comes_to_the_same_for_any_part_of_a_history(entries in any_part()) {
        check_incremental(&entries)?;
    }

    #[test]
    fn a_replay_of_what_was_known_comes_to_what_the_state_was_then(entries in any_history(), known in any::<prop::sample::Index>()) {
        let known = known.index(entries.len() + 1);
        let states = advanced(&entries);
        let then = known.checked_sub(1).map_or_else(PersonState::default, |last| states[last].0.clone());
        let history = resolve(entries.iter().filter(|entry| entry.seq <= known as u64));
        prop_assert_eq!(json(&then), json(&PersonState::fold(&history, known as u64)));
    }

    #[test]
    fn whatever_part_is_asked_about_at_whatever_time_has_an_answer(entries in any_part()) {
        let reference = any_reference();
        let history = resolve(&entries);
        let times: Vec<_> = times_to_ask_about(&entries).into_iter().map(Some).chain([None]).collect();
        for valid_at in times {
            let state = PersonState::fold_at(&history, 0, valid_at);
            let plan = current_plan::show(&state.plan, as_of(valid_at), &reference);
            let shown: BTreeSet<_> = plan.plans.iter().map(|plan| (&plan.plan, plan.revision)).collect();
            prop_assert_eq!(shown.len(), plan.plans.len());
            let team = team_roster::show(&state.team, as_of(valid_at), &reference);
            prop_assert_eq!(team.layers.len(), 4);
            json(&(plan, team, timeline::show(&history, as_of(valid_at), &reference)));
            for row in state.referrals.rows(&id("haru")) {
                json(&row.item.show(&reference));
            }
            check_rows(&entries, valid_at)?;
        }
    }

    #[test]
    fn every_fact_stands_on_the_timeline_once_and_always_in_the_same_order(entries in any_part()) {
        let history = resolve(&entries);
        let shown = |valid_at| timeline::show(&history, as_of(valid_at), &Reference::default());
        let live: Vec<EventId> = shown(None).rows.iter().map(|row| row.event).collect();
        let facts: BTreeSet<EventId> = entries
            .iter()
            .filter(|entry| entry.event.retraction().is_none())
            .map(|entry| entry.corrects.unwrap_or(entry.event_id))
            .collect();
        prop_assert_eq!(live.len(), facts.len());
        prop_assert_eq!(&live.iter().copied().collect::<BTreeSet<_>>(), &facts);
        for at in times_to_ask_about(&entries) {
            let rows = shown(Some(at)).rows;
            let included = |id: &EventId| {
                history.facts.iter().any(|fact| fact.id == *id && fact.is_included_at(at))
            };
            let expected: Vec<EventId> = live.iter().copied().filter(included).collect();
            prop_assert_eq!(rows.iter().map(|row| row.event).collect::<Vec<_>>(), expected);
        }
        // What is sorted does not depend on how often or from where it is asked.
        let again = entries.clone();
        prop_assert_eq!(json(&timeline::show(&resolve(&again), as_of(None), &Reference::default())), json(&shown(None)));
    }

    #[test]
    fn once_everything_has_happened_the_past_is_the_present(entries in any_part()) {
        let history = resolve(&entries);
        let live = PersonState::fold(&history, 0);
        prop_assert_eq!(json(&PersonState::fold_at(&history, 0, Some(at("2999-01-01T00:00:00Z")))), json(&live));
        for at in times_to_ask_about(&entries) {
            if history.facts.iter().all(|fact| fact.is_included_at(at)) {
                prop_assert_eq!(unmarked(&PersonState::fold_at(&history, 0, Some(at))), unmarked(&live));
            }
        }
    }
}

#[test]
fn enough_of_what_is_tried_is_admitted_corrected_repeated_and_taken_in_without_a_refold() {
    let mut runner = TestRunner::deterministic();
    let (mut admitted, mut corrections, mut retractions, mut repeats, mut done) = (0, 0, 0, 0, 0);
    let mut types = BTreeSet::new();
    for _ in 0..384 {
        let entries = any_history().new_tree(&mut runner).expect("a history").current();
        let count = |what: fn(&Entry<CaseEvent>) -> bool| entries.iter().filter(|entry| what(entry)).count();
        admitted += entries.len();
        corrections += count(|entry| entry.corrects.is_some());
        retractions += count(|entry| entry.event.retraction().is_some());
        repeats += count(|entry| entry.repeats.is_some());
        done += advanced(&entries).iter().filter(|(_, advance)| *advance == Advance::Done).count();
        types.extend(entries.iter().map(|entry| entry.event.event_type().name));
    }
    let seen = (admitted, corrections, retractions, repeats, done);
    assert!(
        admitted > 2000 && corrections > 100 && retractions > 100 && repeats > 100 && done > 700,
        "{seen:?}"
    );
    assert_eq!(types.len(), CaseEvent::samples().len(), "{types:?}");
}
