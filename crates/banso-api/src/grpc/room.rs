//! Publications that find no room: they are refused by their path, before their message is received.

use super::status;
use crate::problem::Problem;
use banso_app::Door;
use futures::future::{Either, Ready, ready};
use std::convert::Infallible;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;

/// The call that is refused. A stream waits instead, so that none of its events overtakes another.
const PUBLISH: &str = "/banso.v1.RecordService/Publish";

/// A service whose publications are refused while the door has no room.
#[derive(Clone)]
pub(super) struct Room<S> {
    service: S,
    door: Door,
}

impl<S> Room<S> {
    pub(super) fn new(service: S, door: Door) -> Self {
        Self { service, door }
    }
}

impl<S: NamedService> NamedService for Room<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Room<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<Body>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let room = if request.uri().path() == PUBLISH { self.door.has_room() } else { Ok(()) };
        match room {
            Ok(()) => Either::Right(self.service.call(request)),
            Err(full) => Either::Left(ready(Ok(status::of(Problem::from(full)).into_http()))),
        }
    }
}
