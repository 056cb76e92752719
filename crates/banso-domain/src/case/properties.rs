//! What holds for a case whatever is proposed to it.

use super::spec::{event, told};
use super::{Case, CaseEvent};
use crate::case::person::{FactRecorded, PersonDied, PersonVoiceRecorded};
use crate::case::plan::{
    PlanChange, PlanConsented, PlanDrafted, PlanEvent, PlanItem, PlanItemLinked, PlanRevised,
};
use crate::case::referral::{ReferralAccepted, ReferralMade};
use crate::case::team::MemberJoined;
use crate::{Entry, EventRetracted, Payload, Propose, StreamEvent, resolve, rewrites};
use banso_kernel::Party;
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Longest sequence of proposals tried; `Told::on` knows that many.
const PROPOSALS_MAX: usize = 18;

fn any_referral() -> impl Strategy<Value = CaseEvent> {
    (1u8..5, prop::option::of(1u8..5)).prop_map(|(number, parent)| {
        let id = |number: u8| format!("haru:r{number}").parse().unwrap();
        ReferralMade { referral: id(number), parent: parent.map(id), ..ReferralMade::sample() }.into()
    })
}

/// Revisions of a few bases that touch a few rows.
fn any_revision() -> impl Strategy<Value = CaseEvent> {
    let change = (0u8..3, 1u8..4, 1u32..4).prop_map(|(kind, item, priority)| {
        let item: banso_kernel::PlanItemId = item.to_string().parse().unwrap();
        let row = PlanItem {
            item: item.clone(),
            priority: priority.into(),
            ..PlanDrafted::sample().items.remove(0)
        };
        match kind {
            0 => PlanChange::AddItem(row),
            1 => PlanChange::ChangeItem(row),
            _ => PlanChange::DropItem(item),
        }
    });
    (1u32..4, prop::collection::vec(change, 0..3)).prop_map(|(base_rev, changes)| {
        PlanRevised { rev: base_rev + 1, base_rev, changes, ..PlanRevised::sample() }.into()
    })
}

/// Events that touch the same few ids and words again and again, now and then another person's.
fn any_event() -> impl Strategy<Value = CaseEvent> {
    let words = prop::sample::select(vec!["一", "二", "三"]);
    let party = prop::sample::select(vec![
        Party::Person,
        Party::NotRecorded,
        Party::Org("c-soudan".parse().unwrap()),
        crate::samples::consultant(),
    ]);
    let fact = prop::sample::select(vec!["haru:f1", "haru:f2", "aki:f1"]);
    prop_oneof![
        4 => any_referral(),
        3 => (fact, words.clone()).prop_map(|(fact, words)| {
            FactRecorded { fact: fact.parse().unwrap(), statement: words.into(), ..FactRecorded::sample() }.into()
        }),
        2 => words.prop_map(|text| PersonVoiceRecorded { text: text.into(), ..PersonVoiceRecorded::sample() }.into()),
        2 => party.clone().prop_map(|by| ReferralAccepted { by, ..ReferralAccepted::sample() }.into()),
        1 => party.clone().prop_map(|told_by| PersonDied { told_by, ..PersonDied::sample() }.into()),
        2 => party.prop_map(|party| MemberJoined { party, ..MemberJoined::sample() }.into()),
        2 => (0u32..3).prop_map(|rev| PlanConsented { rev, ..PlanConsented::sample() }.into()),
        3 => any_revision(),
        1 => Just(PlanItemLinked::sample().into()),
        1 => Just(PlanDrafted::sample().into()),
        2 => prop::sample::select(CaseEvent::samples()),
    ]
}

/// A proposal whose references are drawn before it is known what will have been admitted.
#[derive(Clone, Debug)]
struct Draft {
    event: CaseEvent,
    when: &'static str,
    corrects: bool,
    retracts: bool,
    dated: bool,
    pick: usize,
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let dates = vec![
        "unknown",
        "unknown",
        "2025-05-01",
        "2025-05-17",
        "2025-05-30",
        "2025-06-02",
        "after:#",
        "before:#",
        "#+P14D",
    ];
    let chances = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), any::<bool>());
    (any_event(), prop::sample::select(dates), chances, any::<usize>()).prop_map(
        |(event, when, (corrects, retracts, dated), pick)| Draft {
            event,
            when,
            corrects,
            retracts,
            dated,
            pick,
        },
    )
}

impl Draft {
    /// The proposal, which refers to what was admitted; now and then to itself, which is not yet known.
    fn entry(&self, n: usize, admitted: &[Entry<CaseEvent>]) -> Entry<CaseEvent> {
        let numbers: Vec<usize> = admitted.iter().map(|entry| entry.stream_seq as usize).chain([n]).collect();
        let any = numbers[self.pick % numbers.len()];
        let alike: Vec<usize> = admitted
            .iter()
            .filter(|entry| entry.event.event_type() == self.event.event_type() && entry.corrects.is_none())
            .map(|entry| entry.stream_seq as usize)
            .collect();
        let original = if alike.is_empty() { any } else { alike[self.pick % alike.len()] };
        let when = self.when.replace('#', &format!("#{}", numbers[self.pick / 7 % numbers.len()]));
        if self.retracts {
            return told(EventRetracted { event: event(any), reason: "誤記".into() }).on(&when).entry(n);
        }
        let proposal = told(self.event.clone());
        let proposal = match (self.corrects, self.dated) {
            (true, true) => proposal.correcting(original).on(&when),
            (true, false) => proposal.correcting(original),
            (false, _) => proposal.on(&when),
        };
        proposal.entry(n)
    }
}

