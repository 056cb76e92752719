//! What a process holds of its machine: memory, files, processors.

use anyhow::Context;
use serde::Serialize;

/// At one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Holds {
    pub(crate) resident_bytes: u64,
    /// The most that was resident.
    pub(crate) resident_bytes_max: u64,
    /// Files and connections.
    pub(crate) files: usize,
    /// Of processors, since it started.
    pub(crate) processor_seconds: f64,
}

/// In what the system counts processor time: hundredths of a second, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

impl Holds {
    /// Of the process with this id.
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        Self::read(process).with_context(|| format!("look at process {process}"))
    }

    fn read(process: u32) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let kib = |name: &str| kib_of(&status, name).with_context(|| format!("its {name}"));
        let files = std::fs::read_dir(format!("/proc/{process}/fd"))?.count();
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        let ticks = ticks_of(&stat).context("its processor time")?;
        Ok(Self {
            resident_bytes: kib("VmRSS")? * 1024,
            resident_bytes_max: kib("VmHWM")? * 1024,
            files,
            processor_seconds: ticks as f64 / TICKS_PER_SECOND,
        })
    }
}

/// `pid (name) state …`: the twelfth and the thirteenth behind the name, which may hold anything.
fn ticks_of(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (own, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(own + system)
}

/// `VmRSS:    12345 kB`
fn kib_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_seen_as_the_system_sees_it() {
        let status = "Name:\tbanso\nVmPeak:\t  999 kB\nVmHWM:\t   24 kB\nVmRSS:\t   12 kB\n";
        assert_eq!((kib_of(status, "VmRSS"), kib_of(status, "VmHWM")), (Some(12), Some(24)));
        assert_eq!(kib_of(status, "Vm"), None);
        assert_eq!(ticks_of("7 (ban) so) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 5 6"), Some(300));
        let own = Holds::of(std::process::id()).unwrap();
        assert!(own.resident_bytes > 0 && own.resident_bytes_max >= own.resident_bytes && own.files > 0);
    }
}
