//! Nights outside to try out the life to come: the person is away, and comes back by themselves.

use super::{AWAY_TO_TRY, Tracks, WHERE_IS_UNKNOWN, follow};
use crate::Moment;
use banso_domain::case::episode::{TrialKind, TrialStayHeld};
use banso_kernel::{Duration, DurationUnit, Span, When};
use chrono::{DateTime, TimeDelta, Utc};

impl Tracks {
    /// Some nights outside; who is back on the same day lives where they lived.
    pub(super) fn try_out(&mut self, held: &TrialStayHeld, at: &Moment) {
        let nights = held.nights.value().copied();
        let stays_away = match (nights, held.kind) {
            (Some(nights), _) => nights > 0,
            (None, TrialKind::Overnight | TrialKind::TrialStay) => true,
            (None, TrialKind::TrialUse | TrialKind::Outing) => false,
        };
        if !stays_away {
            return;
        }
        let lives = self.residence.last().map_or(WHERE_IS_UNKNOWN, |place| &place.label).to_owned();
        let home = self.back.take().map_or(lives, |(_, home)| home);
        follow(&mut self.residence, AWAY_TO_TRY, at);
        self.back = Some((return_of(nights, at), home));
    }

    /// The end of a trial that is over by then; what is asked about a time before it sees the person away.
    pub(super) fn come_back(&mut self, by: Option<DateTime<Utc>>, valid_at: Option<DateTime<Utc>>) {
        if let Some((at, home)) = self.back.take_if(|(at, _)| at.span.earliest <= by) {
            let unsure = |asked: DateTime<Utc>| at.span.latest.is_none_or(|latest| asked < latest);
            let at = Moment { uncertain: valid_at.is_some_and(unsure), ..at };
            follow(&mut self.residence, &home, &at);
        }
    }
}

/// When somebody comes back who left for so many nights.
fn return_of(nights: Option<u32>, left: &Moment) -> Moment {
    let (when, span) = match nights {
        Some(nights) => {
            let later = |at: DateTime<Utc>| at.checked_add_signed(TimeDelta::days(i64::from(nights)));
            let span = Span {
                earliest: left.span.earliest.and_then(later),
                latest: left.span.latest.and_then(later),
            };
            (When::Offset(left.event, Duration { value: nights, unit: DurationUnit::Days }), span)
        }
        None => (When::After(left.event), Span { earliest: left.span.earliest, latest: None }),
    };
    Moment { when, span, ..left.clone() }
}
