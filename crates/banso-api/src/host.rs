//! Whom a request means to speak to.

use crate::problem::Problem;
use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// The same door, for a listener that only this machine can reach: a request for another host's name is
/// refused. A web page could otherwise point its own name at this address and read through a browser here.
pub fn for_this_machine_only(router: Router) -> Router {
    router.layer(from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    match host.or_else(|| request.uri().host().map(str::to_owned)) {
        Some(host) if !is_this_machine(&host) => Problem::misdirected().into_response(),
        // No browser leaves it out.
        Some(_) | None => next.run(request).await,
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    loopback || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.3.2.1:1",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in [
            "banso.example",
            "localhost.example:8080",
            "192.0.2.1",
            "[2001:db8::1]:8080",
            "",
            "[",
            "127.0.0.1.example",
        ] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}
