//! Whom the HTTP door lets in: so many connections, none of which may be silent for ever.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Largest head of a request. Also what is read of a connection at a time, so that one holds no more.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most connections beyond those that are let in that hear why they are not; the next ones are closed at once.
const TURNED_AWAY_MAX: usize = 1_024;
/// How long one of them may take to send the head of its request.
const TURNED_AWAY_WAIT: Duration = Duration::from_secs(5);
/// How long the body of a refused request is read.
const HEAR_OUT_WAIT: Duration = Duration::from_secs(5);
/// How long it is waited after the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What of the HTTP door can be set.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Most connections at a time.
    pub connections: usize,
    /// How long a connection may take until the head of its next request is there: idle, or sending it slowly.
    pub head_time: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connections: 1_024, head_time: Duration::from_secs(60) }
    }
}

/// Serves HTTP until the process stops. Then requests in progress are answered, and it returns. `crowded`
/// answers on connections beyond those that are let in, one request on each ([`crate::crowded_router`]).
pub async fn serve_http(
    router: Router,
    crowded: Router,
    listener: TcpListener,
    limits: HttpLimits,
    stopping: watch::Receiver<bool>,
) {
    let (inside, outside) = (Way::inside(router, limits), Way::outside(crowded));
    let connections = GracefulShutdown::new();
    let mut stopped = pin!(crate::stopped(stopping));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The client has gone already.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) =>
            {
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Some(place) = inside.place() {
            inside.serve(stream, place, &connections);
            continue;
        }
        metrics::counter!("banso_http_refused_total", "why" => "connections").increment(1);
        if let Some(place) = outside.place() {
            outside.serve(stream, place, &connections);
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// How connections are served, and how many at a time.
struct Way {
    router: Router,
    http: http1::Builder,
    places: Arc<Semaphore>,
}

impl Way {
    fn inside(router: Router, limits: HttpLimits) -> Self {
        Self { router, http: http(limits.head_time), places: Arc::new(Semaphore::new(limits.connections)) }
    }

    /// One request, so that the place is soon another's.
    fn outside(router: Router) -> Self {
        let mut http = http(TURNED_AWAY_WAIT);
        http.keep_alive(false);
        Self { router, http, places: Arc::new(Semaphore::new(TURNED_AWAY_MAX)) }
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    fn serve(&self, stream: TcpStream, place: OwnedSemaphorePermit, connections: &GracefulShutdown) {
        // Only a matter of speed, and it fails only where the client has gone.
        drop(stream.set_nodelay(true));
        let service = TowerToHyperService::new(self.router.clone());
        let served = connections.watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            let _place = place;
            // An error is the client's: it went away, was silent for too long, or does not speak HTTP.
            if let Err(error) = served.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended");
            }
        });
    }
}

fn http(head_time: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_time);
    http.max_header_size(HEAD_BYTES_MAX).max_buf_size(HEAD_BYTES_MAX);
    http
}

/// Reads what belongs to a request that is refused, and keeps nothing of it: what is closed with something unread is
/// reset, and its answer lost. Whoever sends more, or too slowly, may not hear it.
pub(crate) async fn hear_out(headers: &HeaderMap, body: Body, bytes_max: usize) {
    // Who asks first sends nothing, unless it is read.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let (mut chunks, mut bytes) = (body.into_data_stream(), 0);
    let heard = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            bytes += chunk.len();
            if bytes > bytes_max {
                break;
            }
        }
    };
    // It is answered all the same.
    drop(tokio::time::timeout(HEAR_OUT_WAIT, heard).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[tokio::test]
    async fn of_a_refused_request_only_so_much_is_read() {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = read.clone();
        let endless = futures::stream::repeat_with(move || {
            counted.fetch_add(1, Relaxed);
            Ok::<_, std::io::Error>("0123456789")
        });
        hear_out(&HeaderMap::new(), Body::from_stream(endless), 95).await;
        assert_eq!(read.load(Relaxed), 10);
    }
}
