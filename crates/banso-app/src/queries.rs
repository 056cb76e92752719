//! Questions about one person and lists across persons. A question about now is answered from the stored state
//! and the log's tail beyond it, so that a publisher reads its own writes; a question about then folds the
//! person's events.

use crate::decoded::{decode, zone_entry};
use crate::reference::References;
use crate::stored::{Stored, StoredBody};
use banso_domain::{CaseEvent, Entry, ReadError, Reference, RegistryEvent, ZoneEvent, resolve};
use banso_kernel::{Clock, EventType, Part, PersonId, Recorded, Seq, StreamId, StreamSeq, ZoneId};
use banso_log::{Log, LogError, Models, Now, Page, READ_EVENTS_MAX, RowQuery, SMALL_PAGE_EVENTS_MAX};
use banso_views::{
    Advance, AsOf, PersonState, council_view, current_plan, findings, team_roster, timeline,
    unanswered_referrals,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

/// Events read at a time, at least, when looking for the latest.
const LATEST_PAGE_EVENTS: usize = 1_000;

/// Answers questions.
#[derive(Clone)]
pub struct Queries {
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    clock: Arc<dyn Clock>,
    references: Arc<References>,
}

/// Which state of the world is asked about. The default is the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct As {
    /// True at this time; a time in the future means the latest.
    pub valid_at: Option<DateTime<Utc>>,
    /// Known at this time or position.
    pub known_at: Option<KnownAt>,
}

/// Up to when something was known: on the wire an RFC 3339 time, a day in Asia/Tokyo (its end), or a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownAt {
    /// Recorded by this time.
    Time(DateTime<Utc>),
    /// Recorded up to this position, exactly.
    Seq(Seq),
}

/// A text that is neither a time, nor a day, nor a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an RFC 3339 time, YYYY-MM-DD (its end), or a position of the log")]
pub struct KnownAtError;

impl FromStr for KnownAt {
    type Err = KnownAtError;
    fn from_str(text: &str) -> Result<Self, KnownAtError> {
        if let Ok(seq) = text.parse() {
            return Ok(Self::Seq(seq));
        }
        parse_time(text).map(Self::Time).ok_or(KnownAtError)
    }
}

/// A point in time in a question: an RFC 3339 time, or a day in Asia/Tokyo, which means its end.
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.with_timezone(&Utc)),
        // chrono also reads days of years that no calendar of ours has.
        Err(_) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|day| (0..=9_999).contains(&day.year()))
            .map(banso_kernel::day_end),
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Nothing about this person had been recorded, or had happened, by then.
    #[error("nothing about this person was recorded, or had happened, by then")]
    NotFound,
    /// An event of the person cannot be read by this binary.
    #[error("event {seq} cannot be read")]
    Unreadable {
        /// The event.
        seq: Seq,
        /// Why not.
        #[source]
        source: ReadError,
    },
    /// The person's read model is set aside until somebody mends what could not be folded.
    #[error("this person's read model is set aside at event {seq}: {reason}")]
    Parked {
        /// The event that could not be folded.
        seq: Seq,
        /// Why not.
        reason: String,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] LogError),
}

/// A person as of some state of the world.
struct Person {
    as_of: AsOf,
    state: PersonState,
    reference: Arc<Reference>,
}

/// Which events a follower of the log wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// Only of these parts.
    pub parts: Option<BTreeSet<Part>>,
    /// Only of this entity: `referral`, `plan`, ….
    pub entity: Option<String>,
    /// Only of this type: `ReferralMade`, or as on the wire.
    pub event_type: Option<String>,
    /// Only about this person.
    pub person: Option<PersonId>,
}

impl EventFilter {
    /// Every entity that a filter can name.
    pub fn entities() -> impl Iterator<Item = &'static str> {
        let of_streams = [CaseEvent::ENTITIES, ZoneEvent::ENTITIES, RegistryEvent::ENTITIES];
        of_streams.into_iter().flatten().copied()
    }

    /// The entity that events of a type are about; `None` for a type that is not known here.
    pub fn entity_of(event_type: &EventType) -> Option<&'static str> {
        CaseEvent::entity_of(event_type)
            .or_else(|| ZoneEvent::entity_of(event_type))
            .or_else(|| RegistryEvent::entity_of(event_type))
    }

    /// Whether a follower wants this event.
    pub fn wants(&self, recorded: &Recorded) -> bool {
        let header = &recorded.header;
        let of_type =
            |wanted: &String| *wanted == header.event_type.name || *wanted == header.event_type.to_string();
        self.parts.as_ref().is_none_or(|parts| parts.contains(&header.part()))
            && self.person.as_ref().is_none_or(|person| header.stream.person() == Some(person))
            && self.event_type.as_ref().is_none_or(of_type)
            && self
                .entity
                .as_ref()
                .is_none_or(|wanted| Self::entity_of(&header.event_type) == Some(wanted.as_str()))
    }
}

