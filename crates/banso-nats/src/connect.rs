//! The one place that makes a client of NATS.

use async_nats::{Client, ConnectOptions, Event};
use banso_kernel::Personal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How long a client waits for an answer.
pub const REQUEST_TIMEOUT_MS: u64 = 5_000;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT_MS: u64 = 2_000;
/// How often the server is asked whether it is still there; twice without an answer ends the connection.
const PING_INTERVAL_MS: u64 = 5_000;
/// Longest pause between two attempts to connect again. Attempts never end.
const RECONNECT_PAUSE_MS_MAX: u64 = 1_000;
/// Messages that wait for the connection. Whoever publishes more waits too.
const WAITING_MESSAGES_MAX: usize = 2_048;

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct ConnectSettings {
    /// `nats://host:port` or `tls://host:port`; the first that answers.
    pub servers: Vec<String>,
    /// What the server shows of this connection.
    pub name: String,
    /// Who this is.
    pub credentials: Credentials,
    /// What the server's certificate is checked against, besides the machine's authorities.
    pub tls: TlsSettings,
    /// Where answers come to. Each user of the server may listen only below its own.
    pub inbox_prefix: Option<String>,
    /// How long a request waits for its answer, in milliseconds.
    pub request_timeout_ms: u64,
}

/// Who a client is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nobody: only for a server without accounts.
    None,
    /// A user of the server's configuration.
    Password {
        /// Its name.
        user: String,
        /// Never printed.
        password: Personal<String>,
    },
    /// The seed of an nkey (`SU…`), never printed.
    NkeySeed(Personal<String>),
    /// A file with a JWT and a seed.
    File(PathBuf),
}

/// TLS. `tls://` in the server's address, or a server that asks for it, turns it on.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Refuse a server without TLS.
    pub required: bool,
    /// PEM file with further authorities.
    pub authorities: Option<PathBuf>,
    /// PEM files: this client's certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file with the credentials cannot be used.
    #[error("the NATS credentials cannot be read")]
    Credentials(#[source] std::io::Error),
    /// The settings make no client: an address that is none, a certificate that is none.
    #[error("the settings of the NATS connection cannot be used")]
    Settings(#[source] async_nats::ConnectError),
}

impl ConnectSettings {
    /// A connection to these servers as nobody.
    pub fn to(servers: Vec<String>, name: &str) -> Self {
        Self {
            servers,
            name: name.to_owned(),
            credentials: Credentials::None,
            tls: TlsSettings::default(),
            inbox_prefix: None,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
        }
    }

    /// The same as a user of the server. Its answers come to `_INBOX_<user>`, as `ops/nats` allows it.
    pub fn as_user(self, user: &str, password: &str) -> Self {
        Self {
            inbox_prefix: Some(format!("_INBOX_{user}")),
            credentials: Credentials::Password {
                user: user.to_owned(),
                password: Personal::from(password.to_owned()),
            },
            ..self
        }
    }
}

/// A client that connects in the background, now and whenever the connection is lost, for ever. A server that
/// is not there yet is no error.
pub async fn connect(settings: &ConnectSettings) -> Result<Client, ConnectError> {
    connect_with(settings, |_| {}).await
}

/// The same; `heard` is told what happens to the connection.
pub async fn connect_with(
    settings: &ConnectSettings,
    heard: impl Fn(&Event) + Send + Sync + 'static,
) -> Result<Client, ConnectError> {
    let (name, lost) = (settings.name.clone(), AtomicBool::new(false));
    let mut options = ConnectOptions::new()
        .name(&settings.name)
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(reconnect_pause)
        .connection_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .client_capacity(WAITING_MESSAGES_MAX)
        .request_timeout(Some(Duration::from_millis(settings.request_timeout_ms)))
        .require_tls(settings.tls.required)
        .event_callback(move |event| {
            let again = lost.fetch_or(event == Event::Disconnected, Relaxed);
            log(&name, &event, again);
            heard(&event);
            std::future::ready(())
        });
    options = match &settings.credentials {
        Credentials::None => options,
        Credentials::Password { user, password } => {
            options.user_and_password(user.clone(), password.reveal().clone())
        }
        Credentials::NkeySeed(seed) => options.nkey(seed.reveal().clone()),
        Credentials::File(path) => options.credentials_file(path).await.map_err(ConnectError::Credentials)?,
    };
    if let Some(path) = &settings.tls.authorities {
        options = options.add_root_certificates(path.clone());
    }
    if let Some((certificate, key)) = &settings.tls.client_certificate {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(prefix) = &settings.inbox_prefix {
        options = options.custom_inbox_prefix(prefix);
    }
    options.connect(&settings.servers).await.map_err(ConnectError::Settings)
}

/// 50 ms, 100 ms, 200 ms, … up to [`RECONNECT_PAUSE_MS_MAX`].
fn reconnect_pause(attempts: usize) -> Duration {
    let doublings = attempts.saturating_sub(1).min(8) as u32;
    Duration::from_millis((50u64 << doublings).min(RECONNECT_PAUSE_MS_MAX))
}

/// `again`: it was lost before. That a connection came about is news only then.
fn log(name: &str, event: &Event, again: bool) {
    match event {
        Event::Connected if again => tracing::info!(name, "connected to NATS again"),
        Event::Connected => tracing::debug!(name, "connected to NATS"),
        Event::Disconnected => tracing::warn!(name, "lost the connection to NATS"),
        Event::Closed => tracing::debug!(name, "the NATS connection was closed"),
        Event::LameDuckMode | Event::Draining => {
            tracing::info!(name, %event, "the NATS connection ends");
        }
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            tracing::warn!(name, %event, "trouble on the NATS connection");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_between_attempts_is_bounded() {
        let pauses = [0, 1, 2, 3, 6, 1_000_000].map(|n| reconnect_pause(n).as_millis());
        assert_eq!(pauses, [50, 50, 100, 200, 1_000, 1_000]);
    }

    #[test]
    fn secrets_are_not_printed() {
        let settings =
            ConnectSettings::to(vec!["nats://localhost".to_owned()], "test").as_user("relay", "geheim");
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}
