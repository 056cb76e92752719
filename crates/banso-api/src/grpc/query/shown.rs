//! What several answers show, as messages.

use banso_app::views::{self, MomentShown, PartyShown};
use banso_kernel::{Personal, Stated};
use banso_proto::v1::{AsOf, Moment, Party};
use chrono::{DateTime, Utc};
use prost_types::Timestamp;

pub(super) fn as_of(as_of: &views::AsOf) -> AsOf {
    AsOf {
        person: as_of.person.to_string(),
        valid_at: as_of.valid_at.map(time),
        known_seq: as_of.known_seq,
        stream_seq: as_of.stream_seq,
    }
}

pub(super) fn time(at: DateTime<Utc>) -> Timestamp {
    // chrono counts a leap second beyond the last nanosecond; a Timestamp has none.
    let nanos = at.timestamp_subsec_nanos().min(999_999_999);
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(nanos).unwrap_or_default() }
}

pub(super) fn party(party: PartyShown) -> Party {
    let PartyShown { name, actor, org, role, unregistered } = party;
    Party {
        name: name.reveal().clone(),
        actor: actor.map(|actor| actor.to_string()),
        org: org.map(|org| org.to_string()),
        role,
        unregistered,
    }
}

pub(super) fn parties(parties: Vec<PartyShown>) -> Vec<Party> {
    parties.into_iter().map(party).collect()
}

pub(super) fn moment(moment: MomentShown) -> Moment {
    let MomentShown { event, text, occurred, earliest, latest, uncertain } = moment;
    Moment {
        event: event.to_string(),
        text,
        occurred: occurred.to_string(),
        earliest: earliest.map(time),
        latest: latest.map(time),
        uncertain,
    }
}

/// What a form says; absent = the source does not say.
pub(super) fn stated<T>(stated: Stated<T>) -> Option<T> {
    match stated {
        Stated::NotRecorded => None,
        Stated::Value(value) => Some(value),
    }
}

pub(super) fn personal(text: Stated<Personal<String>>) -> Option<String> {
    stated(text).map(|text| text.reveal().clone())
}
