//! The real binary as a process: its commands, and `serve` on a port of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod load;

pub(crate) use load::{Address, Load, referral};

use super::bus::Bus;
use super::place::{Place, blocking, in_folder, with_bus};
use banso_app::{App, Outcome};
use banso_kernel::{CloudEvent, ManualClock, SystemIds};
use banso_log::conformance::PgSchema;
use banso_log::{Custody, Limits, SqliteStore};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_banso-under-test");
/// ハルさん's case, as it can be published.
pub(crate) const HARU: &str = include_str!("../../scenarios/haru.jsonl");
/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a test looks whether it has happened.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until something is there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(LOOK);
    }
}

/// A store and its configuration.
pub(crate) struct Store {
    /// With the configuration, and with what a test writes.
    dir: TempDir,
    place: Kept,
    bus: Option<Bus>,
}

enum Kept {
    /// A store that this run chose, or one in files.
    Made(Place),
    /// A folder, in which there may be a store.
    Folder,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Store {
    /// Nothing but a configuration that names a folder.
    pub(crate) fn bare() -> Self {
        Self::kept(Kept::Folder)
    }

    /// A migrated store.
    pub(crate) fn empty() -> Self {
        Self::kept(Kept::Made(Place::of_run()))
    }

    /// A migrated store in files, for a test that damages, locks or copies them.
    pub(crate) fn in_files() -> Self {
        Self::kept(Kept::Made(Place::in_files()))
    }

    /// A migrated store in PostgreSQL with a bus beside it, whichever store the run has.
    pub(crate) fn in_production(place: Place) -> Self {
        let mut store = Self::kept(Kept::Made(place));
        store.bus.get_or_insert_with(Bus::start);
        store.configure("");
        store
    }

    /// The schema of a store in PostgreSQL.
    pub(crate) fn schema(&self) -> &PgSchema {
        match &self.place {
            Kept::Made(Place::Postgres(schema)) => schema,
            Kept::Made(Place::Files(_)) | Kept::Folder => panic!("this test is about PostgreSQL"),
        }
    }

    /// A migrated store with a bus beside it.
    pub(crate) fn with_bus() -> Self {
        let mut store = Self::kept(Kept::Made(Place::of_run()));
        store.bus.get_or_insert_with(Bus::start);
        store.configure("");
        store
    }

    /// As if there were no bus.
    pub(crate) fn configure_without_bus(&self) {
        self.configure_beside(None, "");
    }

    /// The database is put back to where the log ended at this position, as from a backup.
    pub(crate) fn cut_log(&self, at: u64) {
        match &self.place {
            Kept::Made(Place::Postgres(schema)) => blocking(async {
                // Rights and triggers are for everybody but whoever restores a backup.
                let cut = format!(
                    "ALTER TABLE events DISABLE TRIGGER ALL; DELETE FROM events WHERE seq > {at};
                     ALTER TABLE events ENABLE ALWAYS TRIGGER events_refuse_change"
                );
                schema.raw().await.batch_execute(&cut).await.unwrap();
            }),
            Kept::Made(Place::Files(_)) | Kept::Folder => {
                let conn = rusqlite::Connection::open(self.data().join("log.sqlite3")).unwrap();
                let trigger: String = conn
                    .query_row(
                        "SELECT sql FROM sqlite_master WHERE name = 'events_refuse_delete'",
                        [],
                        |row| row.get(0),
                    )
                    .unwrap();
                let cut = format!(
                    "DROP TRIGGER events_refuse_delete; DELETE FROM events WHERE seq > {at}; {trigger}"
                );
                conn.execute_batch(&cut).unwrap();
            }
        }
    }

    /// Ends a hold without asking why, as an operator with a database's tools can.
    pub(crate) fn let_go(&self) {
        let store = match &self.place {
            Kept::Made(Place::Postgres(schema)) => {
                let schema = schema.owner();
                blocking(async {
                    banso_log::PgStore::open_for_operator(&schema).await.unwrap().let_go().await
                })
            }
            Kept::Made(Place::Files(_)) | Kept::Folder => {
                blocking(async { SqliteStore::open(&self.data()).unwrap().let_go().await })
            }
        };
        store.unwrap();
    }

    /// The bus beside it.
    pub(crate) fn bus(&mut self) -> &mut Bus {
        self.bus.as_mut().expect("a store with a bus")
    }

    fn kept(place: Kept) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bus = (matches!(place, Kept::Made(_)) && with_bus()).then(Bus::start);
        let store = Self { dir, place, bus };
        store.configure("");
        store
    }

    /// A store with ハルさん's case, each event recorded when its publisher wrote it down.
    pub(crate) fn with_haru() -> Self {
        Self::empty().told_of_haru()
    }

    /// [`Store::with_haru`] in files.
    pub(crate) fn with_haru_in_files() -> Self {
        Self::in_files().told_of_haru()
    }

