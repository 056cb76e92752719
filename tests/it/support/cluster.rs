//! A PostgreSQL of a test's own, which the test may kill.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::process::until;
use banso_kernel::{IdGen, SystemIds, hex};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// Names the folder with the programs of PostgreSQL; `ops/with-servers` sets it.
const PG_BIN: &str = "BANSO_PG_BIN";
/// Who runs the server where the test runs as root, which the server refuses: the first that there is.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// Where a folder can be that such a user may enter, wherever the test keeps its own.
const OPEN_TO_ALL: &str = "/tmp";
/// The line of `postmaster.pid` that says how far the server is.
const STATUS_LINE: usize = 7;

/// A server with its data, both gone when this is dropped.
pub(crate) struct Cluster {
    dir: TempDir,
    user: Option<(u32, u32)>,
    password: String,
    port: u16,
    process: Option<Child>,
}

impl Cluster {
    /// A new one that runs, as durable as one in production: fsync is on.
    pub(crate) fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("banso-postgres.").tempdir_in(OPEN_TO_ALL).unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        let password = hex(SystemIds.salt());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut cluster = Self { dir, user, password, port, process: None };
        let file = cluster.dir.path().join("password");
        std::fs::write(&file, &cluster.password).unwrap();
        if let Some((uid, gid)) = user {
            chown(&file, Some(uid), Some(gid)).unwrap();
        }
        let mut initdb = cluster.program("initdb");
        initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        initdb.arg("--no-sync").arg("--pgdata").arg(cluster.data()).arg("--pwfile").arg(&file);
        let Output { status, stderr, .. } = initdb.output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        cluster.run();
        cluster
    }

    /// The superuser's URL.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// Starts it on its port, with the data as they lie there; returns when it takes connections.
    pub(crate) fn run(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data());
        let sockets = format!("unix_socket_directories={}", self.dir.path().display());
        for setting in
            [&format!("port={}", self.port), "listen_addresses=127.0.0.1", &sockets, "max_connections=200"]
        {
            postgres.args(["-c", setting]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let process = postgres.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let process = self.process.insert(process);
        let (id, pid_file) = (process.id().to_string(), self.dir.path().join("data/postmaster.pid"));
        let mut ended = None;
        until("PostgreSQL takes connections", || {
            ended = process.try_wait().unwrap();
            let said = std::fs::read_to_string(&pid_file).unwrap_or_default();
            let lines: Vec<&str> = said.lines().map(str::trim).collect();
            let ready = lines.first() == Some(&id.as_str()) && lines.get(STATUS_LINE) == Some(&"ready");
            (ready || ended.is_some()).then_some(())
        });
        assert!(ended.is_none(), "{ended:?}: {}", std::fs::read_to_string(self.log()).unwrap_or_default());
    }

    /// Kills the server and every session's process (SIGKILL): nobody ends anything.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        // It must not start another process while its processes are looked up.
        signal("STOP", process.id());
        let sessions = children_of(process.id());
        process.kill().unwrap();
        for session in &sessions {
            signal("KILL", *session);
        }
        process.wait().unwrap();
        // As long as one of them is there it holds the shared memory, and no server starts on these data.
        until("its processes are gone", || sessions.iter().all(|id| !is_running(*id)).then_some(()));
    }

    /// Ends it in an orderly way, and the sessions with it (PostgreSQL's "fast").
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        signal("INT", process.id());
        assert!(process.wait().unwrap().success());
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    fn program(&self, name: &str) -> Command {
        let bin = std::env::var_os(PG_BIN).unwrap_or_else(|| {
            panic!(
                "this test starts a PostgreSQL: run it by `ops/with-servers cargo nextest run …`, or set {PG_BIN}"
            )
        });
        let mut command = Command::new(Path::new(&bin).join(name));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid).env("HOME", self.dir.path());
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}

/// The user and group to run the server as; `None` = whoever runs the test.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |args: &[&str]| -> Option<u32> {
        let Output { status, stdout, .. } = Command::new("id").args(args).output().unwrap();
        status.success().then(|| String::from_utf8(stdout).unwrap().trim().parse().unwrap())
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let found = UNPRIVILEGED.iter().find_map(|name| id(&["-u", name]).zip(id(&["-g", name])));
    Some(found.expect("a user that is not root"))
}

/// What the system says of processes: behind the name, which is in parentheses, stand the state and the parent.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let ids = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| stat_of(*id).split_whitespace().nth(1).and_then(|id| id.parse().ok()) == Some(parent))
        .collect()
}

/// One that has ended and waits for its parent to see it holds nothing any more.
fn is_running(process: u32) -> bool {
    stat_of(process).split_whitespace().next().is_some_and(|state| state != "Z" && state != "X")
}

/// What stands behind the name; nothing of a process that has ended meanwhile.
fn stat_of(process: u32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// A process that has ended meanwhile gets none.
fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).output();
    sent.expect("kill, the program");
}
