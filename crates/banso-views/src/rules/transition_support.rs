//! 地域移行支援 from its beginning to the discharge, and the days on which the person was met in it.

use super::contact::{contacts, everybody, is_with_the_person};
use super::{Seen, day_of, exact_day_of, last_day_of};
use banso_domain::case::episode::{CommunityTransitionSupportStarted, EpisodeEvent};
use banso_domain::{CaseEvent, Fact};
use banso_kernel::EventId;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// The support as far as the day asked about. Where a day is not known exactly the stretch is the shorter one:
/// nothing is asked about days that may lie outside.
pub(super) struct TransitionSupport<'a> {
    pub(super) started_by: EventId,
    pub(super) started: &'a CommunityTransitionSupportStarted,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    /// The days on which somebody of the provider met the person, and the notes that say so.
    pub(super) days: BTreeMap<NaiveDate, Vec<EventId>>,
    /// Notes of such meetings, on a day that is not known, in this stretch.
    undated: Vec<&'a Fact<'a, CaseEvent>>,
}

/// How many months back a month is asked about: twice as long as the support is granted for.
const MONTHS_MAX: usize = 12;

pub(super) fn all<'a>(seen: &Seen<'a>) -> Vec<TransitionSupport<'a>> {
    let supports = seen.events().filter_map(|(at, fact, event)| match event {
        CaseEvent::Episode(EpisodeEvent::TransitionSupportStarted(started)) => {
            TransitionSupport::of(seen, at, fact, started)
        }
        _ => None,
    });
    supports.collect()
}

impl<'a> TransitionSupport<'a> {
    fn of(
        seen: &Seen<'a>,
        at: usize,
        fact: &'a Fact<'a, CaseEvent>,
        started: &'a CommunityTransitionSupportStarted,
    ) -> Option<Self> {
        let from = last_day_of(fact)?;
        let mut discharges = seen.events().filter(|(behind, _, event)| {
            *behind > at && matches!(event, CaseEvent::Episode(EpisodeEvent::HospitalDischarged(_)))
        });
        let (mut to, mut ends_at) = (seen.today, usize::MAX);
        if let Some((behind, discharge, _)) = discharges.next() {
            to = to.min(day_of(discharge)?);
            ends_at = behind;
        }
        to = started.until.value().map_or(to, |until| to.min(*until));
        let mut support =
            Self { started_by: fact.id, started, from, to, days: BTreeMap::new(), undated: Vec::new() };
        for (place, note, contact) in contacts(seen) {
            let of_provider = started
                .provider
                .org()
                .is_none_or(|provider| everybody(contact).any(|party| party.org() == Some(provider)));
            if !of_provider || !is_with_the_person(contact) {
                continue;
            }
            match exact_day_of(note) {
                Some(day) if (from..=to).contains(&day) => support.days.entry(day).or_default().push(note.id),
                Some(_) => {}
                None if (at..ends_at).contains(&place) => support.undated.push(note),
                None => {}
            }
        }
        (from <= to).then_some(support)
    }

    /// The months that lie wholly within it, as their first and last days; the latest ones, in order.
    pub(super) fn months(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let mut months = Vec::new();
        let mut first = self.to.with_day(1);
        while let Some(begins) = first.filter(|first| *first >= self.from && months.len() < MONTHS_MAX) {
            let last = begins.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt());
            months.extend(last.filter(|last| *last <= self.to).map(|last| (begins, last)));
            first = begins.checked_sub_months(chrono::Months::new(1));
        }
        months.reverse();
        months
    }

    /// On how many days the person was met in a stretch.
    pub(super) fn days_in(&self, (first, last): (NaiveDate, NaiveDate)) -> usize {
        self.days.range(first..=last).count()
    }

    /// That there are notes without a day that may lie between these days: what is not known is said.
    pub(super) fn undated_between(&self, first: NaiveDate, last: NaiveDate) -> String {
        let may_be = |fact: &&&Fact<'_, CaseEvent>| {
            day_of(fact).is_none_or(|day| day <= last) && last_day_of(fact).is_none_or(|day| first <= day)
        };
        match self.undated.iter().filter(may_be).count() {
            0 => String::new(),
            notes => format!("日付の分からない面会の記録がほかに{notes}件あります。"),
        }
    }
}
