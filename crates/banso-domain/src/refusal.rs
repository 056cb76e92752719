//! Why a proposal is refused. Few reasons exist (design D10): a system that refuses true facts is bypassed.

use banso_kernel::EventId;

/// A rule that a proposal breaks. Its text tells the publisher what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The proposal names a thing that belongs to somebody else.
    #[error("this {0} belongs to another one: an event is about one person, or one zone")]
    ForeignReference(&'static str),
    /// The id already stands for something else.
    #[error(
        "this {what} id already stands for something else, said by event {by}: correct that event, or use a new id"
    )]
    IdAlreadyUsed {
        /// The kind of thing.
        what: &'static str,
        /// The event that used it first.
        by: EventId,
    },
    /// A plan has no such revision.
    #[error("the plan has no revision {rev}: revisions count from 1, the last one is {last}")]
    UnknownRevision {
        /// The revision named.
        rev: u32,
        /// The last revision.
        last: u32,
    },
    /// A referral would be its own ancestor.
    #[error("the referral would be its own ancestor: its parent leads back to it")]
    ReferralCycle,
    /// A form's row stands twice.
    #[error("{0} stands twice: each may stand once")]
    Twice(String),
    /// A list that cannot be empty is.
    #[error("{0} must name at least one")]
    Nobody(&'static str),
    /// A rule pack is not well written.
    #[error(transparent)]
    RulePack(#[from] crate::registry::RulePackError),
    /// A text of a zone holds a number by which somebody may be found.
    #[error("{0} holds a number of somebody: what stands in a zone's record names nobody")]
    NamesSomebody(&'static str),
    /// A term has its end before its beginning.
    #[error("the {0} ends before it begins: look at its two dates")]
    Backwards(&'static str),
    /// The date hangs on an event that this stream does not have.
    #[error(
        "the date refers to event {0}, which this person's record does not have: publish that event first"
    )]
    UnknownAnchor(EventId),
    /// Dates would refer to each other in a circle.
    #[error("the dates would refer to each other in a circle: state one of them by itself")]
    DateCycle,
    /// The thing would lie in the future.
    #[error(
        "what is recorded has happened: the date lies in the future (a planned date stands in the payload)"
    )]
    FutureDate,
    /// What is to be corrected or retracted is not on this stream.
    #[error("event {0} is not on this stream: publish it first, or name the right one")]
    UnknownEvent(EventId),
    /// A correction must be of the type of its original.
    #[error("a correction is of the same type as its original, which is {0}")]
    OtherType(String),
    /// A correction names the original, not another correction.
    #[error("event {correction} is itself a correction: name the original, {original}")]
    CorrectsCorrection {
        /// The event named.
        correction: EventId,
        /// Its original.
        original: EventId,
    },
    /// A retraction is taken back by another retraction, not corrected.
    #[error("a retraction cannot be corrected: retract it and publish another")]
    CorrectsRetraction,
}

impl Refusal {
    /// The rule's name, for machines.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::ForeignReference(_) => "foreign-reference",
            Self::IdAlreadyUsed { .. } => "id-already-used",
            Self::UnknownRevision { .. } => "unknown-revision",
            Self::ReferralCycle => "referral-cycle",
            Self::Twice(_) => "stands-twice",
            Self::Nobody(_) => "nobody-named",
            Self::RulePack(_) => "rule-pack",
            Self::NamesSomebody(_) => "names-somebody",
            Self::Backwards(_) => "ends-before-it-begins",
            Self::UnknownAnchor(_) => "unknown-anchor",
            Self::DateCycle => "date-cycle",
            Self::FutureDate => "future-date",
            Self::UnknownEvent(_) => "unknown-event",
            Self::OtherType(_) => "correction-of-other-type",
            Self::CorrectsCorrection { .. } => "corrects-a-correction",
            Self::CorrectsRetraction => "corrects-a-retraction",
        }
    }
}
