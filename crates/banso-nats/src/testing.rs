//! A real nats-server for tests: a process and a store of its own, with the configuration of `ops/nats`.
//! Functions here panic where the server does not do as told.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests: a panic is the answer")]

use crate::connect::ConnectSettings;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the server's binary; `ops/with-servers` sets it.
pub const SERVER_VARIABLE: &str = "BANSO_NATS_SERVER";
/// The users of `ops/nats/nats-server.conf`.
pub const USERS: [&str; 6] = ["relay", "intake", "hospital", "municipality", "subscriber", "operator"];

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/nats/nats-server.conf");
/// No start takes that long.
const START_MS_MAX: u64 = 30_000;
const LOOK_AGAIN_MS: u64 = 5;

/// A server that ends with its value.
#[derive(Debug)]
pub struct NatsServer {
    dir: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server on a free port of this machine; everything of it lies in `dir`, its store in `dir/store`.
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, |config| config)
    }

    /// The same with another configuration, made of the one in `ops/nats`.
    pub fn start_with(dir: &Path, configure: impl FnOnce(String) -> String) -> Self {
        let config = std::fs::read_to_string(CONFIG).expect("ops/nats/nats-server.conf");
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("nats-server.conf"), configure(config)).unwrap();
        let mut server = Self { dir: dir.to_owned(), port: 0, process: None };
        server.run();
        server
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// How one of its users connects.
    pub fn settings(&self, user: &str) -> ConnectSettings {
        ConnectSettings::to(vec![self.url()], &format!("test of {user}")).as_user(user, &password(user))
    }

    /// Where its streams lie.
    pub fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// Kills it without notice (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Lets it come to an orderly end (SIGTERM).
    pub fn stop(&mut self) {
        self.signal("TERM");
        if let Some(mut process) = self.process.take() {
            process.wait().unwrap();
        }
    }

    /// Starts it again on its port, with the store as it lies there.
    pub fn run(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let binary = std::env::var_os(SERVER_VARIABLE).unwrap_or_else(|| {
            panic!("{SERVER_VARIABLE} is not set: run the tests with `ops/with-servers <command>`")
        });
        let port = if self.port == 0 { "-1".to_owned() } else { self.port.to_string() };
        let mut command = Command::new(&binary);
        command.arg("-c").arg(self.dir.join("nats-server.conf")).args(["-a", "127.0.0.1", "-p", &port]);
        command.arg("--store_dir").arg(self.store()).arg("--ports_file_dir").arg(&self.dir);
        command.arg("-l").arg(self.dir.join("nats-server.log"));
        for user in USERS {
            command.env(format!("BANSO_NATS_{}_PASSWORD", user.to_uppercase()), password(user));
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("nats-server starts");
        let named = std::path::Path::new(&binary).file_name().unwrap().to_string_lossy().into_owned();
        let ports = self.dir.join(format!("{named}_{}.ports", process.id()));
        self.process = Some(process);
        self.port = self.listening(&ports);
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("it runs");
        let kill = Command::new("kill").arg(format!("-{signal}")).arg(process.id().to_string()).status();
        assert!(kill.is_ok_and(|status| status.success()), "kill -{signal}");
    }

    fn listening(&mut self, ports: &Path) -> u16 {
        let started = Instant::now();
        loop {
            let said = std::fs::read_to_string(ports).unwrap_or_default();
            // {"nats":["nats://127.0.0.1:4222"]}
            if let Ok(said) = serde_json::from_str::<serde_json::Value>(&said)
                && let Some(port) = said["nats"][0].as_str().and_then(|url| url.rsplit(':').next())
            {
                return port.parse().unwrap();
            }
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            let waited = started.elapsed() > Duration::from_millis(START_MS_MAX);
            if ended.is_some() || waited {
                let log = std::fs::read_to_string(self.dir.join("nats-server.log")).unwrap_or_default();
                panic!("nats-server does not start ({ended:?}): {log}");
            }
            std::thread::sleep(Duration::from_millis(LOOK_AGAIN_MS));
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // What cannot be killed has ended.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// The password of a user, as [`NatsServer`] sets it.
pub fn password(user: &str) -> String {
    format!("pw-of-{user}")
}