    fn told_of_haru(self) -> Self {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (store, ids) = (self.open().await, Arc::new(SystemIds));
            let app = App::start(store, clock.clone(), ids, Limits::default(), true).await.unwrap();
            let mut last = 0;
            for line in HARU.lines() {
                let event = cloud_event(line);
                clock.set(event.attributes["time"].parse().unwrap());
                let item = app.door.propose(event, None).unwrap();
                match app.door.publish_one(item, false).await.unwrap() {
                    Outcome::Admitted(receipt) => last = receipt.seq,
                    other => panic!("{other:?}"),
                }
            }
            app.projected_up_to(last).await.unwrap();
            app.stop().await;
        });
        self
    }

    /// A copy of a store in files that nobody has open.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::bare();
        std::fs::create_dir(copy.data()).unwrap();
        for file in std::fs::read_dir(self.data()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.data().join(file.file_name())).unwrap();
        }
        copy
    }

    /// As another process would.
    pub(crate) async fn open(&self) -> Arc<dyn banso_log::Store> {
        match &self.place {
            Kept::Made(place) => place.open().await,
            Kept::Folder => Arc::new(SqliteStore::open(&self.data()).unwrap()),
        }
    }

    pub(crate) fn configure(&self, more: &str) {
        self.configure_beside(self.bus.as_ref(), more);
    }

    fn configure_beside(&self, bus: Option<&Bus>, more: &str) {
        let place = match &self.place {
            Kept::Made(place) => place.toml(),
            Kept::Folder => in_folder(&self.data()),
        };
        let doors = "[http]\nlisten = \"127.0.0.1:0\"\n[grpc]\nlisten = \"127.0.0.1:0\"\n";
        let bus = bus.map(Bus::toml).unwrap_or_default();
        std::fs::write(self.config(), format!("{more}\n{place}{doors}{bus}")).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("banso.toml")
    }

    /// The folder of a store in files.
    pub(crate) fn data(&self) -> PathBuf {
        match &self.place {
            Kept::Made(place) => place.folder(),
            Kept::Folder => self.dir.path().join("data"),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A command on this store.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = bare_command();
        command.arg("--config").arg(self.config()).args(args);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        ended(&mut self.command(args))
    }

    /// Runs a command that must succeed, and gives what it printed.
    pub(crate) fn print(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended.out
    }

    /// Changes a file of the store behind banso's back.
    pub(crate) fn edit(&self, file: &str, sql: &str) {
        let conn = rusqlite::Connection::open(self.data().join(file)).unwrap();
        let triggers: Vec<String> = conn
            .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for trigger in triggers {
            conn.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        conn.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

/// The binary, as on a machine without any setting.
pub(crate) fn bare_command() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_lowercase();
        if text.starts_with("banso") || text.ends_with("_proxy") {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A line of a scenario.
pub(crate) fn cloud_event(line: &str) -> CloudEvent {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
        #[serde(flatten)]
        attributes: BTreeMap<String, String>,
    }
    let Line { data, attributes } = serde_json::from_str(line).unwrap();
    CloudEvent { attributes, data: data.get().to_owned().into() }
}

/// A child process that does not outlive its test.
pub(crate) struct Process {
    child: Child,
    err: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let err = Arc::new(Mutex::new(String::new()));
        let (pipe, kept) = (child.stderr.take().unwrap(), err.clone());
        let reader = spawn(move || {
            for line in BufReader::new(pipe).lines() {
                let Ok(line) = line else { break };
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { child, err, reader: Some(reader) }
    }

    /// Where it listens, as soon as it says so.
    pub(crate) fn listening(&mut self) -> Option<String> {
        let ended = self.has_ended();
        assert!(ended.is_none(), "it ended with {ended:?}: {}", self.log());
        listening(&self.log())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    pub(crate) fn stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = until("the process ends", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `banso serve`.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(store: &Store) -> Self {
        Self::start_as(&mut store.command(&["serve"]))
    }

    /// Started by this command.
    pub(crate) fn start_as(command: &mut Command) -> Self {
        let mut process = Process::start(command.stdout(Stdio::null()));
        let url = until("it listens", || process.listening());
        Self { process, url }
    }

    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Writes a request and leaves the answer unread.
    pub(crate) fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = self.connect();
        let length = body.len();
        write!(stream, "{head}\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&format!("{}{path}", self.url))
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub(crate) fn post(&self, event: &str) -> (u16, Value) {
        post(&agent(), &self.url, event).unwrap()
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(&mut self) {
        self.process.signal("TERM");
        let status = self.process.wait();
        assert_eq!(status.code(), Some(0), "{}", self.process.log());
    }
}

fn listening(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("listening on ")?;
    let url: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '"').collect();
    Some(url).filter(|_| rest.contains('\n'))
}

pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::config::Config::builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .build();
    ureq::Agent::new_with_config(config)
}

pub(crate) fn get(url: &str) -> (u16, String) {
    let mut answer = agent().get(url).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// `Err`: no answer.
pub(crate) fn post(agent: &ureq::Agent, url: &str, event: &str) -> Result<(u16, Value), ureq::Error> {
    let request = agent.post(format!("{url}/v1/events")).content_type("application/cloudevents+json");
    let mut answer = request.send(event)?;
    let body = answer.body_mut().read_to_string()?;
    Ok((answer.status().as_u16(), serde_json::from_str(&body).unwrap_or(Value::Null)))
}

/// Reads until these words came; `false`: the other side closed first.
pub(crate) fn read_until(stream: &mut TcpStream, words: &str) -> bool {
    let (mut text, mut buffer) = (Vec::new(), [0; 1024]);
    while !String::from_utf8_lossy(&text).contains(words) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(n) => text.extend_from_slice(&buffer[..n]),
        }
    }
    true
}

/// `banso verify`, with a record of attempts.
pub(crate) fn verified(store: &Store, history: Option<&Path>) -> Value {
    let mut args = vec!["verify", "--json"];
    if let Some(history) = history {
        args.extend(["--history", history.to_str().unwrap()]);
    }
    let ended = store.run(&args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}
