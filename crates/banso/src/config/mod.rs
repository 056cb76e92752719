//! The configuration: a TOML file, over it the environment (`BANSO__HTTP__LISTEN=…`), over it the command line.

mod bus;

use anyhow::{Context, bail};
use banso_api::{GrpcLimits, HttpLimits};
use banso_kernel::Personal;
use bus::{Intake, Nats, Relay};
use config::{Config, Environment, File};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MIB: usize = 1024 * 1024;
/// A batch of the HTTP door must fit into the queue, or it would never be taken.
const QUEUE_EVENTS_MIN: usize = 1_000;

/// More need more files than a process usually may open.
const HTTP_CONNECTIONS_MAX: usize = 65_536;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Serve without access control on addresses that others can reach. There is none yet.
    #[serde(default)]
    pub(crate) allow_unauthenticated: bool,
    /// What this process does; any number of processes may do the same.
    #[serde(default = "Role::all", deserialize_with = "listed")]
    pub(crate) roles: BTreeSet<Role>,
    #[serde(default)]
    pub(crate) store: Store,
    #[serde(default)]
    pub(crate) nats: Nats,
    #[serde(default)]
    pub(crate) relay: Relay,
    #[serde(default)]
    pub(crate) intake: Intake,
    #[serde(default)]
    pub(crate) http: Http,
    #[serde(default)]
    pub(crate) grpc: Grpc,
    #[serde(default)]
    pub(crate) log: Log,
    #[serde(default)]
    pub(crate) writer: Writer,
}

/// A list of TOML, or what the environment has in its place: `api,project`.
fn listed<'de, D, T, L>(deserializer: D) -> Result<L, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
    L: FromIterator<T>,
{
    let names = match Listed::deserialize(deserializer)? {
        Listed::Several(names) => names,
        Listed::Joined(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    let names = names.into_iter().filter(|name| !name.is_empty());
    names.map(|name| T::deserialize(name.into_deserializer())).collect()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Several(Vec<String>),
    Joined(String),
}

/// Something that a process does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Answers over HTTP and gRPC.
    Api,
    /// Reads what publishers sent over the bus.
    Intake,
    /// Puts the log and the outcomes on the bus.
    Relay,
    /// Keeps the read models.
    Project,
}

impl Role {
    fn all() -> BTreeSet<Self> {
        [Self::Api, Self::Intake, Self::Relay, Self::Project].into()
    }
}

/// Where the events are.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Store {
    /// The folder of the SQLite store.
    pub(crate) sqlite: PathBuf,
    /// The URL of PostgreSQL, instead of SQLite; empty = none. Holds a password, so it is not printed.
    pub(crate) postgres: Personal<String>,
    /// The URL with which `migrate` and `recover` log in; empty = the same.
    pub(crate) postgres_operator: Personal<String>,
    /// PEM file with the authorities that the server's certificate may be of; empty = the machine's.
    pub(crate) postgres_authorities: PathBuf,
    /// The schema in PostgreSQL.
    pub(crate) postgres_schema: String,
}

/// The HTTP door.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// Where it listens.
    pub(crate) listen: String,
    /// Most connections at a time.
    pub(crate) connections: usize,
    /// How long a connection may be idle, or take to send the head of a request.
    pub(crate) idle_seconds: u16,
    /// How long a stopping process waits for requests that are still coming in.
    pub(crate) stop_wait_seconds: u16,
}

/// The gRPC door.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Grpc {
    /// Where it listens; empty = it is shut.
    pub(crate) listen: String,
    /// How long a call may take to come in whole and be answered.
    pub(crate) call_seconds: u16,
    /// How long a stream of events may bring nothing before it is ended.
    pub(crate) stream_idle_seconds: u16,
    /// How often a silent connection is asked whether somebody is still there, and how long it may take to say so.
    pub(crate) keep_alive_seconds: u16,
}

/// What the process says about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// What is logged, as tracing's `EnvFilter`; `BANSO_LOG` overrides it.
    pub(crate) filter: String,
    /// In which form.
    pub(crate) format: LogFormat,
}

/// The forms of a log line.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The bounds of the writer.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Writer {
    /// Most events that wait to be recorded; more are answered 429.
    pub(crate) queue_events: usize,
    /// Memory in MiB for the cases that decisions were lately about; others are read when they are needed.
    pub(crate) hot_cases_mib: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            sqlite: PathBuf::from("banso-data"),
            postgres: Personal::default(),
            postgres_operator: Personal::default(),
            postgres_authorities: PathBuf::new(),
            postgres_schema: "banso".to_owned(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            connections: 1_024,
            idle_seconds: 60,
            stop_wait_seconds: 10,
        }
    }
}

