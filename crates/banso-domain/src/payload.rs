//! What the file of an event provides, and how payloads are read: strictly at the door, leniently from the
//! log.

use banso_kernel::{
    EntitlementId, EpisodeId, EventId, EventType, FactId, MeetingId, Party, Personal, PlanId, ReferralId,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{borrow::Cow, fmt};

/// The payload of an event type.
pub trait Payload: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug {
    /// The name on the wire and everywhere else.
    const NAME: &'static str;
    /// The version of the payload's shape.
    const VERSION: u16 = 1;

    /// The label people see, in Japanese.
    fn label(&self) -> Cow<'_, str>;

    /// Who did it, in contrast to who recorded it.
    fn doers(&self) -> Vec<&Party>;

    /// With whom, or to whom, it was done.
    fn counterparts(&self) -> Vec<&Party> {
        Vec::new()
    }

    /// What it says, in one line for the timeline.
    fn detail(&self) -> Option<Personal<String>>;

    /// The thing with an id of its own that the event brings.
    fn brings(&self) -> Option<Thing<'_>> {
        None
    }

    /// The things of others that it refers to. What is not recorded (yet) is shown as missing.
    fn refers_to(&self) -> Vec<Thing<'_>> {
        Vec::new()
    }

    /// One example, frozen as a file: what the wire looks like.
    fn sample() -> Self;

    /// The type on the wire.
    fn event_type() -> EventType {
        EventType { name: Cow::Borrowed(Self::NAME), version: Self::VERSION }
    }
}

/// A thing of the person that other events refer to by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing<'a> {
    /// A request for help.
    Referral(&'a ReferralId),
    /// A hospital stay, or a support with a beginning and an end.
    Episode(&'a EpisodeId),
    /// An application for services.
    Application(&'a EntitlementId),
    /// A plan.
    Plan(&'a PlanId),
    /// A meeting.
    Meeting(&'a MeetingId),
    /// A fact.
    Fact(&'a FactId),
}

impl Thing<'_> {
    /// What kind of thing it is, as people see it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Referral(_) => "協力依頼",
            Self::Episode(_) => "入院・支援の開始",
            Self::Application(_) => "利用申請",
            Self::Plan(_) => "計画案",
            Self::Meeting(_) => "会議",
            Self::Fact(_) => "わかったこと",
        }
    }

    /// Its id.
    pub fn id(self) -> String {
        match self {
            Self::Referral(id) => id.to_string(),
            Self::Episode(id) => id.to_string(),
            Self::Application(id) => id.to_string(),
            Self::Plan(id) => id.to_string(),
            Self::Meeting(id) => id.to_string(),
            Self::Fact(id) => id.to_string(),
        }
    }
}

/// A yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It says something that the stream did not know.
    New,
    /// This event already said the same: kept, because somebody else knew it too, and ignored by states.
    Repeats(EventId),
}

/// The admission rule of an event type, against the state of its stream.
pub(crate) trait Admit<State = crate::Case> {
    /// Yes, a repetition, or a named no.
    fn admit(&self, state: &State) -> Result<Admission, crate::Refusal>;
}

/// Why bytes are not a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nobody here knows this type, or this version of it.
    #[error("{0} is not known here")]
    UnknownType(EventType),
    /// The bytes are not of the type's shape.
    #[error("{reason}")]
    Malformed {
        /// JSON pointer into the data.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
}

/// Reads what the log has: fields that a newer banso added are skipped.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(body).map_err(|e| {
        // Such a reason may be logged, so it quotes nothing from the body.
        let reason = format!("not of its type's shape, line {}, column {}", e.line(), e.column());
        ReadError::Malformed { pointer: String::new(), reason }
    })
}

/// Reads what a publisher sends: a field that the type does not have is an error, and every error says where.
pub(crate) fn read_strictly<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    let mut unknown = None;
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut note_unknown = |path: serde_ignored::Path<'_>| {
        unknown.get_or_insert_with(|| segments(&path));
    };
    let strict = serde_ignored::Deserializer::new(&mut json, &mut note_unknown);
    let value = serde_path_to_error::deserialize(strict).map_err(|e| ReadError::Malformed {
        pointer: error_pointer(e.path()),
        reason: e.into_inner().to_string(),
    })?;
    json.end().map_err(|e| ReadError::Malformed { pointer: String::new(), reason: e.to_string() })?;
    match unknown {
        Some(unknown) => {
            let pointer = pointer_to(&unknown, &read(body)?).unwrap_or_default();
            Err(ReadError::Malformed { pointer, reason: "unknown field".to_owned() })
        }
        None => Ok(value),
    }
}

