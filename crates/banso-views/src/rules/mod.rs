//! What the rules of a pack look at: one predicate a file, each a pure question to a person's history. A finding is a
//! fact, what it rests on, and a question to people; never a judgement, because no record is not no action.

mod accepted_without_contact;
mod consent_of_revision;
mod contact;
mod contact_cadence;
mod contact_days_in_month;
mod goal_missing;
mod hearsay_alone;
mod meeting_without_person;
mod reassessment_after_loss;
mod request_unanswered;
mod transition_support;

use crate::Moment;
use banso_domain::case::person::PersonEvent;
use banso_domain::registry::{Check, Rule};
use banso_domain::{CaseEvent, Fact, History, Reference, Thing};
use banso_kernel::{EventId, JST, OrgId};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

/// What a predicate sees.
pub(crate) struct Seen<'a> {
    /// What stands and had, or may have, happened, in the total order.
    facts: Vec<&'a Fact<'a, CaseEvent>>,
    /// The day asked about, in Asia/Tokyo.
    today: NaiveDate,
    /// Names.
    reference: &'a Reference,
}

/// What a predicate found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// What it is about, so that it is one finding for a rule, a subject and a period.
    pub(crate) subject: String,
    /// The stretch of time it is about, if there may be several: 「2025-05」.
    pub(crate) period: Option<String>,
    /// The events it rests on.
    pub(crate) basis: Vec<EventId>,
    /// The sentence, in the manner of a review (domain.md §2.5).
    pub(crate) sentence: String,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(
        history: &'a History<'a, CaseEvent>,
        at: DateTime<Utc>,
        reference: &'a Reference,
    ) -> Self {
        let included = |fact: &&Fact<'_, CaseEvent>| fact.stands() && fact.is_included_at(at);
        let facts = history.facts.iter().filter(included).collect();
        Self { facts, today: at.with_timezone(&JST).date_naive(), reference }
    }

    /// The municipality whose numbers apply; `None` until it is recorded.
    pub(crate) fn municipality(&self) -> Option<&'a OrgId> {
        let in_charge = |event: &'a CaseEvent| match event {
            CaseEvent::Person(PersonEvent::Registered(registered)) => registered.municipality.value(),
            CaseEvent::Person(PersonEvent::MunicipalityInChargeChanged(changed)) => changed.to.org(),
            _ => None,
        };
        self.events().filter_map(|(_, _, event)| in_charge(event)).last()
    }

    /// Whether more than so many days have passed since a fact. Of an unknown day nothing else can be said.
    fn is_longer_ago_than(&self, days: u32, fact: &Fact<'_, CaseEvent>) -> bool {
        let Some(day) = last_day_of(fact) else { return true };
        day.checked_add_days(Days::new(days.into())).is_some_and(|last| last < self.today)
    }

    /// Every event, when it happened, and where it stands in the order.
    fn events(&self) -> impl Iterator<Item = (usize, &'a Fact<'a, CaseEvent>, &'a CaseEvent)> {
        self.facts.iter().enumerate().map(|(at, fact)| (at, *fact, &*fact.current.event))
    }
}

/// What a rule finds in a person's history, where these rules hold.
pub(crate) fn find(rule: &Rule, holding: &[&Rule], seen: &Seen<'_>) -> Vec<Found> {
    let unverified = if rule.verified { "" } else { "（要確認の基準）" };
    match rule.check_in(seen.municipality()) {
        Check::MeetingWithoutPerson => meeting_without_person::find(seen),
        Check::GoalMissing => goal_missing::find(seen),
        Check::ConsentOfRevision => consent_of_revision::find(seen),
        Check::ReassessmentAfterLoss { within_days } => reassessment_after_loss::find(seen, *within_days),
        Check::ContactCadence { every_days, tolerance_days } => {
            let cadence =
                contact_cadence::Cadence { every_days: *every_days, tolerance_days: *tolerance_days };
            contact_cadence::find(seen, cadence, days_in_month(holding, seen), unverified)
        }
        Check::ContactDaysInMonth { days } => contact_days_in_month::find(seen, *days, unverified),
        Check::RequestUnanswered => request_unanswered::find(seen),
        Check::AcceptedWithoutContact { within_days } => accepted_without_contact::find(seen, *within_days),
        Check::HearsayAlone => hearsay_alone::find(seen),
    }
}

/// How many days of contact a month must have, where a rule says so.
fn days_in_month(holding: &[&Rule], seen: &Seen<'_>) -> Option<u32> {
    holding.iter().find_map(|rule| match rule.check_in(seen.municipality()) {
        Check::ContactDaysInMonth { days } => Some(*days),
        _ => None,
    })
}

/// What a finding is about: 「協力依頼 haru:r2」.
fn subject(thing: Thing<'_>) -> String {
    format!("{} {}", thing.label(), thing.id())
}

/// The day a fact happened on, at the earliest; `None` where it is not known.
fn day_of<E>(fact: &Fact<'_, E>) -> Option<NaiveDate> {
    fact.span.earliest.map(|at| at.with_timezone(&JST).date_naive())
}

/// The day by which it had happened for sure; `None` where no day is known.
fn last_day_of<E>(fact: &Fact<'_, E>) -> Option<NaiveDate> {
    fact.span.earliest?;
    fact.span.latest.map(|at| at.with_timezone(&JST).date_naive())
}

/// The day a fact happened on, where it is known as exactly as that.
fn exact_day_of<E>(fact: &Fact<'_, E>) -> Option<NaiveDate> {
    day_of(fact).filter(|day| last_day_of(fact) == Some(*day))
}

/// 「4/3」, with its year where that is not this one.
fn short(day: NaiveDate, today: NaiveDate) -> String {
    if day.year() == today.year() {
        format!("{}/{}", day.month(), day.day())
    } else {
        format!("{}/{}/{}", day.year(), day.month(), day.day())
    }
}

/// 「2025-04-01」, never more exact than it is known.
fn date_of<E>(fact: &Fact<'_, E>) -> String {
    Moment::of(fact, None).text()
}

/// The beginning of somebody's words, to be recognised by.
fn beginning(words: &str) -> String {
    const CHARS: usize = 11;
    words.trim().chars().take(CHARS).take_while(|char| !"。、".contains(*char)).collect()
}

#[cfg(test)]
mod spec;

#[cfg(test)]
mod specs {
    use super::Seen;
    use crate::spec::{at, id, recorded, sample, told};
    use banso_domain::case::person::{MunicipalityInChargeChanged, PersonRegistered};
    use banso_domain::{Reference, resolve};
    use banso_kernel::{OrgId, Party, Stated};

    #[test]
    fn the_municipality_is_the_one_in_charge_on_the_day_asked_about() {
        let registered = PersonRegistered { municipality: Stated::Value(id("city")), ..sample() };
        let changed = MunicipalityInChargeChanged { to: Party::Org(id("town")), ..sample() };
        let entries = recorded([told(registered).on("2025-04-01"), told(changed).on("2025-05-01")]);
        let (history, reference) = (resolve(&entries), Reference::default());
        let in_charge = |day: &str| {
            let at = at(&format!("{day}T12:00:00Z"));
            Seen::of(&history, at, &reference).municipality().map(OrgId::to_string)
        };
        assert_eq!(in_charge("2025-03-31"), None);
        assert_eq!(in_charge("2025-04-30").as_deref(), Some("city"));
        assert_eq!(in_charge("2025-05-02").as_deref(), Some("town"));
    }
}
