//! A network that fails: a TCP proxy between banso and a server, which a test tells what to do with bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::process::until;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Most bytes that are passed on at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// What a client of PostgreSQL sends last in a transaction.
const COMMIT: &[u8] = b"COMMIT\0";

/// What the proxy does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Passes them on.
    Open,
    /// Passes them on, each piece so much later.
    Slow(Duration),
    /// Ends every connection, and every new one at once.
    Cut,
    /// Takes them and passes none on, while connections stay open and new ones are taken. What was swallowed never
    /// arrives: connections that lost something stay dead when the way is open again.
    Swallows,
    /// Passes on what is sent, and keeps back what is answered.
    HoldsAnswers,
    /// As if open, until somebody sends COMMIT: that is passed on, and from then on answers are kept back.
    HoldsAnswersBehindCommit,
}

/// A proxy before one server. Connections end when this is dropped.
pub(crate) struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
    /// Raised to end the connections that there are.
    ended: watch::Sender<u64>,
    _runtime: Runtime,
}

/// What a connection is told.
#[derive(Clone)]
struct Orders {
    way: watch::Sender<Way>,
    ended: watch::Receiver<u64>,
}

impl Proxy {
    /// Before a server on a port of this machine; open.
    pub(crate) fn before(port: u16) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let own = listener.local_addr().unwrap().port();
        let (way, (ended, hears)) = (watch::Sender::new(Way::Open), watch::channel(0));
        let orders = Orders { way: way.clone(), ended: hears };
        runtime.spawn(listen(listener, ([127, 0, 0, 1], port).into(), orders));
        Self { port: own, way, ended, _runtime: runtime }
    }

    /// Before the server that a URL names.
    pub(crate) fn before_url(url: &str) -> Self {
        Self::before(port_of(url))
    }

    /// The URL of the server, by way of the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(&format!(":{}", port_of(url)), &format!(":{}", self.port))
    }

    /// From now on.
    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Ends the connections that there are, with all that is held of them. New ones are taken, and the way is open.
    pub(crate) fn break_off(&self) {
        self.ended.send_modify(|times| *times += 1);
        self.set(Way::Open);
    }

    /// Returns when answers are kept back behind a COMMIT.
    pub(crate) fn until_commit(&self) {
        until("a COMMIT passes", || (*self.way.borrow() == Way::HoldsAnswers).then_some(()));
    }
}

fn port_of(url: &str) -> u16 {
    let server = url.rsplit_once('@').map_or(url, |(_, server)| server);
    let (_, port) = server.rsplit_once(':').expect("a port in the URL");
    let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

async fn listen(listener: TcpListener, server: SocketAddr, orders: Orders) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let now = *orders.way.borrow();
        let mut orders = orders.clone();
        orders.ended.mark_unchanged();
        match now {
            Way::Cut => {}
            Way::Swallows => drop(tokio::spawn(swallow(client, orders))),
            Way::Open | Way::Slow(_) | Way::HoldsAnswers | Way::HoldsAnswersBehindCommit => {
                // A server that is not there is one that ends the connection.
                let Ok(server) = TcpStream::connect(server).await else { continue };
                if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_ok() {
                    tokio::spawn(connected(client, server, orders));
                }
            }
        }
    }
}

/// Takes what comes, until it is ended.
async fn swallow(mut from: TcpStream, orders: Orders) {
    let mut bytes = vec![0; CHUNK_BYTES];
    let taken = async { while from.read(&mut bytes).await.is_ok_and(|read| read > 0) {} };
    tokio::select! { () = taken => {}, () = orders.end() => {} }
}

async fn connected(client: TcpStream, server: TcpStream, orders: Orders) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        // First: what it held back must not be let go at the same moment.
        biased;
        () = orders.clone().end() => {}
        () = pass(from_client, to_server, false, &orders.way) => {}
        () = pass(from_server, to_client, true, &orders.way) => {}
    }
}

impl Orders {
    /// Returns when the connection is to end.
    async fn end(mut self) {
        let mut way = self.way.subscribe();
        tokio::select! {
            // Neither fails: a sender of each is here or in the proxy, which takes its connections with it.
            _ = way.wait_for(|way| *way == Way::Cut) => {}
            _ = self.ended.changed() => {}
        }
    }
}

/// One direction of a connection, until it ends.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, answers: bool, said: &watch::Sender<Way>) {
    let mut way = said.subscribe();
    let mut bytes = vec![0; CHUNK_BYTES];
    let mut lost = false;
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        if lost || *way.borrow() == Way::Swallows {
            lost = true;
            if read == 0 {
                // The other end is not told.
                std::future::pending::<()>().await;
            }
            continue;
        }
        if read == 0 {
            return;
        }
        let chunk = &bytes[..read];
        if !answers && chunk.windows(COMMIT.len()).any(|sent| sent == COMMIT) {
            said.send_if_modified(|way| {
                let armed = *way == Way::HoldsAnswersBehindCommit;
                if armed {
                    *way = Way::HoldsAnswers;
                }
                armed
            });
        }
        if answers {
            drop(way.wait_for(|way| *way != Way::HoldsAnswers).await);
        }
        let now = *way.borrow();
        match now {
            Way::Cut => return,
            Way::Swallows => {
                lost = true;
                continue;
            }
            Way::Slow(time) => tokio::time::sleep(time).await,
            Way::Open | Way::HoldsAnswers | Way::HoldsAnswersBehindCommit => {}
        }
        if to.write_all(chunk).await.is_err() {
            return;
        }
    }
}
