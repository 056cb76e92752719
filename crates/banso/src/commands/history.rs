//! The file in which a publisher keeps what became of its attempts: one JSON object a line.

use anyhow::{Context, bail};
use banso_app::audit::Attempt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// How every line begins.
const BEGINNING: &[u8] = br#"{"source":"#;

/// Opens the record to be written on. What stands in it stays; only a line that a publisher did not finish,
/// because it died, is cut off: it was told nothing then. A file that is no record is left alone.
pub(super) fn open(path: &Path) -> anyhow::Result<File> {
    let attempt = || format!("{} cannot be written", path.display());
    let mut file = File::options().create(true).read(true).append(true).open(path).with_context(attempt)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).with_context(attempt)?;
    let (whole, last) = divide(&text);
    parse(whole, path)?;
    if is_attempt(last) {
        file.write_all(b"\n").with_context(attempt)?;
    } else if last.starts_with(BEGINNING) || BEGINNING.starts_with(last) {
        file.set_len(whole.len() as u64).with_context(attempt)?;
    } else {
        bail!("{} is no record of attempts", path.display());
    }
    Ok(file)
}

/// Every attempt of the record.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Attempt>> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (whole, last) = divide(&text);
    parse(if is_attempt(last) { &text } else { whole }, path)
}

/// The lines that end, and what stands behind them.
fn divide(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1))
}

fn is_attempt(line: &[u8]) -> bool {
    serde_json::from_slice::<Attempt>(line).is_ok()
}

fn parse(text: &[u8], path: &Path) -> anyhow::Result<Vec<Attempt>> {
    let attempt = |(number, line): (usize, &[u8])| {
        serde_json::from_slice(line).with_context(|| format!("{}, line {}", path.display(), number + 1))
    };
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter(|(_, line)| !line.trim_ascii().is_empty()).map(attempt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"source":"s","id":"1","outcome":"admitted","seq":1}"#;
    const TWO: &str = r#"{"source":"s","id":"2","outcome":"unknown"}"#;

    fn after_opening(before: &[u8]) -> (anyhow::Result<()>, Vec<u8>, usize) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.jsonl");
        std::fs::write(&path, before).unwrap();
        let attempts = read(&path).map_or(0, |attempts| attempts.len());
        let opened = open(&path).and_then(|mut file| Ok(writeln!(file, "{TWO}")?));
        (opened, std::fs::read(&path).unwrap(), attempts)
    }

    #[test]
    fn what_was_written_stays_whether_or_not_its_last_line_ends() {
        for before in [format!("{ONE}\n"), ONE.to_owned()] {
            let (opened, after, attempts) = after_opening(before.as_bytes());
            opened.unwrap();
            assert_eq!((after, attempts), (format!("{ONE}\n{TWO}\n").into_bytes(), 1));
        }
    }

    #[test]
    fn a_line_that_was_not_finished_is_no_attempt_and_is_cut_off() {
        // In the middle of a character, too.
        for torn in [&br#"{"source":"s","i"#[..], b"{\"source\":\"\xe3\x81"] {
            let (opened, after, attempts) = after_opening(&[format!("{ONE}\n").as_bytes(), torn].concat());
            opened.unwrap();
            assert_eq!((after, attempts), (format!("{ONE}\n{TWO}\n").into_bytes(), 1));
        }
    }

    #[test]
    fn a_file_that_is_no_record_is_left_as_it_is() {
        for other in ["notes of mine", r#"{"name":"settings"}"#, "notes\nof mine\n", "[1]\n{"] {
            let (opened, after, _) = after_opening(other.as_bytes());
            assert!(opened.is_err());
            assert_eq!(after, other.as_bytes());
        }
    }
}
