//! Text about a person that must never reach a log line.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A value that names or describes a person. Its `Debug` prints `***`, so that no log line, panic message or
/// test failure can carry it by accident; whoever needs the value asks for it with [`Personal::reveal`].
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// The value itself, on purpose.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Personal<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_text() {
        let text: Personal<String> = Personal::from("母の介護が大変だった");
        assert_eq!(format!("{text:?} {:?}", Some(&text)), "*** Some(***)");
        assert_eq!(text.reveal(), "母の介護が大変だった");
    }
}
