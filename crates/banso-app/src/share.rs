//! A share of the work that several processes do together: parts to project, intakes to read, streams to
//! relay. Each process renews its leases and wants an equal share of what there is. Whoever works on a lease
//! that it lost does harm to nobody: it is fenced by a comparison of its own, and only works in vain.

use banso_kernel::{Hash, IdGen, Part, hex};
use banso_log::Leases;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a lease lasts that nobody renews: the longest that work lies still when its process was killed.
const LEASE: Duration = Duration::from_secs(3);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(1);

/// What this process does of a group's work.
pub struct Share {
    held: watch::Receiver<BTreeSet<String>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Share {
    /// Joins a group whose work has these names. Only those who know the same names share them: a name that
    /// others do not know would be left to them all the same. Of processes that are configured differently each
    /// does all of its own.
    pub fn join(leases: Arc<dyn Leases>, ids: &dyn IdGen, group: &'static str, names: Vec<String>) -> Self {
        let (_, able) = watch::channel(true);
        Self::join_while(able, leases, ids, group, names)
    }

    /// The same, but in the group only while this process is able to do the work: others do it meanwhile.
    pub fn join_while(
        able: watch::Receiver<bool>,
        leases: Arc<dyn Leases>,
        ids: &dyn IdGen,
        group: &'static str,
        names: Vec<String>,
    ) -> Self {
        let group = group_of(group, &names);
        let holder = hex(ids.salt());
        let (hold, held) = watch::channel(BTreeSet::new());
        let (stop, stopping) = watch::channel(false);
        let member = Member { leases, group, holder, names, able, hold };
        let task = tokio::spawn(member.keep(stopping));
        Self { held, stop, task }
    }

    /// The names that this process holds, as they change.
    pub fn held(&self) -> watch::Receiver<BTreeSet<String>> {
        self.held.clone()
    }

    /// Gives everything back, so that others need not wait for the leases to end.
    pub async fn leave(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a share of work ended badly");
        }
    }
}

/// A process in a group.
struct Member {
    leases: Arc<dyn Leases>,
    group: String,
    holder: String,
    names: Vec<String>,
    able: watch::Receiver<bool>,
    hold: watch::Sender<BTreeSet<String>>,
}

impl Member {
    async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        // At first only joins, to see who else is there.
        let mut wanted = Vec::new();
        let mut renewed_at = Instant::now();
        while !*stop.borrow() {
            if !*self.able.borrow_and_update() {
                self.leave().await;
                wanted.clear();
                tokio::select! {
                    changed = stop.changed() => if changed.is_err() { return },
                    // Where nobody can say it any more, it stays so.
                    Ok(_) = self.able.wait_for(|able| *able) => {}
                }
                continue;
            }
            let asked = Instant::now();
            let mut pause = RENEWAL;
            match self.leases.renew(&self.group, &self.holder, &wanted, LEASE).await {
                Ok(renewed) => {
                    renewed_at = asked;
                    let held: BTreeSet<String> = renewed.held.into_iter().collect();
                    self.hold.send_if_modified(|known| std::mem::replace(known, held.clone()) != held);
                    let fair = share_of(&self.names, &renewed.members, &self.holder);
                    if fair != wanted {
                        // Others wait for what is given back: at once.
                        wanted = fair;
                        pause = Duration::ZERO;
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        group = self.group,
                        "leases were not renewed"
                    );
                    if renewed_at.elapsed() >= LEASE {
                        self.hold.send_if_modified(|held| !std::mem::take(held).is_empty());
                    }
                }
            }
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                Ok(()) = self.able.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.leave().await;
    }

    async fn leave(&self) {
        self.hold.send_if_modified(|held| !std::mem::take(held).is_empty());
        if let Err(error) = self.leases.leave(&self.group, &self.holder).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                group = self.group,
                "leases were not given back; they end"
            );
        }
    }
}

/// The group of those who share exactly these names.
pub(crate) fn group_of(group: &str, names: &[String]) -> String {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let which = Hash::of(names.join(" ").as_bytes());
    format!("{group} {}", hex(&which.as_bytes()[..8]))
}

/// Every nth name for each of n members.
fn share_of(names: &[String], members: &[String], holder: &str) -> Vec<String> {
    let place = members.iter().position(|member| member == holder).unwrap_or(0);
    names.iter().skip(place).step_by(members.len().max(1)).cloned().collect()
}

/// The name of a part as work to share.
pub(crate) fn part_name(part: Part) -> String {
    part.number().to_string()
}

/// The names of all parts.
pub(crate) fn part_names() -> Vec<String> {
    Part::all().map(part_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_wanted_by_exactly_one_member() {
        let names = part_names();
        for count in 1..=70 {
            let mut members: Vec<String> = (0..count).map(|n| format!("m{n}")).collect();
            members.sort();
            let shares: Vec<Vec<String>> =
                members.iter().map(|member| share_of(&names, &members, member)).collect();
            let mut all: Vec<String> = shares.concat();
            all.sort();
            let mut expected = names.clone();
            expected.sort();
            assert_eq!(all, expected);
            let sizes = || shares.iter().map(Vec::len);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1, "{count}");
        }
    }
}
