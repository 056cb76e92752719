//! A page of the log folded into what it changes: states, rows and checkpoints, for one transaction.

use super::{PART_STOPPED, Projector};
use crate::decoded::decode;
use crate::histories::histories;
use crate::stored::{self, Stored, StoredBody, Unknown, fold};
use banso_kernel::{Part, Recorded, Seq, StreamId, StreamSeq};
use banso_log::{LogError, Move, PersonWrite, Stretch};
use banso_views::PersonState;
use banso_views::unanswered_referrals::OpenReferrals;
use futures::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;

/// What a page comes to.
pub(super) struct Page {
    pub(super) moves: Vec<Move>,
    pub(super) writes: Vec<PersonWrite>,
    pub(super) states: Vec<(StreamId, Stored)>,
}

/// Events of one person in a page, in order.
struct Next<'a> {
    part: Part,
    events: Vec<&'a Recorded>,
}

impl Projector {
    /// What these events, the last of which stands at `last`, change in the parts that are `mine`.
    pub(super) async fn fold_page(
        &mut self,
        mine: &BTreeSet<Part>,
        events: &[Recorded],
        last: Seq,
    ) -> Result<Page, LogError> {
        loop {
            match self.fold_known(mine, events, last).await? {
                Ok(page) => return Ok(page),
                // Once more: of the parts that stop, only what stands before.
                Err(stops) => self.stopped.extend(stops),
            }
        }
    }

    /// Up to where this part can be taken in.
    fn limit(&self, part: Part, last: Seq) -> Seq {
        self.stopped.get(&part).map_or(last, |unknown| last.min(unknown.saturating_sub(1)))
    }

    /// `Err`: parts with an event that this binary does not know, and the first such event.
    async fn fold_known(
        &mut self,
        mine: &BTreeSet<Part>,
        events: &[Recorded],
        last: Seq,
    ) -> Result<Result<Page, BTreeMap<Part, Seq>>, LogError> {
        let mut nexts = self.nexts(mine, events, last);
        let mut page = Page { moves: Vec::new(), writes: Vec::new(), states: Vec::new() };
        let (mut refolds, mut stretches) = (HashMap::new(), Vec::new());
        for (stream, before) in self.take_states(nexts.keys().copied()).await? {
            let Some(Next { events, .. }) = nexts.get(&stream) else { continue };
            let referrals = before.as_ref().map(|before| before.referrals().cloned());
            match next_state(before, events) {
                NextState::Same(state) => page.states.push((stream, state)),
                NextState::Next(after) => page.put(stream, referrals, after)?,
                NextState::Refold { before_page } => {
                    stretches.push(Stretch { stream: stream.clone(), after: 0, up_to: before_page });
                    refolds.insert(stream, referrals);
                }
            }
        }
        let mut stops: BTreeMap<Part, Seq> = BTreeMap::new();
        let mut found = pin!(histories(&self.log, stretches));
        while let Some(found) = found.try_next().await? {
            for (stream, before_page) in found {
                let Some(Next { part, events }) = nexts.remove(&stream) else { continue };
                match fold(before_page.iter().chain(events)) {
                    Ok(after) => {
                        after.report_if_parked(&stream);
                        let referrals = refolds.remove(&stream).flatten();
                        page.put(stream, referrals, after)?;
                    }
                    Err(Unknown { seq, event_type }) => {
                        tracing::error!(part = part.number(), seq, %event_type, PART_STOPPED);
                        let stop = stops.entry(part).or_insert(seq);
                        *stop = seq.min(*stop);
                    }
                }
            }
        }
        if !stops.is_empty() {
            return Ok(Err(stops));
        }
        for (part, from) in Part::all().zip(&self.checkpoints).filter(|(part, _)| mine.contains(part)) {
            let to = self.limit(part, last);
            if from.seq < to {
                page.moves.push(Move { part, from: *from, to });
            }
        }
        Ok(Ok(page))
    }

