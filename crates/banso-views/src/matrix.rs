//! Which event changes which read model. A new event or a new read model shows itself here.

use crate::spec::{as_of, consultant, folded, id, json, org, recorded, retracting, sample, told, volunteer};
use crate::{current_plan, team_roster, timeline};
use banso_domain::case::episode::{CommunityTransitionSupportStarted, HospitalAdmitted};
use banso_domain::case::person::{KeyPersonChange, KeyPersonChanged};
use banso_domain::case::plan::{LinkRelation, PlanDrafted, PlanItemLinked, PlanKind};
use banso_domain::case::referral::ReferralMade;
use banso_domain::case::team::SupportStarted;
use banso_domain::{CaseEvent, Entry, Reference, StreamEvent, resolve};

/// A small case in which every event has something to change.
fn before() -> Vec<CaseEvent> {
    let mother = KeyPersonChanged { change: KeyPersonChange::Added, ..sample() };
    let first = ReferralMade {
        referral: id("haru:r1"),
        from: volunteer(),
        to: vec![org("d-hoken")],
        parent: None,
        ..sample()
    };
    vec![
        sample::<CommunityTransitionSupportStarted>().into(),
        sample::<HospitalAdmitted>().into(),
        mother.into(),
        first.into(),
        ReferralMade { to: vec![consultant()], ..sample() }.into(),
        sample::<PlanDrafted>().into(),
        sample::<SupportStarted>().into(),
        PlanDrafted { plan: id("haru:plan-transition-request"), kind: PlanKind::Transition, ..sample() }
            .into(),
        PlanItemLinked { relation: LinkRelation::Partly, ..sample() }.into(),
    ]
}

/// What each read model shows.
fn shown(entries: &[Entry<CaseEvent>]) -> [String; 4] {
    let (state, reference) = (folded(entries), Reference::default());
    let timeline = timeline::show(&resolve(entries), as_of(None), &reference);
    [
        json(&current_plan::show(&state.plan, as_of(None), &reference)),
        json(&team_roster::show(&state.team, as_of(None), &reference)),
        format!("{:?}", state.referrals.rows(&id("haru"))),
        json(&timeline.tracks),
    ]
}

#[test]
fn each_event_changes_the_read_models_that_the_table_says() {
    let mut table = vec![format!("{:<36}plan  team  referrals  tracks", "")];
    for event in CaseEvent::samples() {
        // What the event says has not been said before.
        let before = before().into_iter().filter(|said| *said != event).zip(1..);
        let before = before.map(|(event, n)| told(event).on(&format!("2025-04-{n:02}")));
        let last = match event.retraction() {
            None => told(event.clone()),
            Some(_) => retracting(1),
        };
        let entries = recorded(before.chain([last.on("2025-05-01")]));
        let (were, are) = (shown(&entries[..entries.len() - 1]), shown(&entries));
        let marks = were.iter().zip(&are).map(|(was, is)| if was == is { "·" } else { "x" });
        let marks: Vec<&str> = marks.collect();
        table.push(format!(
            "{:<36}{}     {}     {}          {}",
            StreamEvent::event_type(&event).name,
            marks[0],
            marks[1],
            marks[2],
            marks[3]
        ));
    }
    insta::assert_snapshot!(table.join("\n"));
}
