//! `banso serve` as in production: a process of its own, reached over the network.

use crate::child::beside;
use crate::holds::Holds;
use crate::stores::Place;
use anyhow::{Context, bail, ensure};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The program, beside this one.
const PROGRAM: &str = "banso-under-bench";
/// No start and no end takes longer.
const WAIT: Duration = Duration::from_secs(60);
/// Lines of its log that are told when it does not do as it should.
const TOLD_LINES: usize = 20;

/// What it says, in this order, when it is ready.
const GRPC_DOOR: &str = "the gRPC door is at ";
const HTTP_DOOR: &str = "listening on http://";

/// A process that serves until it is stopped, or dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    log: JoinHandle<VecDeque<String>>,
}

impl Server {
    /// One with these roles, all else as it is by default, on a store in PostgreSQL.
    pub(crate) async fn start(place: &Place, roles: &str) -> anyhow::Result<Self> {
        let Place::Postgres(schema) = place else { bail!("a server is measured on PostgreSQL") };
        let mut command = Command::new(beside(PROGRAM)?);
        for name in ["BANSO_CONFIG", "BANSO_DATA", "BANSO_LOG"] {
            command.env_remove(name);
        }
        command.arg("serve").envs([
            ("BANSO__ROLES", roles),
            ("BANSO__STORE__POSTGRES", &schema.app_url),
            ("BANSO__STORE__POSTGRES_SCHEMA", &schema.name),
            ("BANSO__HTTP__LISTEN", "127.0.0.1:0"),
            ("BANSO__GRPC__LISTEN", "127.0.0.1:0"),
        ]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("run {PROGRAM}"))?;
        let mut lines = BufReader::new(process.stderr.take().context("its standard error")?).lines();
        let ready = timeout(WAIT, async {
            let grpc = said(&mut lines, GRPC_DOOR).await?;
            Ok::<_, anyhow::Error>((grpc, said(&mut lines, HTTP_DOOR).await?))
        });
        let (grpc, http) = ready.await.context("the server does not get ready")??;
        Ok(Self { process, http, grpc, log: tokio::spawn(last_lines(lines)) })
    }

    /// What it holds now.
    pub(crate) fn holds(&self) -> anyhow::Result<Holds> {
        let id = self.process.id().context("the server has ended")?;
        Holds::of(id)
    }

    /// Lets it answer what waits, and end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process.id().context("the server has ended")?.to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(told.success(), "the server cannot be stopped");
        let status = timeout(WAIT, self.process.wait()).await.context("the server does not end")??;
        let log = Vec::from(self.log.await?).join("\n");
        ensure!(status.success(), "the server ended with {status}:\n{log}");
        Ok(())
    }
}

/// The address behind these words, once they are said.
async fn said(lines: &mut Lines<BufReader<ChildStderr>>, words: &str) -> anyhow::Result<SocketAddr> {
    let mut before = VecDeque::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = address_behind(&line, words) {
            return Ok(address);
        }
        keep(&mut before, line);
    }
    bail!("the server ended:\n{}", Vec::from(before).join("\n"))
}

fn address_behind(line: &str, words: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(words)?;
    rest.split_whitespace().next()?.parse().ok()
}

async fn last_lines(mut lines: Lines<BufReader<ChildStderr>>) -> VecDeque<String> {
    let mut last = VecDeque::new();
    // It must never wait for somebody who reads; what cannot be read any more has ended.
    while let Ok(Some(line)) = lines.next_line().await {
        keep(&mut last, line);
    }
    last
}

fn keep(last: &mut VecDeque<String>, line: String) {
    if last.len() == TOLD_LINES {
        last.pop_front();
    }
    last.push_back(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_found_in_the_log() {
        let line = "2025-06-01T00:00:00Z  INFO banso::commands::serve: listening on http://127.0.0.1:4711 address=127.0.0.1:4711";
        assert_eq!(address_behind(line, HTTP_DOOR), Some(([127, 0, 0, 1], 4711).into()));
        assert_eq!(address_behind(line, GRPC_DOOR), None);
    }
}
