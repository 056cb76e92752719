//! `grpc.health.v1.Health`: SERVING as long as `/readyz` says that everything is there.

use super::stopped;
use crate::ops::readyz::readiness;
use crate::router::Api;
use futures::stream::{self, BoxStream, StreamExt};
use std::time::Duration;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server};

/// How often it is looked for those who watch.
const LOOK: Duration = Duration::from_millis(500);

/// The whole server, and the services that can be asked about by name.
const SERVICES: [&str; 3] = ["", "banso.v1.QueryService", "banso.v1.RecordService"];

pub(super) struct Health(pub(super) Api);

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match serving(&self.0, &request.get_ref().service).await {
            ServingStatus::ServiceUnknown => Err(Status::not_found("no such service")),
            status => Ok(Response::new(answer(status))),
        }
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let watched = (self.0.clone(), request.into_inner().service, None);
        let states = stream::unfold(watched, |(api, service, last)| async move {
            // After the last word nothing comes.
            if last == Some(ServingStatus::NotServing) && *api.stopping.borrow() {
                return None;
            }
            loop {
                let status = serving(&api, &service).await;
                if last != Some(status) {
                    return Some((Ok(answer(status)), (api, service, Some(status))));
                }
                if *api.stopping.borrow() {
                    return None;
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = stopped(api.stopping.clone()) => {}
                }
            }
        });
        Ok(Response::new(states.boxed()))
    }
}

async fn serving(api: &Api, service: &str) -> ServingStatus {
    if !SERVICES.contains(&service) {
        ServingStatus::ServiceUnknown
    } else if !*api.stopping.borrow() && readiness(api).await.ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
