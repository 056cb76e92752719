//! Standard output, which a reader may close at any time (`banso show … | head`).

use anyhow::Context;
use std::io::{self, Write};

/// Prints text.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output cannot be written")
}

/// Prints a value as readable JSON.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(value).context("the answer has no JSON form")?;
    print(&format!("{json}\n"))
}

/// Whether a command failed only because nobody reads on.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