fn any_drafts() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec(any_draft(), 0..=PROPOSALS_MAX)
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a decision waits for nothing"),
    }
}

fn propose(case: &mut Case, entry: Entry<CaseEvent>) -> Result<Entry<CaseEvent>, crate::Refusal> {
    let sink = EventSink::default();
    now(case.handle(Propose { owner: "haru".into(), entry }, &(), &sink))?;
    Ok(now(sink.collect()).remove(0))
}

/// The case after all proposals, and what it admitted.
fn told_in_turn(drafts: &[Draft]) -> (Case, Vec<Entry<CaseEvent>>) {
    let mut case = Case::default();
    let mut admitted = Vec::new();
    for (draft, n) in drafts.iter().zip(1..) {
        admitted.extend(propose(&mut case, draft.entry(n, &admitted)));
    }
    (case, admitted)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_case_is_the_same_however_it_came_to_be(drafts in any_drafts()) {
        let (case, admitted) = told_in_turn(&drafts);
        let mut rebuilt = Case::default();
        for entry in &admitted {
            rebuilt.apply(entry.clone());
        }
        prop_assert_eq!(&case.clone().nobodys(), &rebuilt);
        prop_assert_eq!(Case::of(admitted.clone()), rebuilt);

        let json = serde_json::to_string(&case).unwrap();
        let restored: Case = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&restored, &case);
        // And it decides the same afterwards.
        for event in CaseEvent::samples() {
            let entry = told(event).entry(PROPOSALS_MAX + 1);
            prop_assert_eq!(propose(&mut case.clone(), entry.clone()), propose(&mut restored.clone(), entry));
        }
        prop_assert_eq!(restored.nobodys(), case.nobodys());
    }

    #[test]
    fn a_case_without_its_history_decides_the_same(drafts in any_drafts()) {
        let (mut case, mut slim, mut admitted) = (Case::default(), Case::default(), Vec::new());
        for (draft, n) in drafts.iter().zip(1..) {
            let entry = draft.entry(n, &admitted);
            if rewrites(&*entry.event, entry.corrects) {
                slim = Case::of(admitted.clone());
            } else {
                slim.forget_history();
            }
            let decided = propose(&mut case, entry.clone());
            prop_assert_eq!(&propose(&mut slim, entry), &decided);
            admitted.extend(decided);
        }
        case.forget_history();
        slim.forget_history();
        prop_assert_eq!(case, slim);
    }

    #[test]
    fn what_a_case_keeps_is_what_its_history_says(drafts in any_drafts()) {
        let (case, admitted) = told_in_turn(&drafts);
        prop_assert!(case.keeps_what_is_said_by(&resolve(&admitted)));
    }

    #[test]
    fn what_is_admitted_has_no_circle_and_nothing_that_stands_in_the_future(drafts in any_drafts()) {
        let (_, admitted) = told_in_turn(&drafts);
        let Some(last) = admitted.last() else { return Ok(()) };
        let limit = last.recorded_at + crate::FUTURE_SKEW;
        for fact in resolve(&admitted).facts {
            prop_assert_ne!(fact.date_lost, Some(crate::DateLost::Cycle));
            prop_assert_ne!(fact.date_lost, Some(crate::DateLost::AnchorMissing));
            prop_assert!(fact.retracted.is_some() || fact.span.earliest.is_none_or(|earliest| earliest <= limit));
        }
    }

    #[test]
    fn one_base_has_one_next_revision_and_a_row_one_life(drafts in any_drafts()) {
        let drafts = drafts.into_iter().map(|draft| Draft { corrects: false, retracts: false, ..draft });
        let (_, admitted) = told_in_turn(&drafts.collect::<Vec<_>>());
        let news = admitted.iter().filter(|entry| entry.repeats.is_none());
        let (mut revisions, mut added) = (BTreeSet::new(), BTreeSet::new());
        for entry in news {
            let CaseEvent::Plan(PlanEvent::Revised(revised)) = &*entry.event else { continue };
            prop_assert!(revisions.insert((revised.plan.clone(), revised.base_rev)));
            for change in &revised.changes {
                if let PlanChange::AddItem(row) = change {
                    // One told late may add what a later one, told before it, added too.
                    let is_last = revisions.iter().all(|(_, base)| *base <= revised.base_rev);
                    prop_assert!(added.insert(row.item.clone()) || !is_last, "{}", row.item);
                }
            }
        }
    }

    #[test]
    fn a_refused_proposal_leaves_the_case_as_it_was(drafts in any_drafts(), last in any_draft()) {
        let (case, admitted) = told_in_turn(&drafts);
        let mut asked = case.clone();
        if propose(&mut asked, last.entry(PROPOSALS_MAX + 1, &admitted)).is_err() {
            prop_assert_eq!(asked.clone().nobodys(), case.clone().nobodys());
        }
    }
}

#[test]
fn enough_of_the_proposals_tried_are_admitted() {
    let mut runner = TestRunner::deterministic();
    let (mut admitted, mut corrections, mut retractions, mut repeats) = (0, 0, 0, 0);
    for _ in 0..512 {
        let (_, entries) = told_in_turn(&any_drafts().new_tree(&mut runner).unwrap().current());
        let count = |what: fn(&Entry<CaseEvent>) -> bool| entries.iter().filter(|entry| what(entry)).count();
        admitted += entries.len();
        corrections += count(|entry| entry.corrects.is_some());
        retractions += count(|entry| entry.event.retraction().is_some());
        repeats += count(|entry| entry.repeats.is_some());
    }
    let seen = (admitted, corrections, retractions, repeats);
    assert!(admitted > 800 && corrections > 50 && retractions > 50 && repeats > 50, "{seen:?}");
}
