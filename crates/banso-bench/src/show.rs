//! What every command shows: how far it is, and what it came to: on the terminal, in Markdown, in JSON.

use anyhow::Context;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_HORIZONTAL_ONLY};
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::Write;
use std::ops::RangeBounds;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// For whom a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Terminal,
    Markdown,
}

/// What a command came to; as JSON it is everything that was measured.
pub(crate) trait Report: Serialize {
    /// Everything that people read.
    fn text(&self, look: Look) -> String;

    /// Whether nothing of banso's was lost or wrong.
    fn is_right(&self) -> bool;
}

/// Where a report goes besides the terminal.
#[derive(clap::Args)]
pub(crate) struct Files {
    /// Also writes everything that was measured here.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also writes the tables here, in Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Who is told what comes next.
pub(crate) type Heard<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// Does it in about so many steps, and shows what it came to. Fails where something was lost or wrong.
pub(crate) async fn shown<R: Report>(
    steps: u64,
    files: &Files,
    work: impl AsyncFnOnce(&Heard<'_>) -> anyhow::Result<R>,
) -> anyhow::Result<ExitCode> {
    let bar = progress(steps);
    let heard = |what: &str| {
        bar.set_message(what.to_owned());
        bar.inc(1);
    };
    let report = work(&heard).await?;
    bar.finish_and_clear();
    print(&report.text(Look::Terminal))?;
    if let Some(file) = &files.json {
        write(file, &serde_json::to_vec_pretty(&report).context("write the report as JSON")?)?;
    }
    if let Some(file) = &files.markdown {
        write(file, report.text(Look::Markdown).as_bytes())?;
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Onto standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("write to standard output")
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("write {}", file.display()))
}

/// On standard error; none where nobody looks.
fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A table as it is read there; these of its columns hold numbers.
pub(crate) fn in_look(mut table: Table, numbers: impl RangeBounds<usize>, look: Look) -> String {
    for (place, column) in table.column_iter_mut().enumerate() {
        if numbers.contains(&place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.load_style(match look {
        Look::Terminal => UTF8_HORIZONTAL_ONLY,
        Look::Markdown => ASCII_MARKDOWN,
    });
    table.trim_fmt()
}

/// Points below a text, behind an empty line; nothing of none.
pub(crate) fn points(of: impl IntoIterator<Item = String>) -> String {
    let points: String = of.into_iter().map(|point| format!("- {point}\n")).collect();
    if points.is_empty() { points } else { format!("\n{points}") }
}

pub(crate) fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Three digits are all that a noisy machine gives.
pub(crate) fn rate(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.1}");
    }
    let digit = 10f64.powf((number.log10().floor() - 2.0).max(0.0));
    whole(((number / digit).round() * digit) as u64)
}

/// A number of things, in groups of three digits.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// Of microseconds.
pub(crate) fn milliseconds(us: f64) -> String {
    if us < 10_000.0 { format!("{:.2} ms", us / 1e3) } else { format!("{:.0} ms", us / 1e3) }
}

/// Of bytes.
pub(crate) fn mebibytes(bytes: f64) -> String {
    format!("{:.0} MiB", bytes / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Told {
        is_right: bool,
    }

    impl Report for Told {
        fn text(&self, look: Look) -> String {
            format!("for {look:?}\n")
        }

        fn is_right(&self) -> bool {
            self.is_right
        }
    }

    #[tokio::test]
    async fn a_report_is_written_where_it_was_asked_for_and_fails_where_something_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| folder.path().join(name);
        let files = Files { json: Some(file("report.json")), markdown: Some(file("report.md")) };
        for (is_right, code) in [(true, ExitCode::SUCCESS), (false, ExitCode::FAILURE)] {
            let ended = shown(1, &files, async |heard: &Heard<'_>| {
                heard("works");
                Ok(Told { is_right })
            });
            assert_eq!(ended.await.unwrap(), code);
            assert_eq!(std::fs::read_to_string(file("report.md")).unwrap(), "for Markdown\n");
            let json = std::fs::read(file("report.json")).unwrap();
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&json).unwrap()["is_right"], is_right);
        }
    }

    #[test]
    fn numbers_have_three_digits_and_groups() {
        let told = [0.0, 3.12159, 99.96, 312.4, 2_154.0, 31_640.0, 668_123.0, 1_000_000.0].map(rate);
        assert_eq!(told, ["0.0", "3.1", "100.0", "312", "2,150", "31,600", "668,000", "1,000,000"]);
        let told = [0, 7, 999, 1_000, 1_234_567].map(whole);
        assert_eq!(told, ["0", "7", "999", "1,000", "1,234,567"]);
    }
}
