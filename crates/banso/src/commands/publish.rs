//! `banso publish`.

use super::progress;
use crate::output::print;
use anyhow::{Context, bail};
use banso_app::audit::{Attempt, AttemptOutcome};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

/// Events sent in one request.
const BATCH_EVENTS: usize = 100;
/// A request is sent before it grows above this.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How often a request is sent when the answer is "later" or is lost.
const TRIES: u32 = 8;
/// How often where nobody listens.
const TRIES_UNREACHED: u32 = 4;
/// How long it waits before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long it may take to reach the other side.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Reasons that are listed; all of them are counted.
const REASONS_MAX: usize = 20;

pub(super) fn run(file: &str, to: &str, dry_run: bool, history: Option<&Path>) -> anyhow::Result<ExitCode> {
    let to = address(to)?;
    let texts = read(file)?;
    let mut counts = Counts::default();
    let lines: Vec<Line<'_>> =
        texts.iter().filter_map(|(number, text)| Line::read(*number, text, &mut counts)).collect();
    let history = history.map(super::history::open);
    let mut publisher = Publisher {
        agent: ureq::Agent::new_with_config(
            ureq::config::Config::builder()
                .http_status_as_error(false)
                .timeout_global(Some(TIMEOUT))
                .timeout_connect(Some(CONNECT_TIMEOUT))
                .build(),
        ),
        url: format!("{to}/v1/events?dry_run={dry_run}"),
        history: history.transpose()?,
        counts,
        gave_up: false,
    };
    let bar = progress(lines.len() as u64, "publishing");
    let mut rest = lines.as_slice();
    while !rest.is_empty() && !publisher.gave_up {
        let (batch, others) = rest.split_at(batch_of(rest));
        publisher.publish(batch)?;
        bar.inc(batch.len() as u64);
        rest = others;
    }
    publisher.counts.unsent += rest.len() as u64;
    bar.finish_and_clear();
    let counts = publisher.counts;
    print(&counts.text(dry_run))?;
    Ok(if counts.refused + counts.unknown + counts.unsent == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The address of a banso, without a slash at its end.
fn address(to: &str) -> anyhow::Result<&str> {
    let uri: Option<ureq::http::Uri> = to.parse().ok();
    let is_http = |uri: &ureq::http::Uri| uri.scheme_str() == Some("http") && uri.host().is_some();
    if !uri.as_ref().is_some_and(is_http) {
        bail!("`--to {to}` is no address of the form http://host:port");
    }
    Ok(to.trim_end_matches('/'))
}

/// The lines with their numbers, without empty ones.
fn read(file: &str) -> anyhow::Result<Vec<(usize, String)>> {
    let input: Box<dyn Read> = match file {
        "-" => Box::new(std::io::stdin()),
        path => Box::new(File::open(path).with_context(|| format!("{path} cannot be read"))?),
    };
    let lines = BufReader::new(input).lines().collect::<Result<Vec<_>, _>>();
    let lines = lines.with_context(|| format!("{file} is no UTF-8 text"))?;
    Ok((1..).zip(lines).filter(|(_, line)| !line.trim().is_empty()).collect())
}

/// A line that is a JSON object.
struct Line<'a> {
    text: &'a str,
    /// What is admitted together is sent together.
    group: Option<String>,
}

impl<'a> Line<'a> {
    /// A line that is something else would spoil the whole request: it is refused here.
    fn read(number: usize, text: &'a str, counts: &mut Counts) -> Option<Self> {
        let object: Result<BTreeMap<Cow<'_, str>, &RawValue>, _> = serde_json::from_str(text);
        match object {
            Ok(object) => {
                let group = object.get("bansogroup").and_then(|raw| serde_json::from_str(raw.get()).ok());
                Some(Self { text, group })
            }
            Err(error) => {
                counts.refuse(1, format!("line {number} is no JSON object: {error}"), None);
                None
            }
        }
    }
}

/// How many lines go into the next request: a group is never divided.
fn batch_of(lines: &[Line<'_>]) -> usize {
    let mut bytes = 0;
    let fits = lines.iter().take(BATCH_EVENTS).take_while(|line| {
        bytes += line.text.len();
        bytes <= BATCH_BYTES
    });
    let fits = fits.count().max(1);
    (fits..lines.len()).find(|at| is_between_groups(lines, *at)).unwrap_or(lines.len())
}

/// Whether a request may end before this line.
fn is_between_groups(lines: &[Line<'_>], at: usize) -> bool {
    lines[at].group.is_none() || lines[at].group != lines[at - 1].group
}

#[derive(Default)]
struct Counts {
    admitted: u64,
    repeated: u64,
    duplicate: u64,
    refused: u64,
    unknown: u64,
    unsent: u64,
    /// How often each reason came, and the id of the first event that it hit.
    reasons: BTreeMap<String, (u64, Option<String>)>,
}

impl Counts {
    fn refuse(&mut self, lines: usize, why: String, first: Option<String>) {
        self.refused += lines as u64;
        self.because(lines, why, first);
    }

    fn because(&mut self, lines: usize, why: String, first: Option<String>) {
        let (times, first_hit) = self.reasons.entry(why).or_default();
        *times += lines as u64;
        if first_hit.is_none() {
            *first_hit = first;
        }
    }

    fn text(&self, dry_run: bool) -> String {
        let admitted = if dry_run { "would be admitted" } else { "admitted" };
        let mut out = format!(
            "{admitted} {} (of these repeated {})\nduplicate {}\nrefused {}\n",
            self.admitted, self.repeated, self.duplicate, self.refused
        );
        if self.unknown > 0 {
            out.push_str(&format!("unknown {}: publish again, nothing is recorded twice\n", self.unknown));
        }
        if self.unsent > 0 {
            out.push_str(&format!("not sent {}\n", self.unsent));
        }
        for (reason, (times, first)) in self.reasons.iter().take(REASONS_MAX) {
            let first = first.as_deref().map(|id| format!(" (first: {id})")).unwrap_or_default();
            out.push_str(&format!("  {times} × {reason}{first}\n"));
        }
        out
    }
}

struct Publisher {
    agent: ureq::Agent,
    url: String,
    history: Option<File>,
    counts: Counts,
    /// Whether a batch stayed without an answer: the rest is not tried then.
    gave_up: bool,
}

/// An answer to one event, as far as it is needed here.
#[derive(Deserialize)]
struct Answer {
    status: u16,
    #[serde(default)]
    outcome: String,
    seq: Option<u64>,
    repeats: Option<String>,
    rule: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    pointer: Option<String>,
}

#[derive(Deserialize)]
struct Answers {
    results: Vec<Answer>,
}

enum Sent {
    Answered(Vec<Answer>),
    /// The whole request was refused.
    Refused(String),
    /// It may come through later.
    Later(String),
    /// Nobody listens there.
    Unreached(String),
}

impl Publisher {
    fn publish(&mut self, lines: &[Line<'_>]) -> anyhow::Result<()> {
        let texts: Vec<&str> = lines.iter().map(|line| line.text).collect();
        let body = format!("[{}]", texts.join(","));
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        let reason = loop {
            tries += 1;
            let (why, tries_max) = match self.send(&body)? {
                Sent::Answered(answers) if answers.len() == lines.len() => {
                    return texts
                        .iter()
                        .zip(answers)
                        .try_for_each(|(line, answer)| self.count(line, &answer));
                }
                Sent::Answered(answers) => bail!("{} answers to {} events", answers.len(), lines.len()),
                Sent::Refused(why) => {
                    // Too much at once, perhaps: try the halves.
                    let Some(half) = (lines.len().div_ceil(2)..lines.len())
                        .chain((1..lines.len().div_ceil(2)).rev())
                        .find(|at| is_between_groups(lines, *at))
                    else {
                        return self.refused(&texts, why);
                    };
                    let (first, second) = lines.split_at(half);
                    self.publish(first)?;
                    if self.gave_up {
                        self.counts.unsent += second.len() as u64;
                        return Ok(());
                    }
                    return self.publish(second);
                }
                Sent::Later(why) => (why, TRIES),
                Sent::Unreached(why) => (why, TRIES_UNREACHED),
            };
            // Each try may have been recorded; the record of attempts says so.
            self.note(&texts, AttemptOutcome::Unknown)?;
            if tries >= tries_max {
                break why;
            }
            sleep(pause);
            pause *= 2;
        };
        self.gave_up = true;
        self.counts.unknown += lines.len() as u64;
        self.counts.because(lines.len(), reason, None);
        Ok(())
    }

    fn send(&self, body: &str) -> anyhow::Result<Sent> {
        let request = self.agent.post(&self.url).header("content-type", "application/cloudevents-batch+json");
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                return Ok(Sent::Unreached(error.to_string()));
            }
            Err(error @ (ureq::Error::HostNotFound | ureq::Error::ConnectionFailed)) => {
                return Ok(Sent::Unreached(error.to_string()));
            }
            Err(error) => return Ok(Sent::Later(error.to_string())),
        };
        let status = response.status().as_u16();
        let Ok(text) = response.body_mut().read_to_string() else {
            return Ok(Sent::Later("the answer broke off".to_owned()));
        };
        match status {
            200 => {
                let answers: Answers = serde_json::from_str(&text).context("the answer cannot be read")?;
                Ok(Sent::Answered(answers.results))
            }
            429 | 500..=599 => Ok(Sent::Later(format!("status {status}"))),
            _ => Ok(Sent::Refused(serde_json::from_str::<Answer>(&text).map_or(text, |answer| answer.why()))),
        }
    }

    fn count(&mut self, line: &str, answer: &Answer) -> anyhow::Result<()> {
        let outcome = match (answer.status, answer.outcome.as_str()) {
            (_, "admitted" | "would_be_admitted") => {
                self.counts.admitted += 1;
                self.counts.repeated += u64::from(answer.repeats.is_some());
                AttemptOutcome::Admitted
            }
            (_, "duplicate") => {
                self.counts.duplicate += 1;
                AttemptOutcome::Duplicate
            }
            (_, _) => return self.refused(&[line], answer.why()),
        };
        if answer.outcome == "would_be_admitted" {
            return Ok(());
        }
        self.record(line, outcome, answer.seq)
    }

    fn refused(&mut self, lines: &[&str], why: String) -> anyhow::Result<()> {
        let first = lines.first().and_then(|line| Name::of(line)).map(|name| name.id);
        self.counts.refuse(lines.len(), why, first);
        self.note(lines, AttemptOutcome::Refused)
    }

    fn note(&mut self, lines: &[&str], outcome: AttemptOutcome) -> anyhow::Result<()> {
        lines.iter().try_for_each(|line| self.record(line, outcome, None))
    }

    /// Appends an attempt to the record of attempts, before anything else happens.
    fn record(&mut self, line: &str, outcome: AttemptOutcome, seq: Option<u64>) -> anyhow::Result<()> {
        let Some(file) = &mut self.history else { return Ok(()) };
        // A line without a name has no event either.
        let Some(Name { source, id }) = Name::of(line) else { return Ok(()) };
        let attempt = serde_json::to_string(&Attempt { source, id, outcome, seq })?;
        writeln!(file, "{attempt}")
            .and_then(|()| file.flush())
            .context("the record of attempts cannot be written")
    }
}

/// What an event is called.
#[derive(Deserialize)]
struct Name {
    source: String,
    id: String,
}

impl Name {
    fn of(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

impl Answer {
    fn why(&self) -> String {
        let rule = self.rule.as_deref().or(self.title.as_deref()).unwrap_or("refused");
        let pointer = self.pointer.as_deref().map(|pointer| format!(" at {pointer}")).unwrap_or_default();
        let detail = self.detail.as_deref().unwrap_or_default();
        format!("{rule}{pointer}: {detail}")
    }
}
