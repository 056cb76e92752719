//! `banso.v1.QueryService/WatchEvents`.

use super::super::{Shared, envelope, status};
use crate::events::follow::wanted;
use crate::problem::Problem;
use banso_app::{EventFilter, Followed};
use banso_kernel::Part;
use banso_proto::v1::watch_events_response::Message;
use banso_proto::v1::{Heartbeat, RecordedEvent, WatchEventsRequest, WatchEventsResponse};
use futures::stream::{self, BoxStream, StreamExt};
use tonic::Status;

/// Reads on only as the client does: what it has not read is not in memory, beyond one page of the log.
pub(super) fn watch_events(
    shared: &Shared,
    request: WatchEventsRequest,
) -> Result<BoxStream<'static, Result<WatchEventsResponse, Status>>, Status> {
    let after = request.after_seq;
    let filter = filter(request).map_err(status::of)?;
    let place = shared.stream()?;
    let follower = shared.api.app.follow(after, filter, shared.api.stopping.clone());
    let heard = stream::unfold(Some((follower, place)), |following| async move {
        let (mut follower, place) = following?;
        match follower.next().await {
            Ok(Some(followed)) => Some((Ok(shown(followed)), Some((follower, place)))),
            Ok(None) => Some((Err(status::stopping()), None)),
            Err(error) => Some((Err(status::of(error.into())), None)),
        }
    });
    Ok(heard.boxed())
}

fn filter(request: WatchEventsRequest) -> Result<EventFilter, Problem> {
    let WatchEventsRequest { after_seq: _, parts, aggregate, r#type, person } = request;
    let part = |number: u32| {
        let part = u8::try_from(number).ok().and_then(|number| Part::try_from(number).ok());
        part.ok_or_else(|| Problem::malformed("/parts", "0 to 63"))
    };
    let parts = match parts.is_empty() {
        true => None,
        false => Some(parts.into_iter().map(part).collect::<Result<_, _>>()?),
    };
    wanted(parts, aggregate, r#type, person.as_deref())
}

fn shown(followed: Followed) -> WatchEventsResponse {
    let message = match followed {
        Followed::Recorded(event) => Message::Recorded(RecordedEvent {
            seq: event.header.seq,
            event: Some(envelope::recorded(&event)),
        }),
        Followed::Heartbeat { head, seen } => Message::Heartbeat(Heartbeat { head, seen }),
    };
    WatchEventsResponse { message: Some(message) }
}
