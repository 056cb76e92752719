//! `banso recover`: when the bus knows more than the log, because the database was put back to an earlier point.

use super::progress;
use crate::bus;
use crate::config::Settings;
use crate::output::print;
use crate::store::{self, Opened};
use anyhow::{Context, bail};
use async_nats::Client;
use banso_log::{Identity, Sealed, Store, import};
use banso_nats::{BusEvents, discard_outcomes};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Events that are put back in one transaction.
const PAGE_EVENTS: usize = 500;
/// How long a hold may come back that a relay decided on before the log was mended …
const SETTLING: Duration = Duration::from_secs(6);
/// … and how often it is looked for.
const LOOK: Duration = Duration::from_millis(500);

const NOT_MENDED: &str = "the log cannot be given back what the bus has; only --new-epoch goes on without";

/// Which of the two is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The bus: the log is given back what it lost.
    ImportFromBus,
    /// The log: what only the bus has is given up.
    NewEpoch,
}

pub(super) async fn run(settings: &Settings, way: Way) -> anyhow::Result<ExitCode> {
    let Opened { store, .. } = store::open_as_operator(settings).await?;
    match way {
        Way::ImportFromBus => import_from_bus(settings, store.clone()).await?,
        Way::NewEpoch => {
            let identity = store.begin_epoch().await?;
            print(&format!("the log goes on in epoch {}; the bus is filled anew\n", identity.epoch))?;
        }
    }
    stay_open(store.as_ref()).await?;
    print("the log is open\n")?;
    Ok(ExitCode::SUCCESS)
}

async fn import_from_bus(settings: &Settings, store: Arc<dyn Store>) -> anyhow::Result<()> {
    let Some(client) = bus::reach(settings, "banso recover").await? else {
        bail!("`nats.servers` names no bus to import from");
    };
    // Held, so that nobody appends between what is put back.
    store.hold("banso recover puts back what the log lost").await?;
    let (head, identity) = (store.head().await?, store.identity().await?);
    let mut events = BusEvents::after(&client, head).await.context("the bus could not be read")?;
    let bar = progress(events.last().saturating_sub(head), "putting back");
    let mut page: Vec<Sealed> = Vec::new();
    let mut put_back = 0;
    loop {
        let message = events.next().await.context("the bus could not be read")?;
        let ended = message.is_none();
        if let Some(message) = message {
            let event = message.event().with_context(|| format!("message {} is no event", message.seq))?;
            if event.identity != identity {
                bail!("message {} is of another log or epoch: the bus cannot mend this log", message.seq);
            }
            page.push(event.sealed);
        }
        if page.len() >= PAGE_EVENTS || (ended && !page.is_empty()) {
            let rows = std::mem::take(&mut page);
            put_back += rows.len();
            let log = store.clone();
            tokio::task::spawn_blocking(move || import(log.write_side()?.as_mut(), &rows))
                .await?
                .context(NOT_MENDED)?;
            bar.set_position(put_back as u64);
        }
        if ended {
            break;
        }
    }
    bar.finish_and_clear();
    ends_like_the_bus(store.as_ref(), &identity, &client, events.last()).await.context(NOT_MENDED)?;
    // Receipts that were lost, with events or without, are written again, under numbers of their own. Also where
    // nothing was put back: the last attempt may have ended before this.
    discard_outcomes(&client).await.context("the outcomes on the bus could not be discarded")?;
    store.let_go().await?;
    print(&format!("{put_back} events were put back, each proven by the chains\n"))
}

/// What stood ahead of the log's end was not put back and proved by no chain: log and bus may have gone
/// different ways before it.
async fn ends_like_the_bus(
    store: &dyn Store,
    identity: &Identity,
    client: &Client,
    last: u64,
) -> anyhow::Result<()> {
    let head = store.head().await?;
    if last > head {
        bail!("the bus ends at {last}, the log at {head}, and the bus no longer has what is between");
    }
    let before = last.saturating_sub(1);
    let mut end = BusEvents::after(client, before).await.context("the bus could not be read")?;
    // None where the bus has never had an event, or has none any more.
    let Some(message) = end.next().await.context("the bus could not be read")? else { return Ok(()) };
    let event = message.event().with_context(|| format!("message {} is no event", message.seq))?;
    let here = store.read_sealed(message.seq.saturating_sub(1), 1).await?;
    if event.identity != *identity || here.first() != Some(&event.sealed) {
        bail!("bus and log have different events at {}", message.seq);
    }
    Ok(())
}

/// A relay may have seen the log as it was, and hold it once more after it was mended. A hold that comes back
/// then has a reason of its own.
async fn stay_open(store: &dyn Store) -> anyhow::Result<()> {
    let (mut open_for, mut let_go) = (Duration::ZERO, false);
    while open_for < SETTLING {
        match store.held().await? {
            Some(reason) if let_go => bail!("the log is held again: {reason}"),
            Some(_) => {
                store.let_go().await?;
                (open_for, let_go) = (Duration::ZERO, true);
            }
            None => open_for += LOOK,
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
