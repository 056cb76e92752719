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
    /// Somebody else revised this base already, or the plan does not have it.
    #[error(
        "the plan's current revision is {current}, not {base}: read it, and write the changes anew on top of it"
    )]
    BaseNotCurrent {
        /// The base named.
        base: u32,
        /// The current revision.
        current: u32,
    },
    /// A revision does not follow its base.
    #[error(
        "revision {rev} does not follow {base}: a base is a revision from 1, and the next one is one more"
    )]
    NotTheNextRevision {
        /// The revision named.
        rev: u32,
        /// Its base.
        base: u32,
    },
    /// A change names a row that the base does not have.
    #[error(
        "the plan's revision {base} has no row {item}: a new row is added, one of the base changed or dropped"
    )]
    NoSuchItem {
        /// The row.
        item: String,
        /// The base.
        base: u32,
    },
    /// A row is added under an id that the plan uses, or used before.
    #[error("row {0} is, or was, another row of this plan: change that one, or give the new one a new id")]
    ItemIdUsed(String),
    /// A priority is none.
    #[error("the priority of row {0} is zero: priorities count from 1; leave it out where none was recorded")]
    PriorityZero(String),
    /// A text is longer than its form allows.
    #[error("the text at {pointer} has {chars} characters, {max} at most: shorten it, or write a note")]
    TooLong {
        /// JSON pointer into the data.
        pointer: String,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        max: usize,
    },
    /// Something refers to itself.
    #[error("{0} refers to itself: name another one")]
    RefersToItself(&'static str),
    /// A plan would take its own place.
    #[error("the plan would take its own place: the one named as its successor goes back to it")]
    PlanCycle,
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
    /// JSON pointer into the data, where one place of it is what is refused.
    pub fn pointer(&self) -> Option<&str> {
        if let Self::TooLong { pointer, .. } = self { Some(pointer) } else { None }
    }

    /// The rule's name, for machines.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::ForeignReference(_) => "foreign-reference",
            Self::IdAlreadyUsed { .. } => "id-already-used",
            Self::UnknownRevision { .. } => "unknown-revision",
            Self::ReferralCycle => "referral-cycle",
            Self::BaseNotCurrent { .. } => "base-not-current",
            Self::NotTheNextRevision { .. } => "not-the-next-revision",
            Self::NoSuchItem { .. } => "no-such-item",
            Self::ItemIdUsed(_) => "item-id-used",
            Self::PriorityZero(_) => "priority-zero",
            Self::TooLong { .. } => "too-long",
            Self::RefersToItself(_) => "refers-to-itself",
            Self::PlanCycle => "plan-cycle",
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