impl Default for Grpc {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8081".to_owned(),
            call_seconds: 60,
            stream_idle_seconds: 300,
            keep_alive_seconds: 20,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info,async_nats=warn".to_owned(), format: LogFormat::Text }
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self { queue_events: banso_log::QUEUE_EVENTS_MAX, hot_cases_mib: banso_app::HOT_BYTES_MAX / MIB }
    }
}

impl Settings {
    /// The settings of a file, the environment and the command line.
    pub(crate) fn load(file: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Self> {
        let mut sources = Config::builder();
        if let Some(file) = file {
            sources = sources.add_source(File::from(file).format(config::FileFormat::Toml));
        }
        let environment = Environment::with_prefix("BANSO")
            .prefix_separator("__")
            .separator("__")
            // Nothing is guessed: a password of digits stays what it is.
            .try_parsing(false);
        let built = sources.add_source(environment).build();
        let mut settings: Self =
            built.and_then(Config::try_deserialize).context("the configuration cannot be read")?;
        if let Some(data) = data {
            settings.store.sqlite = data.to_owned();
            settings.store.postgres = Personal::default();
            settings.store.postgres_operator = Personal::default();
        }
        settings.check_roles()?;
        if settings.writer.hot_cases_mib == 0 {
            bail!("writer.hot_cases_mib must be at least 1");
        }
        if settings.writer.queue_events < QUEUE_EVENTS_MIN {
            bail!("writer.queue_events must be at least {QUEUE_EVENTS_MIN}: a whole batch has to fit");
        }
        Ok(settings)
    }

    /// Whether this process has a role.
    pub(crate) fn does(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn check_roles(&self) -> anyhow::Result<()> {
        if self.roles.is_empty() {
            bail!("`roles` names nothing that this process would do: api, intake, relay, project");
        }
        let of_bus = |role: &Role| matches!(role, Role::Intake | Role::Relay);
        if self.nats.servers.is_empty() && self.roles.iter().all(of_bus) {
            bail!("this process has only roles of the bus, and `nats.servers` names no bus");
        }
        self.check_services()
    }

    /// The address to listen on. Until access control exists, one that others can reach is refused unless the
    /// configuration says that this is meant.
    pub(crate) fn listen(&self) -> anyhow::Result<Vec<SocketAddr>> {
        checked_listen(&self.http.listen, self.allow_unauthenticated)
    }

    /// The limits of the HTTP door.
    pub(crate) fn http(&self) -> anyhow::Result<HttpLimits> {
        let Http { connections, idle_seconds, .. } = self.http;
        if connections == 0 || idle_seconds == 0 {
            bail!("connections and idle_seconds of [http] are at least 1");
        }
        if connections > HTTP_CONNECTIONS_MAX {
            bail!("connections of [http] are at most {HTTP_CONNECTIONS_MAX}");
        }
        Ok(HttpLimits { connections, head_time: Duration::from_secs(idle_seconds.into()) })
    }

    /// Where the gRPC door listens, checked like [`Settings::listen`], and its limits; `None` = it is shut.
    pub(crate) fn grpc(&self) -> anyhow::Result<Option<(Vec<SocketAddr>, GrpcLimits)>> {
        if self.grpc.listen.is_empty() {
            return Ok(None);
        }
        let Grpc { call_seconds, stream_idle_seconds, keep_alive_seconds, .. } = self.grpc;
        let seconds = [call_seconds, stream_idle_seconds, keep_alive_seconds];
        if seconds.contains(&0) {
            bail!("the seconds of [grpc] are at least 1");
        }
        let [call_time, stream_idle, keep_alive] = seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let addresses = checked_listen(&self.grpc.listen, self.allow_unauthenticated)?;
        Ok(Some((addresses, GrpcLimits { call_time, stream_idle, keep_alive })))
    }

    /// The writer's bounds.
    pub(crate) fn bounds(&self) -> banso_app::Bounds {
        let Writer { queue_events, hot_cases_mib } = self.writer;
        let writer = banso_log::Limits { queue_events, ..banso_log::Limits::default() };
        banso_app::Bounds { writer, hot_cases_bytes: hot_cases_mib.saturating_mul(MIB) }
    }
}

pub(crate) fn checked_listen(listen: &str, allow_unauthenticated: bool) -> anyhow::Result<Vec<SocketAddr>> {
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().with_context(|| format!("`{listen}` is no address to listen on"))?.collect();
    let open: Vec<String> =
        addresses.iter().filter(|address| !address.ip().is_loopback()).map(ToString::to_string).collect();
    if open.is_empty() {
        return Ok(addresses);
    }
    if !allow_unauthenticated {
        bail!(
            "others can reach {}, and banso has no access control yet: listen on a loopback address, or set allow_unauthenticated = true",
            open.join(", ")
        );
    }
    tracing::warn!(
        addresses = open.join(", "),
        "allow_unauthenticated is set: whoever reaches this address reads and writes everything"
    );
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_lists_every_setting_lists_the_defaults() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/banso.toml");
        let listed = Settings::load(Some(Path::new(file)), None).unwrap();
        let defaults = Settings::load(None, None).unwrap();
        assert_eq!(format!("{listed:?}"), format!("{defaults:?}"));
        let text = std::fs::read_to_string(file).unwrap();
        for setting in
            format!("{defaults:?}").split([' ', '{', ',']).filter_map(|word| word.strip_suffix(':'))
        {
            assert!(text.contains(setting), "{setting} is not listed");
        }
    }

    /// Both services and their accounts stand in files of `ops`; where they disagree, a service has a consumer and may
    /// not use it, or an account that nobody reads.
    #[test]
    fn the_example_of_production_can_be_loaded_and_agrees_with_the_accounts_of_the_bus() {
        let ops = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops"));
        let settings = Settings::load(Some(&ops.join("production.toml")), None).unwrap();
        assert_eq!(settings.roles, Role::all());
        assert!(!settings.allow_unauthenticated && settings.listen().is_ok());
        assert_eq!([&settings.nats.relay_user.name, &settings.nats.intake_user.name], ["relay", "intake"]);
        let publishers: Vec<String> = settings.intake.publishers.into_iter().map(|of| of.name).collect();
        let subscribers: Vec<String> = settings.relay.subscribers.into_iter().map(|of| of.name).collect();
        assert!(!publishers.is_empty() && !subscribers.is_empty());
        let accounts = std::fs::read_to_string(ops.join("nats/nats-server.conf")).unwrap();
        let named = |before: &str| -> BTreeSet<String> {
            let tokens = accounts.split(before).skip(1);
            tokens.map(|rest| rest.split(['"', '.']).next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(named("\"banso.v1.intake."), publishers.into_iter().chain([">".to_owned()]).collect());
        assert_eq!(named("\"banso.api.CONSUMER.INFO.BANSO_EVENTS."), subscribers.into_iter().collect());
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused_unless_it_is_meant() {
        for open in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
            let refusal = checked_listen(open, false).unwrap_err().to_string();
            assert!(refusal.contains("allow_unauthenticated"), "{refusal}");
            assert!(checked_listen(open, true).is_ok(), "{open}");
        }
        for own in ["127.0.0.1:0", "[::1]:0", "127.8.9.1:80"] {
            assert!(checked_listen(own, false).is_ok(), "{own}");
        }
        assert!(checked_listen("nowhere", true).is_err());
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("banso.toml");
        std::fs::write(&file, "[http]\nlisten = \"127.0.0.1:9\"\n").unwrap();
        assert_eq!(Settings::load(Some(&file), None).unwrap().http.listen, "127.0.0.1:9");
        std::fs::write(&file, "[writer]\nqueue_events = 999\n").unwrap();
        assert!(Settings::load(Some(&file), None).unwrap_err().to_string().contains("queue_events"));
        std::fs::write(&file, "[writer]\nhot_cases_mib = 0\n").unwrap();
        assert!(Settings::load(Some(&file), None).unwrap_err().to_string().contains("hot_cases_mib"));
        std::fs::write(&file, "[writer]\nhot_cases_mib = 3\n").unwrap();
        assert_eq!(Settings::load(Some(&file), None).unwrap().bounds().hot_cases_bytes, 3 * 1024 * 1024);
        std::fs::write(&file, "[grpc]\ncall_seconds = 0\n").unwrap();
        assert!(Settings::load(Some(&file), None).unwrap().grpc().is_err());
        std::fs::write(&file, "[grpc]\nlisten = \"0.0.0.0:1\"\n").unwrap();
        assert!(Settings::load(Some(&file), None).unwrap().grpc().is_err());
        std::fs::write(&file, "[grpc]\nlisten = \"\"\n").unwrap();
        assert!(Settings::load(Some(&file), None).unwrap().grpc().unwrap().is_none());
        for wrong in ["connections = 0", "idle_seconds = 0", "connections = 65537"] {
            std::fs::write(&file, format!("[http]\n{wrong}\n")).unwrap();
            assert!(Settings::load(Some(&file), None).unwrap().http().is_err(), "{wrong}");
        }
        std::fs::write(&file, "[http]\nlisen = \"127.0.0.1:9\"\n").unwrap();
        assert!(Settings::load(Some(&file), None).is_err());
        assert!(Settings::load(Some(&dir.path().join("none.toml")), None).is_err());
    }
}