/// A page of a list across persons.
#[derive(Clone, Debug)]
pub struct RowsPage {
    /// The rows.
    pub items: Vec<unanswered_referrals::UnansweredReferralShown>,
    /// Where the next page begins; `None` = there is none now.
    pub next: Option<String>,
}

impl Queries {
    /// Answers from these.
    pub fn new(log: Arc<dyn Log>, models: Arc<dyn Models>, clock: Arc<dyn Clock>) -> Self {
        Self { log, models, clock, references: Arc::default() }
    }

    /// The current plan (現在の計画).
    pub async fn plan(
        &self,
        person: &PersonId,
        at: As,
    ) -> Result<current_plan::CurrentPlanShown, QueryError> {
        let Person { as_of, state, reference } = self.person(person, at).await?;
        Ok(current_plan::show(&state.plan, as_of, &reference))
    }

    /// The team (支援チーム).
    pub async fn team(&self, person: &PersonId, at: As) -> Result<team_roster::TeamRosterShown, QueryError> {
        let Person { as_of, state, reference } = self.person(person, at).await?;
        Ok(team_roster::show(&state.team, as_of, &reference))
    }

    /// The timeline (経過).
    pub async fn timeline(&self, person: &PersonId, at: As) -> Result<timeline::TimelineShown, QueryError> {
        let at = self.settled(at);
        let known_seq = self.known_seq(at).await?;
        let entries = self.entries(person, known_seq).await?;
        let history = resolve(&entries);
        let as_of = as_of(person, at, known_seq, &entries, &history)?;
        let reference = self.references.at(&*self.log, known_seq).await?;
        Ok(timeline::show(&history, as_of, &reference))
    }

    /// What a review of the record would ask (記録から確かめたいこと), by the rules in force. Some of it depends on the day:
    /// without one it is today.
    pub async fn findings(&self, person: &PersonId, at: As) -> Result<findings::FindingsShown, QueryError> {
        let at = self.settled(at);
        let known_seq = self.known_seq(at).await?;
        let entries = self.entries(person, known_seq).await?;
        let history = resolve(&entries);
        let as_of = as_of(person, at, known_seq, &entries, &history)?;
        let reference = self.references.at(&*self.log, known_seq).await?;
        let day = at.valid_at.unwrap_or_else(|| self.clock.now());
        Ok(findings::show(&history, as_of, day, &reference))
    }

    /// What a zone works on (協議会の一覧).
    pub async fn council(&self, zone: &ZoneId, at: As) -> Result<council_view::CouncilViewShown, QueryError> {
        let at = self.settled(at);
        let known_seq = self.known_seq(at).await?;
        let stream = StreamId::Zone(zone.clone());
        let recorded = read_stream(&*self.log, &stream, 0, known_seq).await?;
        let entries = read(&recorded, zone_entry)?;
        let history = resolve(&entries);
        let stream_seq = last_in(at, &entries, &history)?;
        let as_of =
            council_view::ZoneAsOf { zone: zone.clone(), valid_at: at.valid_at, known_seq, stream_seq };
        let reference = self.references.at(&*self.log, known_seq).await?;
        Ok(council_view::show(&history, as_of, &reference))
    }

    /// The person's events themselves, in the order of the log: those recorded by then whose fact had, or may
    /// have, happened by then.
    pub async fn events(&self, person: &PersonId, at: As) -> Result<(AsOf, Vec<Recorded>), QueryError> {
        let at = self.settled(at);
        let known_seq = self.known_seq(at).await?;
        let recorded = self.recorded(person, known_seq).await?;
        let entries = entries(&recorded)?;
        let history = resolve(&entries);
        let as_of = as_of(person, at, known_seq, &entries, &history)?;
        let Some(valid_at) = at.valid_at else { return Ok((as_of, recorded)) };
        let mut included = BTreeSet::new();
        for fact in history.facts.iter().filter(|fact| fact.is_included_at(valid_at)) {
            included.insert(fact.first.seq);
            included.extend(fact.corrections.iter().chain(&fact.retractions).map(|entry| entry.seq));
        }
        let recorded = recorded.into_iter().filter(|event| included.contains(&event.header.seq)).collect();
        Ok((as_of, recorded))
    }

