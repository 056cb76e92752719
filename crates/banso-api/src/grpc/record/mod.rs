//! `banso.v1.RecordService`.

mod publish;
mod publish_stream;

use super::{Shared, status};
use crate::events::record::{ItemResult, ReceiptShown};
use banso_proto::v1::publish_result::Result as Published;
use banso_proto::v1::record_service_server::RecordService;
use banso_proto::v1::{
    Outcome, PublishRequest, PublishResponse, PublishResult, PublishStreamRequest, PublishStreamResponse,
    Receipt,
};
use futures::stream::BoxStream;
use tonic::{Request, Response, Status, Streaming};

pub(super) struct Record(pub(super) Shared);

#[tonic::async_trait]
impl RecordService for Record {
    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        let published = publish::publish(&self.0.api.app, request.into_inner()).await;
        published.map(Response::new).map_err(status::of)
    }

    type PublishStreamStream = BoxStream<'static, Result<PublishStreamResponse, Status>>;

    async fn publish_stream(
        &self,
        request: Request<Streaming<PublishStreamRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        publish_stream::publish_stream(&self.0, request.into_inner()).map(Response::new)
    }
}

fn shown(result: ItemResult) -> PublishResult {
    let published = match result {
        ItemResult::Receipt { receipt, .. } => Published::Receipt(receipt_of(receipt)),
        ItemResult::Problem(problem) => Published::Problem(status::shown(problem)),
    };
    PublishResult { result: Some(published) }
}

fn receipt_of(receipt: ReceiptShown) -> Receipt {
    let outcome = match receipt.outcome {
        "admitted" => Outcome::Admitted,
        "duplicate" => Outcome::Duplicate,
        "would_be_admitted" => Outcome::WouldBeAdmitted,
        _ => Outcome::Unspecified,
    };
    Receipt {
        outcome: outcome.into(),
        seq: receipt.seq,
        stream_seq: receipt.stream_seq,
        event_id: receipt.event_id.to_string(),
        repeats: receipt.repeats.map(|event| event.to_string()),
    }
}
