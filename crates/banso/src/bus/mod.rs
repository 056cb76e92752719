//! What a process does on the bus: the relays, and the intake.

mod reading;
mod relays;

pub use reading::IntakeDoor;
pub(crate) use reading::Reading;
pub(crate) use relays::Relays;

use crate::config::Settings;
use anyhow::Context;
use async_nats::{Client, connection};
use std::time::Duration;

/// How long a command waits for the bus …
const REACH_WAIT: Duration = Duration::from_secs(10);
/// … and how often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// The bus for a command that cannot do without: connected; `None` = there is none.
pub(crate) async fn reach(settings: &Settings, name: &str) -> anyhow::Result<Option<Client>> {
    let Some(connection) = settings.nats(&settings.nats.relay_user, name) else { return Ok(None) };
    let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
    let connected = async {
        while client.connection_state() != connection::State::Connected {
            tokio::time::sleep(LOOK).await;
        }
    };
    let waited = tokio::time::timeout(REACH_WAIT, connected).await;
    waited.with_context(|| format!("the bus at {} does not answer", connection.servers.join(", ")))?;
    Ok(Some(client))
}
