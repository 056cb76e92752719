//! `banso.v1.RecordService/Publish`.

use super::super::{envelope, refused};
use super::{receipt_of, shown};
use crate::events::record::{self, Read, check_count, check_size};
use crate::problem::Problem;
use banso_app::App;
use banso_kernel::CloudEvent;
use banso_proto::v1;
use banso_proto::v1::publish_result::Result as Published;
use banso_proto::v1::{PublishRequest, PublishResponse, PublishResult};
use prost::Message;

/// One event as over HTTP: recorded, or a problem. Several as a batch.
pub(super) async fn publish(app: &App, request: PublishRequest) -> Result<PublishResponse, Problem> {
    let _entered = app.door.enter()?;
    check_count(request.events.len()).inspect_err(|_| refused("too_many_events"))?;
    let PublishRequest { mut events, dry_run } = request;
    if events.len() > 1 {
        let read = events.into_iter().map(|event| {
            let named = envelope::group(&event);
            let event = read(event);
            let groups = if event.is_err() { named.into_iter().collect() } else { Vec::new() };
            Read { event, groups }
        });
        let results = record::several(app, read, dry_run).await?;
        return Ok(PublishResponse { results: results.into_iter().map(shown).collect() });
    }
    let Some(event) = events.pop() else { return Err(Problem::malformed("/events", "at least one")) };
    let (_, receipt) = record::one(app, read(event)?, None, dry_run).await?;
    let result = PublishResult { result: Some(Published::Receipt(receipt_of(receipt))) };
    Ok(PublishResponse { results: vec![result] })
}

/// An event that is not too large, as one whatever carried it.
pub(super) fn read(event: v1::CloudEvent) -> Result<CloudEvent, Problem> {
    check_size(event.encoded_len()).inspect_err(|_| refused("event_too_large"))?;
    envelope::read(event)
}
