//! Values that stand in JSON as a text: parsed where the text stands, without a copy of it.

use serde::Deserializer;
use serde::de::{Error, Visitor};
use std::{fmt, marker::PhantomData, str::FromStr};

/// Reads what [`FromStr`] reads from a text.
pub(crate) fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::PersonId;

    #[test]
    fn a_text_is_read_also_where_it_is_escaped_and_nothing_else_is() {
        let read = |json: &str| serde_json::from_str::<PersonId>(json).map_err(|e| e.to_string());
        assert_eq!(read(r#""haru""#), Ok("haru".parse().unwrap()));
        assert_eq!(read(r#""har\u0075""#), Ok("haru".parse().unwrap()));
        assert_eq!(
            serde_json::from_value::<PersonId>("haru".into()).unwrap(),
            "haru".parse::<PersonId>().unwrap()
        );
        assert!(read("5").unwrap_err().starts_with("invalid type: integer `5`, expected a string"));
        assert!(read(r#""a b""#).unwrap_err().starts_with("an id is 1 to 64"));
    }
}
