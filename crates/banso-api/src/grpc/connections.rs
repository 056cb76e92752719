//! Whom the gRPC door lets in: so many connections, and only those that speak HTTP/2 from the beginning.

use futures::Stream;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tonic::transport::server::Connected;

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 128;
/// How long a client may take to say that it speaks HTTP/2.
const PREFACE_WAIT: Duration = Duration::from_secs(10);
/// How often it is looked whether it has said so in full.
const PREFACE_LOOK: Duration = Duration::from_millis(10);
/// How long it is waited after the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// So much is read of what a client of another protocol sends.
const HEARD_OUT_BYTES_MAX: u64 = 64 * 1024;

/// RFC 9113, section 3.4.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is answered to a client that speaks something else, most likely HTTP/1.1.
const NOT_HTTP2: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 45\r\n\r\nthis is the gRPC door: it speaks HTTP/2 alone";

/// A connection, and its place among those that may be there.
pub(super) struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

/// The connections that come in, until the process stops.
pub(super) fn incoming(
    listener: TcpListener,
    stopping: watch::Receiver<bool>,
) -> impl Stream<Item = io::Result<Connection>> {
    let (ready, mut connections) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = accept(listener, ready) => {}
            () = super::stopped(stopping) => {}
        }
    });
    futures::stream::poll_fn(move |cx| connections.poll_recv(cx).map(|connection| connection.map(Ok)))
}

async fn accept(listener: TcpListener, ready: mpsc::Sender<Connection>) {
    let places = std::sync::Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            super::refused("connections");
            continue;
        };
        let ready = ready.clone();
        tokio::spawn(async move {
            if let Some(connection) = admitted(stream, place).await {
                // Fails where the process stops: then nobody is let in any more.
                drop(ready.send(connection).await);
            }
        });
    }
}

async fn admitted(mut stream: TcpStream, place: OwnedSemaphorePermit) -> Option<Connection> {
    match tokio::time::timeout(PREFACE_WAIT, speaks_http2(&stream)).await {
        Ok(Ok(true)) => {
            stream.set_nodelay(true).ok()?;
            Some(Connection { stream, _place: place })
        }
        Ok(Ok(false)) => {
            super::refused("not_http2");
            // A courtesy: it may fail, where the client has gone or does not read.
            drop(tokio::time::timeout(PREFACE_WAIT, tell_not_http2(&mut stream)).await);
            None
        }
        Ok(Err(_)) => None,
        Err(_) => {
            super::refused("silent");
            None
        }
    }
}

/// Says so, and hears the client out: what is closed with something unread is reset, and its answer lost.
async fn tell_not_http2(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(NOT_HTTP2).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(HEARD_OUT_BYTES_MAX), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Whether the client begins as HTTP/2 does. What it sent is still there to be read.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut begun = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut begun).await?;
        if length == 0 || begun[..length] != PREFACE[..length] {
            return Ok(false);
        }
        if length == PREFACE.len() {
            return Ok(true);
        }
        // What has come stays readable, so there is nothing to wait for but time.
        tokio::time::sleep(PREFACE_LOOK).await;
    }
}

impl Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