    /// A person's events up to a position, decoded, in the order of the log: what every question about then is
    /// folded from. None where nothing about the person was recorded by then.
    pub async fn entries(
        &self,
        person: &PersonId,
        known_seq: Seq,
    ) -> Result<Vec<Entry<CaseEvent>>, QueryError> {
        entries(&self.recorded(person, known_seq).await?)
    }

    /// Requests for help that wait for an answer (返事を待っている協力依頼).
    pub async fn unanswered_referrals(
        &self,
        organisation: Option<String>,
        on: Option<NaiveDate>,
        after: Option<String>,
        limit: usize,
    ) -> Result<RowsPage, QueryError> {
        let view = unanswered_referrals::VIEW.to_owned();
        let query = RowQuery { view, organisation, on, after, limit };
        let rows = self.models.rows(&query).await?;
        let reference = self.references.at(&*self.log, Seq::MAX).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let item: unanswered_referrals::Item = serde_json::from_slice(&row.body).map_err(|e| {
                LogError::Unavailable { attempt: "read a row of a list", source: Box::new(e) }
            })?;
            items.push(item.show(&reference));
        }
        let next = if rows.len() < limit { None } else { rows.last().map(|row| row.key.clone()) };
        Ok(RowsPage { items, next })
    }

    /// The last events that a follower wants, in order, and the position up to which it has now seen the log.
    pub async fn latest(
        &self,
        count: usize,
        filter: &EventFilter,
    ) -> Result<(Vec<Recorded>, Seq), QueryError> {
        let mut before = Seq::MAX;
        let mut head = 0;
        let mut latest = Vec::new();
        while latest.len() < count {
            let page = self.log.read_back(before, READ_EVENTS_MAX.min(count.max(LATEST_PAGE_EVENTS))).await?;
            let (Some(newest), Some(oldest)) = (page.first(), page.last()) else { break };
            head = head.max(newest.header.seq);
            before = oldest.header.seq;
            latest.extend(page.into_iter().filter(|event| filter.wants(event)));
        }
        latest.truncate(count);
        latest.reverse();
        Ok((latest, head))
    }

    /// Events behind a position that a follower wants, and the position up to which it has now seen the log.
    pub async fn follow(
        &self,
        after: Seq,
        limit: usize,
        filter: &EventFilter,
    ) -> Result<(Vec<Recorded>, Seq), QueryError> {
        let page = self.log.read(after, limit).await?;
        let seen = page.last().map_or(after, |last| last.header.seq);
        Ok((page.into_iter().filter(|event| filter.wants(event)).collect(), seen))
    }

    async fn person(&self, person: &PersonId, at: As) -> Result<Person, QueryError> {
        let at = self.settled(at);
        if at == As::default() {
            return self.person_now(person).await;
        }
        let known_seq = self.known_seq(at).await?;
        let entries = self.entries(person, known_seq).await?;
        let history = resolve(&entries);
        let as_of = as_of(person, at, known_seq, &entries, &history)?;
        let state = PersonState::fold_at(&history, as_of.stream_seq, at.valid_at);
        let reference = self.references.at(&*self.log, known_seq).await?;
        Ok(Person { as_of, state, reference })
    }

    async fn person_now(&self, person: &PersonId) -> Result<Person, QueryError> {
        let stream = StreamId::Person(person.clone());
        let known = self.references.latest();
        let Now { head, state: stored, tail, registry } =
            self.models.now(&stream, known.stream_seq()).await?;
        let is_whole = stored.is_none();
        let stored = stored.and_then(|stored| Stored::read(&stored)).map(|stored| stored.body);
        if let Some(StoredBody::Parked { seq, reason }) = stored {
            return Err(QueryError::Parked { seq, reason });
        }
        let tail = whole(&*self.log, &stream, 0, tail, head).await?;
        let state = match stored {
            // From its own last event on: a state beyond the end of the log (which was put back) is none.
            Some(StoredBody::Folded(state)) => match tail.split_first() {
                Some((last, tail)) if last.header.stream_seq == state.stream_seq => {
                    advance(*state, &entries(tail)?)
                }
                _ => None,
            },
            Some(StoredBody::Parked { .. }) | None => None,
        };
        let state = match state {
            Some(state) => state,
            None => {
                let entries = if is_whole { entries(&tail)? } else { self.entries(person, head).await? };
                let stream_seq = entries.last().map_or(0, |last| last.stream_seq);
                PersonState::fold(&resolve(&entries), stream_seq)
            }
        };
        if state.stream_seq == 0 {
            return Err(QueryError::NotFound);
        }
        let reference = self.references.now(&*self.log, known, registry, head).await?;
        Ok(Person { as_of: AsOf::live(person.clone(), head, state.stream_seq), state, reference })
    }

    async fn recorded(&self, person: &PersonId, known_seq: Seq) -> Result<Vec<Recorded>, QueryError> {
        let stream = StreamId::Person(person.clone());
        Ok(read_stream(&*self.log, &stream, 0, known_seq).await?)
    }

    /// A time in the future means the latest.
    fn settled(&self, at: As) -> As {
        As { valid_at: at.valid_at.filter(|valid_at| *valid_at < self.clock.now()), ..at }
    }

    async fn known_seq(&self, at: As) -> Result<Seq, QueryError> {
        let head = self.log.head().await?;
        Ok(match at.known_at {
            None => head,
            Some(KnownAt::Seq(seq)) => seq.min(head),
            Some(KnownAt::Time(time)) => self.log.seq_at(time).await?,
        })
    }
}

