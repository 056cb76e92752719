//! Single events through the HTTP door of a server, on connections that are kept, against as many publishers in the
//! process itself.

use super::append::Append;
use crate::bench::{Bench, EVENTS_BEFORE, PERSONS};
use crate::http::Connection;
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::Notes;
use crate::publisher::{SOURCE, event};
use crate::row::{BANSO, Goal, Row, Subject};
use crate::server::Server;
use crate::stores::Place;
use anyhow::ensure;
use async_trait::async_trait;
use banso_app::audit::Attempt;
use hyper::StatusCode;

const CONNECTIONS: u64 = 32;

pub(super) fn single_events() -> Row {
    Row {
        id: "http",
        title: "HTTP door, keep-alive, 32 connections, single events",
        unit: "events",
        subjects: vec![Box::new(InProcess(Append { publishers: CONNECTIONS })), Box::new(OverHttp)],
        goals: vec![Goal::rate_at_least(0.5, "in-process")],
    }
}

/// The same without a door of the network.
struct InProcess(Append);

#[async_trait]
impl Subject for InProcess {
    fn name(&self) -> &'static str {
        "in-process"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        self.0.round(bench).await
    }
}

/// Clients and server are processes of their own on the same machine.
struct OverHttp;

struct Client {
    connection: Connection,
    notes: Notes,
    attempts: Vec<Attempt>,
}

impl Worker for Client {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = self.notes.any();
        let answer = self.connection.publish(&event(&note)).await?;
        self.attempts.push(answer.attempt(SOURCE, note.id));
        ensure!(answer.status == StatusCode::CREATED, "answered {}", answer.status);
        Ok(())
    }
}

#[async_trait]
impl Subject for OverHttp {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        place.fill(EVENTS_BEFORE).await?;
        let server = Server::start(&place, "api").await?;
        let mut clients = Vec::new();
        for number in 1..=CONNECTIONS {
            let connection = Connection::to(server.http).await?;
            let notes = Notes::of(format!("http-{number}"), PERSONS);
            clients.push(Client { connection, notes, attempts: Vec::new() });
        }
        let (mut measured, clients) = closed_loop(clients, bench.period).await;
        measured.resident_bytes_max = Some(server.holds()?.resident_bytes_max);
        let attempts: Vec<Attempt> = clients.into_iter().flat_map(|own| own.attempts).collect();
        server.stop().await?;
        measured.wrong.extend(place.wrong(&attempts).await?);
        Ok(measured)
    }
}
