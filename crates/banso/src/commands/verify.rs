//! `banso verify`.

use super::progress;
use crate::bus;
use crate::config::Settings;
use crate::output::{print, print_json};
use crate::store;
use banso_app::audit::{self, Breach, Findings};
use banso_log::verify::{Witness, verify};
use banso_nats::check_bus;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// What was found.
#[derive(Serialize)]
struct Verified {
    /// Events of the log.
    events: u64,
    /// Streams of the log.
    streams: u64,
    /// The log's last position.
    head: u64,
    /// The log's chain there: whoever keeps it sees whether the log was written anew.
    log_chain: Option<String>,
    /// Persons whose read models were compared.
    persons: u64,
    /// Persons set aside.
    parked: u64,
    /// Messages of the bus that were compared; absent where there is no bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    bus_messages: Option<u64>,
    /// Attempts of publishers that were compared.
    attempts: u64,
    /// How many breaches there are.
    breaches: u64,
    /// The first of them.
    listed: Vec<Breach>,
}

pub(super) async fn run(
    settings: &Settings,
    history: Option<&Path>,
    witness: Option<&Witness>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let store = store::open(settings).await?.store;
    // Asked first: without its answer the rest would be looked at in vain.
    let client = bus::reach(settings, "banso verify").await?;
    let attempts = history.map(super::history::read).transpose()?.unwrap_or_default();
    let bar = progress(store.head().await?, "checking the log");
    let report = verify(&*store, 0, witness, &mut |progress| bar.set_position(progress.seq)).await?;
    bar.finish_and_clear();
    let models = audit::read_models(&*store, &*store).await?;
    let told = audit::history(&*store, &attempts).await?;
    let of_log = report.breaches.iter().map(|breach| Breach {
        invariant: breach.invariant.to_string(),
        subject: format!("position {}", breach.seq),
        found: breach.found.clone(),
    });
    let bus = match client {
        Some(client) => {
            let bar = progress(report.end.as_ref().map_or(0, |end| end.seq), "checking the bus");
            let checked = check_bus(&*store, &client, &mut |seq| bar.set_position(seq)).await?;
            bar.finish_and_clear();
            Some(checked)
        }
        None => None,
    };
    let of_bus = bus.iter().flat_map(|bus| &bus.breaches).map(|breach| Breach {
        invariant: "I7".to_owned(),
        subject: format!("position {} of the bus", breach.seq),
        found: breach.found.clone(),
    });
    let listed = |findings: &Findings| findings.listed.clone();
    let verified = Verified {
        events: report.events,
        streams: report.streams,
        head: report.end.as_ref().map_or(0, |end| end.seq),
        log_chain: report.end.as_ref().map(|end| end.log_chain.to_string()),
        persons: models.looked_at,
        parked: models.parked,
        bus_messages: bus.as_ref().map(|bus| bus.messages),
        attempts: told.looked_at,
        breaches: report.broken.values().sum::<u64>()
            + models.breaches
            + told.breaches
            + bus.as_ref().map_or(0, |bus| bus.broken),
        listed: of_log.chain(of_bus).chain(listed(&models)).chain(listed(&told)).collect(),
    };
    if json {
        print_json(&verified)?
    } else {
        print(&text(&verified))?
    }
    Ok(if verified.breaches == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(verified: &Verified) -> String {
    let mut out = format!(
        "events    {}\nstreams   {}\nhead      {}\n",
        verified.events, verified.streams, verified.head
    );
    if let Some(chain) = &verified.log_chain {
        out.push_str(&format!("log chain {chain}\n"));
    }
    out.push_str(&format!("persons   {} ({} set aside)\n", verified.persons, verified.parked));
    if verified.persons == 0 && verified.streams > 0 {
        out.push_str("no read models of this version are stored yet: only the log was checked\n");
    }
    if let Some(messages) = verified.bus_messages {
        out.push_str(&format!("on the bus {messages}\n"));
    }
    if verified.attempts > 0 {
        out.push_str(&format!("attempts  {}\n", verified.attempts));
    }
    if verified.breaches == 0 {
        out.push_str("everything is as it should be\n");
    } else {
        out.push_str(&format!("{} breaches\n", verified.breaches));
        for Breach { invariant, subject, found } in &verified.listed {
            out.push_str(&format!("{invariant} {subject}: {found}\n"));
        }
    }
    out
}
