//! How a predicate is written down: this happened on these days; what is found on that one.

use super::{Found, Seen};
use crate::spec::{Told, at, recorded, sample, told};
use banso_domain::case::episode::{CommunityTransitionSupportStarted, HospitalDischarged};
use banso_domain::case::note::ContactRecorded;
use banso_domain::{Reference, resolve};

/// What a predicate finds at the end of a day.
pub(crate) fn found<const N: usize>(
    told: [Told; N],
    day: &str,
    find: impl Fn(&Seen<'_>) -> Vec<Found>,
) -> Vec<Found> {
    let entries = recorded(told);
    let (history, reference) = (resolve(&entries), Reference::default());
    find(&Seen::of(&history, at(&format!("{day}T14:59:00Z")), &reference))
}

/// Their sentences.
pub(crate) fn sentences<const N: usize>(
    told: [Told; N],
    day: &str,
    find: impl Fn(&Seen<'_>) -> Vec<Found>,
) -> Vec<String> {
    found(told, day, find).into_iter().map(|found| found.sentence).collect()
}

/// 地域移行支援 began.
pub(crate) fn transition_from(day: &str) -> Told {
    told(sample::<CommunityTransitionSupportStarted>()).on(day)
}

/// The consultant met the person in hospital.
pub(crate) fn met_on(day: &str) -> Told {
    let note = crate::spec::id(&format!("haru:n-{day}"));
    told(ContactRecorded { note, ..sample() }).on(day)
}

/// The same, on a day that is not known.
pub(crate) fn met_unknown_when(when: &str) -> Told {
    told(ContactRecorded { note: crate::spec::id("haru:n-unknown"), ..sample() }).on(when)
}

/// The person left the hospital.
pub(crate) fn discharged(day: &str) -> Told {
    told(sample::<HospitalDischarged>()).on(day)
}

/// Another note of such a meeting.
pub(crate) fn met_again_on(day: &str) -> Told {
    told(ContactRecorded { note: crate::spec::id("haru:n-again"), ..sample() }).on(day)
}