    /// What this page brings to whom.
    fn nexts<'a>(
        &self,
        mine: &BTreeSet<Part>,
        events: &'a [Recorded],
        last: Seq,
    ) -> HashMap<&'a StreamId, Next<'a>> {
        let mut nexts: HashMap<&StreamId, Next<'_>> = HashMap::new();
        let persons = events.iter().filter(|event| event.header.stream.person().is_some());
        for event in persons {
            let stream = &event.header.stream;
            let next =
                nexts.entry(stream).or_insert_with(|| Next { part: stream.part(), events: Vec::new() });
            next.events.push(event);
        }
        nexts.retain(|_, Next { part, events }| {
            let done = self.checkpoints[usize::from(part.number())].seq;
            let limit = self.limit(*part, last);
            events.retain(|event| (done + 1..=limit).contains(&event.header.seq));
            mine.contains(part) && !events.is_empty()
        });
        nexts
    }

    /// Takes the states of these streams out of memory, or out of the store. What becomes of them comes back once
    /// it is committed.
    async fn take_states(
        &mut self,
        streams: impl Iterator<Item = &StreamId>,
    ) -> Result<Vec<(StreamId, Option<Stored>)>, LogError> {
        let (mut states, mut cold) = (Vec::new(), Vec::new());
        for stream in streams {
            match self.states.pop_entry(stream) {
                Some((stream, state)) => states.push((stream, Some(state))),
                None => cold.push(stream.clone()),
            }
        }
        if !cold.is_empty() {
            let stored = self.models.states(self.version, &cold).await?;
            let stored = stored.iter().map(|stored| stored.as_ref().and_then(Stored::read));
            states.extend(cold.into_iter().zip(stored));
        }
        Ok(states)
    }
}

impl Page {
    /// One person more. `referrals`: what the rows came from so far; `None` where that is not known, and rows may
    /// stand there all the same.
    fn put(
        &mut self,
        stream: StreamId,
        referrals: Option<Option<OpenReferrals>>,
        after: Stored,
    ) -> Result<(), LogError> {
        let Some(person) = stream.person() else { return Ok(()) };
        let are_same = referrals.is_some_and(|before| before.as_ref() == after.referrals());
        let rows = if are_same { None } else { Some(after.rows(person)?) };
        self.writes.push(PersonWrite { stream: stream.clone(), state: after.write()?, rows });
        self.states.push((stream, after));
        Ok(())
    }
}

/// What becomes of a person's state.
enum NextState {
    /// These events are in it already.
    Same(Stored),
    Next(Stored),
    /// They do not come behind all others, or cannot be read: it is folded from all events, those up to this
    /// position of the stream and these.
    Refold {
        before_page: StreamSeq,
    },
}

fn next_state(before: Option<Stored>, events: &[&Recorded]) -> NextState {
    let first = events.first().map_or(0, |first| first.header.stream_seq);
    let stream_seq = events.last().map_or(0, |last| last.header.stream_seq);
    let state = match before {
        Some(before) if before.stream_seq >= stream_seq => return NextState::Same(before),
        // Whoever is set aside stays so until a rebuild; it is only noted how far the events go.
        Some(Stored { body: body @ StoredBody::Parked { .. }, .. }) => {
            return NextState::Next(Stored { stream_seq, body });
        }
        Some(Stored { body: StoredBody::Folded(state), .. }) => Some(state),
        None => (first == 1).then(Box::default),
    };
    match state.and_then(|state| advance(state, events)) {
        Some(state) => NextState::Next(Stored { stream_seq, body: StoredBody::Folded(state) }),
        None => NextState::Refold { before_page: first.saturating_sub(1) },
    }
}

/// The state after these events, if all of them can be read and come in order.
fn advance(mut state: Box<PersonState>, events: &[&Recorded]) -> Option<Box<PersonState>> {
    let done = state.stream_seq;
    let mut entries = events.iter().filter(|event| event.header.stream_seq > done).map(|event| decode(event));
    entries.all(|entry| entry.is_ok_and(|entry| stored::advance(&mut state, &entry))).then_some(state)
}
