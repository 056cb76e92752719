//! What of the configuration is about the bus: `[nats]`, `[relay]`, `[intake]`.

use super::{Settings, listed};
use anyhow::bail;
use banso_api::Publisher;
use banso_kernel::Personal;
use banso_nats::{ConnectSettings, Credentials, StreamSettings, Subscriber, TlsSettings, is_publisher_name};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The bus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Nats {
    /// `nats://host:port`; none = there is no bus.
    #[serde(deserialize_with = "listed")]
    pub(crate) servers: Vec<String>,
    /// Refuse a server without TLS.
    pub(crate) tls_required: bool,
    /// PEM file with further authorities; empty = the machine's.
    pub(crate) authorities: PathBuf,
    /// PEM file with this client's certificate; empty = none.
    pub(crate) client_certificate: PathBuf,
    /// PEM file with its key.
    pub(crate) client_key: PathBuf,
    /// Who the relay is.
    pub(crate) relay_user: NatsUser,
    /// Who the intake is.
    pub(crate) intake_user: NatsUser,
}

/// A user of the bus: by password, by nkey or by a file of credentials; nobody where all are empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NatsUser {
    /// Its name; also where its answers come to (`_INBOX_<name>`).
    pub(crate) name: String,
    /// Its password.
    pub(crate) password: Personal<String>,
    /// The seed of its nkey.
    pub(crate) nkey_seed: Personal<String>,
    /// A file with a JWT and a seed.
    pub(crate) credentials: PathBuf,
}

/// What the relay keeps on the bus.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Relay {
    /// How long the bus keeps an event.
    pub(crate) max_age_days: u64,
    /// How much it keeps.
    pub(crate) max_bytes: u64,
    /// On how many servers of a cluster.
    pub(crate) replicas: usize,
    /// The services that read events from the bus.
    pub(crate) subscribers: Vec<Subscriber>,
}

/// Whose events come over the bus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Intake {
    /// The publishers; none = the intake is shut.
    pub(crate) publishers: Vec<Publisher>,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            max_age_days: banso_nats::MAX_AGE_DAYS,
            max_bytes: banso_nats::MAX_BYTES,
            replicas: 1,
            subscribers: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether each service can be called as it is, and is reached at all.
    pub(super) fn check_services(&self) -> anyhow::Result<()> {
        for subscriber in &self.relay.subscribers {
            if !is_publisher_name(&subscriber.name) {
                bail!("`{}` is no name of a subscriber: a-z, 0-9, - and _", subscriber.name);
            }
        }
        if self.nats.servers.is_empty() && !self.intake.publishers.is_empty() {
            bail!("`intake.publishers` publish over the bus, and `nats.servers` names none");
        }
        let mut names = BTreeSet::new();
        for publisher in &self.intake.publishers {
            if !is_publisher_name(&publisher.name) {
                bail!("`{}` is no name of a publisher: a-z, 0-9, - and _", publisher.name);
            } else if !names.insert(&publisher.name) {
                bail!("the publisher `{}` stands twice", publisher.name);
            } else if publisher.sources.is_empty() {
                bail!("the publisher `{}` has no source", publisher.name);
            }
        }
        Ok(())
    }

    /// How the bus is reached as `user`; `None` = there is none.
    pub(crate) fn nats(&self, user: &NatsUser, name: &str) -> Option<ConnectSettings> {
        let Nats { servers, .. } = &self.nats;
        let file = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
        let credentials = if let Some(file) = file(&user.credentials) {
            Credentials::File(file)
        } else if !user.nkey_seed.reveal().is_empty() {
            Credentials::NkeySeed(user.nkey_seed.clone())
        } else if !user.password.reveal().is_empty() {
            Credentials::Password { user: user.name.clone(), password: user.password.clone() }
        } else {
            Credentials::None
        };
        (!servers.is_empty()).then(|| ConnectSettings {
            credentials,
            tls: TlsSettings {
                required: self.nats.tls_required,
                authorities: file(&self.nats.authorities),
                client_certificate: file(&self.nats.client_certificate).zip(file(&self.nats.client_key)),
            },
            inbox_prefix: (!user.name.is_empty()).then(|| format!("_INBOX_{}", user.name)),
            ..ConnectSettings::to(servers.clone(), name)
        })
    }

    /// What the bus keeps of a stream: no more than is set, and no more than the stream is made for.
    pub(crate) fn kept(&self, stream: StreamSettings) -> StreamSettings {
        let Relay { max_age_days, max_bytes, replicas, .. } = self.relay;
        StreamSettings {
            max_age: Duration::from_secs(max_age_days.saturating_mul(24 * 60 * 60)),
            max_bytes: max_bytes.min(stream.max_bytes),
            replicas,
            ..stream
        }
    }
}
