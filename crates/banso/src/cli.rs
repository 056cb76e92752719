//! The command line.

use banso_app::KnownAt;
use banso_kernel::{PersonId, Seq};
use banso_log::verify::Witness;
use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// 伴走: coordination of a person's supporters. Events in; plan, team and timeline out.
#[derive(Debug, Parser)]
#[command(name = "banso", version, propagate_version = true)]
pub(crate) struct Cli {
    /// The configuration file (TOML). Without one the defaults hold.
    #[arg(long, global = true, env = "BANSO_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of the store, instead of the configured one.
    #[arg(long, global = true, env = "BANSO_DATA")]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show ハルさん's case from a temporary store, then serve it.
    Demo {
        /// Show it and end.
        #[arg(long)]
        once: bool,
        /// Where to serve.
        #[arg(long, default_value = "127.0.0.1:8080", conflicts_with = "once")]
        listen: String,
        #[command(flatten)]
        at: At,
    },
    /// Serve the HTTP door and keep the read models.
    Serve,
    /// Create the store, or bring it to this version.
    Migrate,
    /// Publish events: JSON lines of CloudEvents.
    Publish {
        /// The file; `-` = standard input.
        file: String,
        /// The banso to publish to.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        to: String,
        /// Only ask what would happen.
        #[arg(long, conflicts_with = "history")]
        dry_run: bool,
        /// Append what became of each attempt to this file, for `banso verify --history`.
        #[arg(long)]
        history: Option<PathBuf>,
    },
    /// Show what is known about a person.
    Show {
        /// What.
        view: View,
        /// About whom.
        #[arg(value_parser = parse_with::<PersonId>)]
        person: PersonId,
        #[command(flatten)]
        at: At,
        /// As JSON, as the HTTP door answers.
        #[arg(long)]
        json: bool,
    },
    /// Print the log, one CloudEvent a line.
    Events {
        /// Only events behind this position.
        #[arg(long, default_value_t = 0)]
        after: Seq,
        /// Only the last so many events.
        #[arg(long, value_name = "N", conflicts_with = "after", value_parser = clap::value_parser!(u32).range(1..))]
        last: Option<u32>,
        /// Go on printing as events come.
        #[arg(long, short)]
        follow: bool,
        /// Only of this type: `ReferralMade`.
        #[arg(long = "type")]
        event_type: Option<String>,
        /// Only of this entity: `referral`, `plan`, ….
        #[arg(long)]
        aggregate: Option<String>,
        /// Only about this person.
        #[arg(long, value_parser = parse_with::<PersonId>)]
        person: Option<PersonId>,
        /// Only of these parts, as in `3,17`.
        #[arg(long, value_delimiter = ',')]
        part: Vec<u8>,
    },
    /// Fold all read models anew beside the old ones, then switch.
    Rebuild,
    /// Decide what is right when the bus knows more than the log: the database was put back.
    #[command(group = clap::ArgGroup::new("way").required(true))]
    Recover {
        /// Give the log back what it lost, proven by the chains.
        #[arg(long, group = "way")]
        import_from_bus: bool,
        /// Go on without what only the bus has, in a new epoch.
        #[arg(long, group = "way")]
        new_epoch: bool,
    },
    /// Check the log, its chains and the read models. Ends with 1 where anything is not as it should be.
    Verify {
        /// Also check a publisher's record of its attempts (`banso publish --history`).
        #[arg(long)]
        history: Option<PathBuf>,
        /// The end of an earlier report, which must still stand in the log: `<head>:<log chain>`.
        #[arg(long, value_name = "SEQ:CHAIN", value_parser = parse_witness)]
        witness: Option<Witness>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct At {
    /// What was true then: an RFC 3339 time, or a day (its end).
    #[arg(long, value_name = "T", value_parser = parse_point_in_time)]
    pub(crate) valid_at: Option<DateTime<Utc>>,
    /// What was known then: an RFC 3339 time, a day (its end), or a position of the log.
    #[arg(long, value_name = "K", value_parser = parse_with::<KnownAt>)]
    pub(crate) known_at: Option<KnownAt>,
}

impl From<At> for banso_app::As {
    fn from(at: At) -> Self {
        Self { valid_at: at.valid_at, known_at: at.known_at }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum View {
    /// 現在の計画
    Plan,
    /// 支援チーム
    Team,
    /// 経過
    Timeline,
}

fn parse_witness(text: &str) -> Result<Witness, String> {
    let wrong = || "a position and 64 hexadecimal digits, as in 66:0f3a…".to_owned();
    let (seq, chain) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Witness { seq: seq.parse().map_err(|_| wrong())?, log_chain: chain.parse().map_err(|_| wrong())? })
}

fn parse_point_in_time(text: &str) -> Result<DateTime<Utc>, String> {
    banso_app::parse_time(text).ok_or_else(|| "an RFC 3339 time, or YYYY-MM-DD".to_owned())
}

fn parse_with<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: T::Err| e.to_string())
}
