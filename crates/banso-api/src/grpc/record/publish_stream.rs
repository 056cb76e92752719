//! `banso.v1.RecordService/PublishStream`: events as they come, answered in the order in which they came.

use super::super::received::unreadable;
use super::super::{Shared, status, stopped};
use super::publish::read;
use super::shown;
use crate::events::record::{self, ItemResult};
use crate::problem::Problem;
use crate::router::Api;
use banso_app::{Item, Outcome, PublishError};
use banso_proto::v1::{PublishStreamRequest, PublishStreamResponse};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::VecDeque;
use std::future::ready;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until};
use tonic::{Status, Streaming};

/// Most events of a stream that wait for their answer.
const IN_FLIGHT_MAX: usize = 256;
/// How often an event that found the queue full is tried again.
const QUEUE_LOOK: Duration = Duration::from_millis(20);
/// How long it is tried before its publisher is told.
const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// Nothing is read, and nothing kept, beyond what was answered and taken: whoever does not read its answers is
/// not read either.
pub(super) fn publish_stream(
    shared: &Shared,
    requests: Streaming<PublishStreamRequest>,
) -> Result<BoxStream<'static, Result<PublishStreamResponse, Status>>, Status> {
    let publishing = Publishing {
        api: shared.api.clone(),
        idle_max: shared.limits.stream_idle,
        _place: shared.stream()?,
        requests,
        heard: Instant::now(),
        in_flight: VecDeque::new(),
        no_room: None,
        answered: 0,
        end: None,
    };
    let answers = stream::unfold(publishing, |mut publishing| async move {
        let answer = publishing.next().await?;
        Some((answer, publishing))
    });
    Ok(answers.boxed())
}

struct Publishing {
    api: Api,
    idle_max: Duration,
    _place: OwnedSemaphorePermit,
    requests: Streaming<PublishStreamRequest>,
    /// When the last event came, or was answered.
    heard: Instant,
    /// What was handed over to the writer, in order.
    in_flight: VecDeque<BoxFuture<'static, ItemResult>>,
    /// What came last and found the writer's queue full, and since when.
    no_room: Option<(Item, Instant)>,
    answered: u64,
    /// How the stream ends once everything that came is answered; `None` = more may come.
    end: Option<Result<(), Status>>,
}

impl Publishing {
    async fn next(&mut self) -> Option<Result<PublishStreamResponse, Status>> {
        loop {
            if let Some((item, since)) = self.no_room.take() {
                self.hand_over(item, since);
            }
            let may_read = self.end.is_none() && self.no_room.is_none();
            let idle_at = self.heard + self.idle_max;
            tokio::select! {
                biased;
                result = first(&mut self.in_flight), if !self.in_flight.is_empty() => {
                    self.in_flight.pop_front();
                    self.heard = Instant::now();
                    let number = self.answered;
                    self.answered += 1;
                    return Some(Ok(PublishStreamResponse { number, result: Some(shown(result)) }));
                }
                () = stopped(self.api.stopping.clone()), if self.end.is_none() => {
                    self.end = Some(Err(status::stopping()));
                }
                request = self.requests.message(),
                    if may_read && self.in_flight.len() < IN_FLIGHT_MAX => self.take(request),
                () = sleep(QUEUE_LOOK), if self.no_room.is_some() => {}
                () = sleep_until(idle_at), if may_read && self.in_flight.is_empty() => {
                    super::super::refused("idle");
                    self.end = Some(Err(status::idle()));
                }
                // Nothing is left to wait for.
                else => return match self.end.replace(Ok(())) {
                    Some(Err(status)) => Some(Err(status)),
                    Some(Ok(())) | None => None,
                },
            }
        }
    }

    fn take(&mut self, request: Result<Option<PublishStreamRequest>, Status>) {
        self.heard = Instant::now();
        match request {
            Ok(Some(PublishStreamRequest { event })) => {
                let event = event.ok_or_else(|| Problem::malformed("/event", "missing"));
                let item = event
                    .and_then(read)
                    .and_then(|event| self.api.app.door.propose(event, None).map_err(Problem::from));
                match item {
                    Ok(item) => self.hand_over(item, self.heard),
                    Err(problem) => self.answer(ItemResult::Problem(problem)),
                }
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(failed) => self.end = Some(Err(unreadable(failed))),
        }
    }

    /// Hands an event to the writer, behind all that came before it. Polled for the first time, a publication is
    /// queued or finds the queue full; in the second case it is kept, so that no later one overtakes it.
    fn hand_over(&mut self, item: Item, since: Instant) {
        let door = self.api.app.door.clone();
        let kept = item.clone();
        let mut publication = async move { door.publish_one(item, false).await }.boxed();
        let mut idle = std::task::Context::from_waker(std::task::Waker::noop());
        match publication.poll_unpin(&mut idle) {
            Poll::Ready(Err(PublishError::QueueFull)) if since.elapsed() < QUEUE_WAIT => {
                self.no_room = Some((kept, since));
            }
            Poll::Ready(published) => self.answer(result(published)),
            Poll::Pending => self.in_flight.push_back(publication.map(result).boxed()),
        }
    }

    fn answer(&mut self, result: ItemResult) {
        self.in_flight.push_back(ready(result).boxed());
    }
}

async fn first(in_flight: &mut VecDeque<BoxFuture<'static, ItemResult>>) -> ItemResult {
    match in_flight.front_mut() {
        Some(publication) => publication.await,
        None => std::future::pending().await,
    }
}

fn result(published: Result<Outcome, PublishError>) -> ItemResult {
    let recorded = published.map_err(Problem::from).and_then(|outcome| record::shown(outcome, false));
    match recorded {
        Ok((status, receipt)) => ItemResult::Receipt { status: status.as_u16(), receipt },
        Err(problem) => ItemResult::Problem(problem),
    }
}
