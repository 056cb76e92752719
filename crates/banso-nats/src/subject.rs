//! Where on the bus things stand. No personal text stands in a subject.

use banso_kernel::{EventType, Header, Part, StreamId};

/// The stream of all events.
pub const EVENTS_STREAM: &str = "BANSO_EVENTS";
/// Every event: `banso.v1.events.<part>.<entity>.<event>.<stream>`.
pub const EVENTS_SUBJECTS: &str = "banso.v1.events.>";
/// Where the log stands, every second.
pub const HEARTBEAT_SUBJECT: &str = "banso.v1.heartbeat";

/// The stream of what publishers propose.
pub const INTAKE_STREAM: &str = "BANSO_INTAKE";
/// Every proposal: `banso.v1.intake.<publisher>.<entity>.<event>`. What names a publisher only belongs to no
/// event, and is not taken.
pub const INTAKE_SUBJECTS: &str = "banso.v1.intake.*.>";
pub(crate) const INTAKE_PREFIX: &str = "banso.v1.intake.";
/// The stream of what became of proposals.
pub const OUTCOMES_STREAM: &str = "BANSO_OUTCOMES";
/// Every outcome: `banso.v1.outcomes.<publisher>`.
pub const OUTCOMES_SUBJECTS: &str = "banso.v1.outcomes.*";

/// The entity that a type is about, as `GET /v1/events?aggregate=` names it: `referral`, `plan`, …; `None` for
/// a type that the binary does not know. The bus knows no rule of the field and is told.
pub type EntityOf = fn(&EventType) -> Option<&'static str>;

/// Stands for the entity of a type that the binary does not know.
const UNKNOWN_ENTITY: &str = "unknown";

/// The subject of an event: `banso.v1.events.5.referral.referral-made.person-haru`.
pub fn event_subject(header: &Header, entity_of: EntityOf) -> String {
    let entity = kebab(entity_of(&header.event_type).unwrap_or(UNKNOWN_ENTITY));
    let event = kebab(&header.event_type.name);
    format!("banso.v1.events.{}.{entity}.{event}.{}", header.part().number(), stream_token(&header.stream))
}

/// The subjects of one part's events.
pub fn part_subjects(part: Part) -> String {
    format!("banso.v1.events.{}.>", part.number())
}

/// Where a publisher's proposals stand.
pub fn intake_subjects(publisher: &str) -> String {
    format!("{INTAKE_PREFIX}{publisher}.>")
}

/// Where a publisher's outcomes stand.
pub fn outcomes_subject(publisher: &str) -> String {
    format!("banso.v1.outcomes.{publisher}")
}

/// A stream as one token: `person-haru`, `zone-east`, `registry`. Ids hold only letters, digits, `-` and `_`,
/// and no kind holds a `-`, so two streams never share a token.
pub fn stream_token(stream: &StreamId) -> String {
    stream.to_string().replacen('/', "-", 1)
}

/// `ReferralMade` → `referral-made`, `outcome_reported` → `outcome-reported`.
fn kebab(name: &str) -> String {
    let mut token = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !token.is_empty() {
            token.push('-');
        }
        token.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_kebab_case_tokens() {
        let tokens = ["ReferralMade", "Noted", "ABTest2", "outcome_reported"].map(kebab);
        assert_eq!(tokens, ["referral-made", "noted", "a-b-test2", "outcome-reported"]);
    }

    #[test]
    fn two_streams_never_share_a_token() {
        let token = |stream: &str| stream_token(&stream.parse().unwrap());
        assert_eq!(token("person/haru"), "person-haru");
        assert_eq!(token("person/a-b_c"), "person-a-b_c");
        assert_ne!(token("person/registry"), token("registry"));
        assert_ne!(token("person/east"), token("zone/east"));
    }

    #[test]
    fn what_a_stream_id_allows_is_one_token_of_a_subject() {
        // Were an id ever allowed to hold one of these, it would need an encoding here.
        for forbidden in ["a.b", "a*", ">", "a b", "a\tb", "", "ハル", "a/b"] {
            assert!(format!("person/{forbidden}").parse::<StreamId>().is_err(), "{forbidden:?}");
            assert!(format!("zone/{forbidden}").parse::<StreamId>().is_err(), "{forbidden:?}");
        }
    }
}