fn error_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { variant } => format!("{pointer}/{}", escape(variant)),
        Segment::Unknown => pointer,
    })
}

fn segments(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, segment) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    let mut segments = segments(parent);
    segments.extend(segment);
    segments
}

/// The pointer along these segments. `serde_ignored` leaves out the names of enum variants: where a segment
/// is missing, it is looked for inside the only field that there is.
fn pointer_to(segments: &[String], at: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    let Some((segment, rest)) = segments.split_first() else { return Some(String::new()) };
    let child = match at {
        Value::Object(fields) => fields.get(segment),
        Value::Array(list) => segment.parse::<usize>().ok().and_then(|index| list.get(index)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let direct = child.and_then(|child| pointer_to(rest, child));
    if let Some(pointer) = direct {
        return Some(format!("/{}{pointer}", escape(segment)));
    }
    match at.as_object().map(|fields| fields.iter().collect::<Vec<_>>()).as_deref() {
        Some([(variant, inside)]) => Some(format!("/{}{}", escape(variant), pointer_to(segments, inside)?)),
        Some(_) | None => None,
    }
}

/// RFC 6901.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The enum of one entity's events, with all that follows from the list.
macro_rules! entity_events {
    ($(#[$doc:meta])* $name:ident of $stream:ident::$entity:ident admitted by $state:ty { $($(#[$variant_doc:meta])* $variant:ident($payload:ty)),+ $(,)? }) => {
        $crate::payload::entity_events! { $(#[$doc])* $name { $($(#[$variant_doc])* $variant($payload)),+ } }

        impl $name {
            pub(crate) fn admit(&self, state: &$state) -> Result<$crate::Admission, $crate::Refusal> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Admit::<$state>::admit(payload, state)),+
                }
            }
        }

        $(
            impl From<$payload> for $stream {
                fn from(payload: $payload) -> Self {
                    Self::$entity($name::$variant(payload))
                }
            }
        )+
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($payload:ty)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "events are kept behind an Arc")]
        pub enum $name {
            $($(#[$variant_doc])* $variant($payload)),+
        }

        impl $name {
            /// The payload in these bytes, by `read`; `None` where the type is not one of this entity.
            pub(crate) fn read_with(
                event_type: &banso_kernel::EventType,
                body: &[u8],
                strictly: bool,
            ) -> Option<Result<Self, $crate::payload::ReadError>> {
                use $crate::payload::{Payload, read, read_strictly};
                $(
                    if event_type.name == <$payload as Payload>::NAME
                        && event_type.version == <$payload as Payload>::VERSION
                    {
                        let payload: Result<$payload, _> =
                            if strictly { read_strictly(body) } else { read(body) };
                        return Some(payload.map(Self::$variant));
                    }
                )+
                None
            }

            /// Whether a type is one of this entity, in whichever version.
            pub(crate) fn knows(event_type: &banso_kernel::EventType) -> bool {
                [$(<$payload as $crate::payload::Payload>::NAME),+].contains(&event_type.name.as_ref())
            }

            /// The type on the wire.
            pub fn event_type(&self) -> banso_kernel::EventType {
                match self {
                    $(Self::$variant(_) => <$payload as $crate::payload::Payload>::event_type()),+
                }
            }

            /// The label people see.
            pub fn label(&self) -> std::borrow::Cow<'_, str> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::label(payload)),+
                }
            }

            /// Who did it.
            pub fn doers(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::doers(payload)),+
                }
            }

            /// With whom, or to whom, it was done.
            pub fn counterparts(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::counterparts(payload)),+
                }
            }

            /// What it says, in one line.
            pub fn detail(&self) -> Option<banso_kernel::Personal<String>> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::detail(payload)),+
                }
            }

            /// The payload as JSON, laid out for people.
            pub fn to_pretty_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_string_pretty(payload)),+
                }
            }

            /// The thing that it brings.
            pub fn brings(&self) -> Option<$crate::payload::Thing<'_>> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::brings(payload)),+
                }
            }

            /// The things of others that it refers to.
            pub fn refers_to(&self) -> Vec<$crate::payload::Thing<'_>> {
                match self {
                    $(Self::$variant(payload) => $crate::payload::Payload::refers_to(payload)),+
                }
            }

            /// One frozen example of each.
            pub fn samples() -> Vec<Self> {
                vec![$(Self::$variant(<$payload as $crate::payload::Payload>::sample())),+]
            }
        }

        $(
            impl From<$payload> for $name {
                fn from(payload: $payload) -> Self {
                    Self::$variant(payload)
                }
            }
        )+
    };
}
pub(crate) use entity_events;

