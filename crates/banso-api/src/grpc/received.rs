//! Requests that do not even become messages: too large, not of their type's shape, or never there in whole.
//! tonic answers the first two by itself; here its answers get banso's codes and reasons, and are counted.

use super::status;
use crate::problem::Problem;
use futures::FutureExt;
use std::convert::Infallible;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic::{Code, Status};

/// A service whose unreadable requests are answered as banso answers.
#[derive(Clone)]
pub(super) struct Received<S> {
    service: S,
    call_time: Duration,
}

impl<S> Received<S> {
    pub(super) fn new(service: S, call_time: Duration) -> Self {
        Self { service, call_time }
    }
}

impl<S: NamedService> NamedService for Received<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Received<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // A call that panics must not take the others of its connection with it.
        let answer = AssertUnwindSafe(self.service.call(request)).catch_unwind();
        let answer = tokio::time::timeout(self.call_time, answer);
        Box::pin(async move {
            let answer = match answer.await {
                Ok(Ok(answer)) => answer?,
                Ok(Err(_panic)) => return Ok(status::of(Problem::internal()).into_http()),
                Err(_) => {
                    super::refused("slow");
                    return Ok(status::too_slow().into_http());
                }
            };
            // A call that fails before its first message says so in its headers.
            Ok(match Status::from_header_map(answer.headers()) {
                Some(failed) if is_of_tonic(&failed) => unreadable(failed).into_http(),
                Some(_) | None => answer,
            })
        })
    }
}

/// banso's own always say why in detail.
fn is_of_tonic(failed: &Status) -> bool {
    failed.details().is_empty()
}

/// Why a message could not be received, in banso's words.
pub(super) fn unreadable(failed: Status) -> Status {
    match failed.code() {
        Code::OutOfRange => {
            super::refused("message_too_large");
            status::message_too_large()
        }
        // What decoding says. Its text may quote what was sent; a connection that failed is its source.
        Code::Internal if failed.source().is_none() => {
            super::refused("not_a_message");
            status::not_a_message()
        }
        _ => failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt;

    /// Does not answer, in the way that the path says.
    #[derive(Clone)]
    struct Broken;

    impl Service<Request<Body>> for Broken {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Response<Body>, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            Box::pin(async move {
                match request.uri().path() {
                    "/panics" => panic!("as the test wants it"),
                    "/quotes" => Ok(Status::internal("母が").into_http()),
                    _ => std::future::pending().await,
                }
            })
        }
    }

    #[tokio::test]
    async fn a_call_that_does_not_answer_is_answered() {
        for (path, code, reason) in [
            ("/panics", Code::Internal, "internal"),
            ("/quotes", Code::InvalidArgument, "malformed"),
            ("/hangs", Code::DeadlineExceeded, "too-slow"),
        ] {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let mut service = Received::new(Broken, Duration::from_millis(50));
            let Ok(answer) = service.call(request).await;
            let status = Status::from_header_map(answer.headers()).unwrap();
            assert_eq!(status.code(), code, "{path}");
            assert_eq!(status.get_error_details().error_info().unwrap().reason, reason);
            assert!(!status.message().contains('母'));
        }
    }
}
