//! Where read models are kept: what a projector writes and a query reads. The content is opaque here.

use crate::port::{LogError, Page};
use async_trait::async_trait;
use banso_kernel::{Part, PersonId, Seq, StreamId, StreamSeq};
use bytes::Bytes;
use chrono::NaiveDate;

/// Read models in versions: one is active and read, others are being built or wait to be dropped.
///
/// # Contract
///
/// 1. [`Models::commit`] is one transaction: states, rows and checkpoints are written together or not at all,
///    and only if every named checkpoint still stands where the projector read it.
/// 2. A reader never sees half of a version: [`Models::now`] and [`Models::rows`] find the active version
///    and read it in one statement.
/// 3. Read models may be lost at any time; the log is the only truth.
/// 4. [`Models::now`] looks at the log as it stands at one moment, which is not before the one at which it looks
///    at the state: what a projector has taken in, the log has too. It MUST see what was acknowledged before.
#[async_trait]
pub trait Models: Send + Sync + 'static {
    /// All versions, the oldest first.
    async fn versions(&self) -> Result<Vec<ModelVersion>, LogError>;

    /// A new version, not active, with every part at position 0.
    async fn create(&self, code: u32) -> Result<u32, LogError>;

    /// Makes a version the one that is read. In the same transaction no other is active any more.
    async fn activate(&self, version: u32) -> Result<(), LogError>;

    /// Deletes an inactive version with all it holds.
    async fn drop_version(&self, version: u32) -> Result<(), LogError>;

    /// The checkpoint of each part, in order of the parts.
    async fn checkpoints(&self, version: u32) -> Result<Vec<Checkpoint>, LogError>;

    /// Writes what one page of the log changed. `Ok(false)`: somebody else moved one of these parts, and
    /// nothing was written.
    async fn commit(&self, version: u32, moves: &[Move], writes: &[PersonWrite]) -> Result<bool, LogError>;

    /// The states of these streams in this version, in the order asked for.
    async fn states(&self, version: u32, streams: &[StreamId]) -> Result<Vec<Option<StoredState>>, LogError>;

    /// All states of a version in order of the stream's name, behind `after`.
    async fn states_from(
        &self,
        version: u32,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<(StreamId, StoredState)>, LogError>;

    /// What a question about now is answered from: one stream, and the registry behind an event of it.
    async fn now(&self, stream: &StreamId, registry_after: StreamSeq) -> Result<Now, LogError>;

    /// Rows of a list in the active version, in order of their keys.
    async fn rows(&self, query: &RowQuery) -> Result<Vec<WorkRow>, LogError>;

    /// Every row of one person in a version, in order of view and key.
    async fn rows_of(&self, version: u32, person: &PersonId) -> Result<Vec<WorkRow>, LogError>;
}

/// One version of the read models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelVersion {
    /// Its number, in the order of creation.
    pub version: u32,
    /// Which code folded it: states of other code cannot be read.
    pub code: u32,
    /// Whether it is the one that is read.
    pub active: bool,
}

/// How far a part is projected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Every event of the part up to here is in the read models.
    pub seq: Seq,
    /// Raised by every commit: two projectors on one part cannot both succeed.
    pub rev: u64,
}

/// One part goes on to a position, if it still stands where it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The part.
    pub part: Part,
    /// Where the projector read it.
    pub from: Checkpoint,
    /// Where it stands afterwards, with `rev + 1`.
    pub to: Seq,
}

/// What a page of the log changed for one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonWrite {
    /// Whose.
    pub stream: StreamId,
    /// The state after the page.
    pub state: StoredState,
    /// The person's rows after the page, all of them; `None` = they did not change.
    pub rows: Option<Vec<WorkRow>>,
}

/// The state of one stream's read models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// Which code folded it.
    pub code: u32,
    /// The last event that is in it.
    pub stream_seq: StreamSeq,
    /// The state; opaque.
    pub body: Bytes,
}

/// What a question about now is answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// The log's last position: all that follows stands up to here.
    pub head: Seq,
    /// The state of the stream in the active version.
    pub state: Option<StoredState>,
    /// The stream's events from the last one in its state on; without a state, from the first one on. At most
    /// [`crate::SMALL_PAGE_EVENTS_MAX`].
    pub tail: Page,
    /// The events of the registry that were asked for. At most [`crate::SMALL_PAGE_EVENTS_MAX`].
    pub registry: Page,
}

/// A row of a list across persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRow {
    /// The list.
    pub view: String,
    /// Order and identity within the list.
    pub key: String,
    /// About whom.
    pub person: PersonId,
    /// For which organisation.
    pub organisation: Option<String>,
    /// In which zone.
    pub zone: Option<String>,
    /// The first day on which it holds; queries compare, no nightly job moves it.
    pub due_from: Option<NaiveDate>,
    /// The last day on which it holds.
    pub due_to: Option<NaiveDate>,
    /// What the list shows; opaque.
    pub body: Bytes,
}

/// Which rows of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowQuery {
    /// The list.
    pub view: String,
    /// Only rows for this organisation.
    pub organisation: Option<String>,
    /// Only rows that hold on this day.
    pub on: Option<NaiveDate>,
    /// Only rows behind this key: a stable cursor.
    pub after: Option<String>,
    /// At most this many.
    pub limit: usize,
}
