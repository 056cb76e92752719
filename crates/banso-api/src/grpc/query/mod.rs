//! `banso.v1.QueryService`.

mod plan;
mod shown;
mod team;
mod timeline;
mod view;
mod watch_events;

use super::{Shared, status};
use crate::persons::{Asked, state_of};
use crate::problem::Problem;
use banso_proto::v1::query_service_server::QueryService;
use banso_proto::v1::{
    GetPlanRequest, GetPlanResponse, GetTeamRequest, GetTeamResponse, GetTimelineRequest,
    GetTimelineResponse, GetViewRequest, GetViewResponse, WatchEventsRequest, WatchEventsResponse,
};
use futures::stream::BoxStream;
use tonic::{Request, Response, Status};

pub(super) struct Query(pub(super) Shared);

#[tonic::async_trait]
impl QueryService for Query {
    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Result<Response<GetPlanResponse>, Status> {
        answer(plan::plan(&self.0.api.app, request.into_inner()).await)
    }

    async fn get_team(&self, request: Request<GetTeamRequest>) -> Result<Response<GetTeamResponse>, Status> {
        answer(team::team(&self.0.api.app, request.into_inner()).await)
    }

    async fn get_timeline(
        &self,
        request: Request<GetTimelineRequest>,
    ) -> Result<Response<GetTimelineResponse>, Status> {
        answer(timeline::timeline(&self.0.api.app, request.into_inner()).await)
    }

    async fn get_view(&self, request: Request<GetViewRequest>) -> Result<Response<GetViewResponse>, Status> {
        answer(view::view(&self.0.api.app, request.into_inner()).await)
    }

    type WatchEventsStream = BoxStream<'static, Result<WatchEventsResponse, Status>>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        watch_events::watch_events(&self.0, request.into_inner()).map(Response::new)
    }
}

fn answer<T>(answer: Result<T, Problem>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(status::of)
}

fn asked(person: &str, valid_at: Option<&str>, known_at: Option<&str>) -> Result<Asked, Problem> {
    let person = person.parse();
    let person = person.map_err(|e: banso_kernel::IdError| Problem::malformed("/person", e.to_string()))?;
    Ok(Asked { of: person, at: state_of(valid_at, known_at)? })
}
