//! What follows from a list: of an entity's events, of a stream's entities, of the field's words. The lists stand
//! where they are read (`case/mod.rs`, `<entity>/mod.rs`); this is the machinery.

/// The enum of one entity's events, with all that follows from the list.
macro_rules! entity_events {
    ($(#[$doc:meta])* $name:ident of $stream:ident::$entity:ident admitted by $state:ty { $($(#[$variant_doc:meta])* $variant:ident($payload:ty)),+ $(,)? }) => {
        $crate::payload::entity_events! { $(#[$doc])* $name { $($(#[$variant_doc])* $variant($payload)),+ } }

        impl $name {
            pub(crate) fn admit(&self, state: &$state) -> Result<$crate::Admission, $crate::Refusal> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Admit<$state>>::admit(payload, state)),+
                }
            }
        }

        $(
            impl From<$payload> for $stream {
                fn from(payload: $payload) -> Self {
                    Self::$entity(payload.into())
                }
            }
        )+
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($payload:ty)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* $variant(std::sync::Arc<$payload>)),+
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
                        return Some(payload.map(Self::from));
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
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::label(payload)),+
                }
            }

            /// Who did it.
            pub fn doers(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::doers(payload)),+
                }
            }

            /// With whom, or to whom, it was done.
            pub fn counterparts(&self) -> Vec<&banso_kernel::Party> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::counterparts(payload)),+
                }
            }

            /// What it says, in one line.
            pub fn detail(&self) -> Option<banso_kernel::Personal<String>> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::detail(payload)),+
                }
            }

            /// The payload as JSON, laid out for people.
            pub fn to_pretty_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_string_pretty(&**payload)),+
                }
            }

            /// The thing that it brings.
            pub fn brings(&self) -> Option<$crate::thing::Thing<'_>> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::brings(payload)),+
                }
            }

            /// The things of others that it refers to.
            pub fn refers_to(&self) -> Vec<$crate::thing::Thing<'_>> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::refers_to(payload)),+
                }
            }

            /// The events that it refers to.
            pub fn refers_to_events(&self) -> Vec<banso_kernel::EventId> {
                match self {
                    $(Self::$variant(payload) => <$payload as $crate::payload::Payload>::refers_to_events(payload)),+
                }
            }

            /// One frozen example of each.
            pub fn samples() -> Vec<Self> {
                vec![$(<$payload as $crate::payload::Payload>::sample().into()),+]
            }
        }

        $(
            impl From<$payload> for $name {
                fn from(payload: $payload) -> Self {
                    Self::$variant(std::sync::Arc::new(payload))
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
            pub fn brings(&self) -> Option<$crate::thing::Thing<'_>> {
                match self {
                    $(Self::$entity(event) => event.brings()),+
                }
            }

            /// The things of others that it refers to.
            pub fn refers_to(&self) -> Vec<$crate::thing::Thing<'_>> {
                match self {
                    $(Self::$entity(event) => event.refers_to()),+
                }
            }

            /// The events that it refers to.
            pub fn refers_to_events(&self) -> Vec<banso_kernel::EventId> {
                match self {
                    $(Self::$entity(event) => event.refers_to_events()),+
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

            fn brings(&self) -> Option<$crate::thing::Thing<'_>> {
                Self::brings(self)
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
