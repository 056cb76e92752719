//! The words every other crate of banso speaks: ids, streams, dates with precision, parties, the
//! envelope of an event and its hashes. No I/O, no rule of the field; the body of an event is opaque here.
//!
//! ```
//! use banso_kernel::{EventId, StreamId, When};
//!
//! let stream: StreamId = "person/haru".parse()?;
//! assert_eq!(stream.part().number(), 5);
//!
//! let admitted = EventId::of("https://hospital.example", "haru-05");
//! let when: When = format!("{admitted}+P14D").parse()?;
//! assert_eq!(when.anchor(), Some(admitted));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod cloudevent;
mod duration;
mod envelope;
mod hash;
mod hex;
mod ids;
mod instant;
mod parsed;
mod party;
mod personal;
mod stated;
mod stream;
mod when;

pub use clock::{Clock, IdGen, ManualClock, Salt, SystemClock, SystemIds};
pub use cloudevent::{AttributeError, CloudEvent};
pub use duration::{Duration, DurationError, DurationUnit};
pub use envelope::{
    Confidentiality, EventType, EventTypeError, Expected, Header, Proposal, Recorded, Seq, StreamSeq,
};
pub use hash::{Fingerprint, Hash, HashError, LogId, leaf, link, log_genesis, stream_genesis};
pub use hex::{HexError, hex, of_hex};
pub use ids::{
    AccessId, ActorId, CertificateId, ConsentId, CouncilMeetingId, DecisionId, EmergencyId, EntitlementId,
    EpisodeId, EventId, FactId, FormulationId, IdError, IssueId, MeetingId, NoteId, OrgId, PersonId, PlanId,
    PlanItemId, ReferralId, RulePackId, Scoped, SupportId, UnknownId, ZoneId,
};
pub use party::{ActorRef, Party, Relation, Role};
pub use personal::Personal;
pub use stated::Stated;
pub use stream::{PARTS, Part, StreamError, StreamId};
pub use when::{JST, Span, When, WhenError, day_end, day_start};