/// The state after these events, if they come in order.
fn advance(mut state: PersonState, tail: &[Entry<CaseEvent>]) -> Option<PersonState> {
    for entry in tail {
        if state.advance(entry) == Advance::Refold {
            return None;
        }
    }
    Some(state)
}

fn entries(recorded: &[Recorded]) -> Result<Vec<Entry<CaseEvent>>, QueryError> {
    read(recorded, decode)
}

fn read<E>(
    recorded: &[Recorded],
    decode: fn(&Recorded) -> Result<Entry<E>, ReadError>,
) -> Result<Vec<Entry<E>>, QueryError> {
    let read = |event: &Recorded| {
        decode(event).map_err(|source| QueryError::Unreadable { seq: event.header.seq, source })
    };
    recorded.iter().map(read).collect()
}

/// What an answer shows; not found where nothing of the person is in it.
fn as_of(
    person: &PersonId,
    at: As,
    known_seq: Seq,
    entries: &[Entry<CaseEvent>],
    history: &banso_domain::History<'_, CaseEvent>,
) -> Result<AsOf, QueryError> {
    let stream_seq = last_in(at, entries, history)?;
    Ok(AsOf { person: person.clone(), valid_at: at.valid_at, known_seq, stream_seq })
}

/// The last event that an answer shows; not found where nothing is in it.
fn last_in<E>(
    at: As,
    entries: &[Entry<E>],
    history: &banso_domain::History<'_, E>,
) -> Result<StreamSeq, QueryError> {
    let included = |at: DateTime<Utc>| history.facts.iter().any(|fact| fact.is_included_at(at));
    let last = entries.last().filter(|_| at.valid_at.is_none_or(included));
    last.map(|last| last.stream_seq).ok_or(QueryError::NotFound)
}

/// All of a stream behind `after`: mostly a small page, and where that is not all of it, large ones.
pub(crate) async fn read_stream(
    log: &dyn Log,
    stream: &StreamId,
    after: StreamSeq,
    up_to: Seq,
) -> Result<Vec<Recorded>, LogError> {
    let first = log.read_stream(stream, after, up_to, SMALL_PAGE_EVENTS_MAX).await?;
    whole(log, stream, after, first, up_to).await
}

/// All of a stream behind `after`, of which this is the first page.
pub(crate) async fn whole(
    log: &dyn Log,
    stream: &StreamId,
    after: StreamSeq,
    first: Page,
    up_to: Seq,
) -> Result<Vec<Recorded>, LogError> {
    let Page { mut events, mut is_last } = first;
    while !is_last {
        let after = events.last().map_or(after, |last| last.header.stream_seq);
        let page = log.read_stream(stream, after, up_to, READ_EVENTS_MAX).await?;
        events.extend(page.events);
        is_last = page.is_last;
    }
    Ok(events)
}