/// An enum of the field's words: the name on the wire, and the label people see.
macro_rules! labelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = $label] $variant),+
        }

        impl $name {
            /// The label people see.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label),+
                }
            }
        }
    };
}
pub(crate) use labelled;

/// The enum of one stream's events: its entities, with all that follows from the list.
macro_rules! stream_events {
    ($(#[$doc:meta])* $name:ident { $($(#[$entity_doc:meta])* $entity:ident($events:ty) = $token:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "events are kept behind an Arc")]
        pub enum $name {
            $($(#[$entity_doc])* $entity($events)),+
        }

        impl $name {
            /// Reads what a publisher sends: every field must be known, every error says where it is.
            pub fn read(
                event_type: &banso_kernel::EventType,
                body: &[u8],
            ) -> Result<Self, $crate::payload::ReadError> {
                Self::read_with(event_type, body, true)
            }

            /// Reads what the log has: a field that a newer banso added is skipped.
            pub fn read_recorded(
                event_type: &banso_kernel::EventType,
                body: &[u8],
            ) -> Result<Self, $crate::payload::ReadError> {
                Self::read_with(event_type, body, false)
            }

            fn read_with(
                event_type: &banso_kernel::EventType,
                body: &[u8],
                strictly: bool,
            ) -> Result<Self, $crate::payload::ReadError> {
                $(
                    if let Some(event) = <$events>::read_with(event_type, body, strictly) {
                        return event.map(Self::$entity);
                    }
                )+
                Err($crate::payload::ReadError::UnknownType(event_type.clone()))
            }

            /// The entities of this stream.
            pub const ENTITIES: &'static [&'static str] = &[$($token),+];

            /// The entity that a type is about; `None` for a type that is not known here.
            pub fn entity_of(event_type: &banso_kernel::EventType) -> Option<&'static str> {
                $(
                    if <$events>::knows(event_type) {
                        return Some($token);
                    }
                )+
                None
            }

            /// The entity that the event is about: `referral`, `plan`, ….
            pub fn entity(&self) -> &'static str {
                match self {
                    $(Self::$entity(_) => $token),+
                }
            }

            /// The label people see.
            pub fn label(&self) -> std::borrow::Cow<'_, str> {
                match self {
                    $(Self::$entity(event) => event.label()),+
                }
            }

            /// Who did it, in contrast to who recorded it.
            pub fn doers(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$entity(event) => event.doers()),+
                }
            }

            /// With whom, or to whom, it was done.
            pub fn counterparts(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$entity(event) => event.counterparts()),+
                }
            }

            /// What it says, in one line.
            pub fn detail(&self) -> Option<banso_kernel::Personal<String>> {
                match self {
                    $(Self::$entity(event) => event.detail()),+
                }
            }

            /// The payload as JSON, laid out for people: as in the frozen samples and the documentation.
            pub fn to_pretty_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$entity(event) => event.to_pretty_json()),+
                }
            }

            /// The thing with an id of its own that it brings.
            pub fn brings(&self) -> Option<$crate::payload::Thing<'_>> {
                match self {
                    $(Self::$entity(event) => event.brings()),+
                }
            }

            /// The things of others that it refers to.
            pub fn refers_to(&self) -> Vec<$crate::payload::Thing<'_>> {
                match self {
                    $(Self::$entity(event) => event.refers_to()),+
                }
            }

            /// One frozen example of each type.
            pub fn samples() -> Vec<Self> {
                let mut samples = Vec::new();
                $(samples.extend(<$events>::samples().into_iter().map(Self::$entity));)+
                samples
            }
        }

        impl $crate::entry::StreamEvent for $name {
            fn event_type(&self) -> banso_kernel::EventType {
                match self {
                    $(Self::$entity(event) => event.event_type()),+
                }
            }

            fn retraction(&self) -> Option<&$crate::correction::EventRetracted> {
                if let Self::Correction($crate::correction::CorrectionEvent::Retracted(retraction)) = self {
                    Some(retraction)
                } else {
                    None
                }
            }
        }

        $(
            impl From<$events> for $name {
                fn from(event: $events) -> Self {
                    Self::$entity(event)
                }
            }
        )+
    };
}
pub(crate) use stream_events;

#[cfg(test)]
mod specs;
