//! On what it was measured.

use anyhow::Context;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// The machine, its disk, and what ran on it.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    /// How long one fdatasync of an 8 KiB write takes, by pg_test_fsync.
    pub(crate) fdatasync_us: f64,
    pub(crate) postgres: String,
    pub(crate) nats_server: String,
    pub(crate) rustc: String,
    /// What was built; `+` = with changes that are not committed.
    pub(crate) commit: String,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_gib, kernel, fdatasync_us, postgres, nats_server, rustc, commit } =
            self;
        write!(
            f,
            "{processor}, {cores} cores, {memory_gib:.0} GiB, {kernel}; fdatasync {fdatasync_us:.0} µs; {postgres}; \
             {nats_server}; {rustc}; commit {commit}"
        )
    }
}

/// Names the folder with the programs of PostgreSQL; `ops/with-servers` sets it.
const PG_BIN: &str = "BANSO_PG_BIN";

impl Machine {
    /// Looks around; syncs files in `scratch` for two seconds.
    pub(crate) fn look(scratch: &Path) -> anyhow::Result<Self> {
        let pg_bin = std::env::var(PG_BIN).with_context(|| {
            format!("{PG_BIN} is not set: run it by ops/bench, or behind ops/with-servers")
        })?;
        let pg_bin = Path::new(&pg_bin);
        let nats = std::env::var(banso_nats::testing::SERVER_VARIABLE).context("no nats-server is named")?;
        Ok(Self {
            processor: line_of("/proc/cpuinfo", "model name")?,
            cores: std::thread::available_parallelism()?.get(),
            memory_gib: gib_of(&line_of("/proc/meminfo", "MemTotal")?)?,
            kernel: said_by("uname", &["-sr"])?,
            fdatasync_us: fdatasync(pg_bin, scratch)?,
            postgres: said_by(pg_bin.join("postgres"), &["--version"])?,
            nats_server: said_by(nats, &["--version"])?,
            rustc: said_by("rustc", &["--version"])?,
            commit: commit()?,
        })
    }
}

/// The value behind `name:` in a file of the system.
fn line_of(file: &str, name: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    Ok(line.map_or("not told", str::trim).to_owned())
}

/// `16316412 kB`
fn gib_of(kilobytes: &str) -> anyhow::Result<f64> {
    let number = kilobytes.split_whitespace().next().context("how much memory there is")?;
    Ok(number.parse::<f64>()? / 1024.0 / 1024.0)
}

fn said_by(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> anyhow::Result<String> {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("run {}", program.display()))?;
    anyhow::ensure!(output.status.success(), "{} ended with {}", program.display(), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn fdatasync(pg_bin: &Path, scratch: &Path) -> anyhow::Result<f64> {
    let file = scratch.join("pg_test_fsync");
    let file = file.to_str().context("a folder whose name is text")?;
    // Where only a part of PostgreSQL is linked into a folder of programs, the rest lies where the links lead.
    let postgres = pg_bin.join("postgres").canonicalize().context("find PostgreSQL's programs")?;
    let said = said_by(postgres.with_file_name("pg_test_fsync"), &["--secs-per-test=1", "--filename", file])?;
    parse_fdatasync(&said).with_context(|| format!("pg_test_fsync said: {said}"))
}

/// `        fdatasync                          5482.123 ops/sec     182 usecs/op`, the first of them: one write.
fn parse_fdatasync(said: &str) -> Option<f64> {
    let line = said.lines().find(|line| line.trim_start().starts_with("fdatasync "))?;
    let mut words = line.split_whitespace();
    words.nth(1)?.parse::<f64>().ok().map(|per_second| 1e6 / per_second)
}

fn commit() -> anyhow::Result<String> {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let commit = said_by("git", &["-C", here, "rev-parse", "--short=12", "HEAD"])?;
    let changes = said_by("git", &["-C", here, "status", "--porcelain"])?;
    Ok(if changes.is_empty() { commit } else { format!("{commit}+") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fdatasync_is_that_of_one_write() {
        let said = "Compare file sync methods using one 8kB write:\n        open_datasync      4000.0 ops/sec     250 usecs/op\n        \
            fdatasync                          5000.000 ops/sec     200 usecs/op\n        fsync  10.0 ops/sec  1 usecs/op\n\n\
            Compare file sync methods using two 8kB writes:\n        fdatasync                          2500.000 ops/sec     400 usecs/op\n";
        assert_eq!(parse_fdatasync(said), Some(200.0));
        assert_eq!(parse_fdatasync("fdatasync n/a"), None);
    }
}
