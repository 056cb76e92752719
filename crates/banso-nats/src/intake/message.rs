//! A message of the intake, as far as it can be read. What cannot be read is handed on with the reason, so that
//! its publisher is told: it neither stops the reader nor comes again.

use crate::subject::INTAKE_PREFIX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Most headers of a message. CloudEvents and banso define some twenty.
pub const HEADERS_MAX: usize = 256;

/// A message of a publisher, as JetStream keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// Its position in the intake.
    pub seq: u64,
    /// When the bus took it.
    pub received_at: DateTime<Utc>,
    /// The tokens of its subject behind the publisher's name.
    pub subject: Vec<String>,
    /// Its headers in their order: names in lower case, names and values as HTTP allows them. Empty where there
    /// is a defect.
    pub headers: Vec<(String, Bytes)>,
    /// Its data.
    pub payload: Bytes,
    /// Why nothing of it can be taken. There MUST be a receipt with this reason, and nothing else.
    pub defect: Option<String>,
}

impl ReceivedMessage {
    pub(super) fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.payload.len() + headers
    }
}

/// A message in JSON, as `STREAM.MSG.GET` answers it. A client that is sent the message itself ends its
/// connection at the first header that is not UTF-8, each time anew.
#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    pub(super) seq: u64,
    subject: String,
    time: DateTime<Utc>,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

impl Raw {
    pub(super) fn received(self, publisher: &str) -> ReceivedMessage {
        let tail = self.subject.strip_prefix(INTAKE_PREFIX).and_then(|tail| tail.strip_prefix(publisher));
        let tokens = tail.unwrap_or_default().split('.').skip(1).map(str::to_owned).collect();
        let parts = decoded(&self.hdrs).and_then(|block| Ok((headers(&block)?, decoded(&self.data)?)));
        let ((headers, payload), defect) = match parts {
            Ok(parts) => (parts, None),
            Err(defect) => ((Vec::new(), Vec::new()), Some(defect.to_owned())),
        };
        ReceivedMessage {
            seq: self.seq,
            received_at: self.time,
            subject: tokens,
            headers,
            payload: payload.into(),
            defect,
        }
    }
}

fn decoded(base64: &str) -> Result<Vec<u8>, &'static str> {
    STANDARD.decode(base64).map_err(|_| "the message cannot be read")
}

/// The lines of a block of headers: `NATS/1.0`, then `name: value`. A header that HTTP does not allow is left
/// out where it says nothing to banso: an attribute is never dropped unseen.
fn headers(block: &[u8]) -> Result<Vec<(String, Bytes)>, &'static str> {
    if block.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = block.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if !lines.next().is_some_and(|first| first.starts_with(b"NATS/1.0")) {
        return Err("its headers do not begin with NATS/1.0");
    }
    let mut headers = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err("a header is not of the form `name: value`");
        };
        let (name, value) = (line[..colon].to_ascii_lowercase(), line[colon + 1..].trim_ascii());
        let attribute = name.trim_ascii().starts_with(b"ce-") || name.trim_ascii() == b"content-type";
        let allowed = value.iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
        match String::from_utf8(name).ok().filter(|name| is_token(name)) {
            Some(name) if allowed => headers.push((name, Bytes::copy_from_slice(value))),
            Some(_) | None if attribute => {
                return Err("an attribute's header has a name or a value that HTTP does not allow");
            }
            Some(_) | None => {}
        }
        if headers.len() > HEADERS_MAX {
            return Err("it has more than 256 headers");
        }
    }
    Ok(headers)
}

/// A name of a header, RFC 9110 §5.6.2.
fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(subject: &str, headers: &[u8], data: &[u8]) -> Raw {
        Raw {
            seq: 7,
            subject: subject.to_owned(),
            time: DateTime::UNIX_EPOCH,
            hdrs: STANDARD.encode(headers),
            data: STANDARD.encode(data),
        }
    }

    fn read(block: &[u8]) -> Result<Vec<(String, String)>, &'static str> {
        let text = |value: Bytes| String::from_utf8_lossy(&value).into_owned();
        Ok(headers(block)?.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_message_is_read_with_its_headers_as_http_has_them() {
        let subject = "banso.v1.intake.hospital.note.noted";
        let message =
            raw(subject, b"NATS/1.0\r\nCE-Id:  a%20b \r\nce-id: c\r\n\r\n", b"{}").received("hospital");
        assert_eq!(message.subject, ["note", "noted"]);
        assert_eq!(message.payload, "{}");
        assert_eq!(message.defect, None);
        let values = [Bytes::from("a%20b"), Bytes::from("c")].map(|value| ("ce-id".to_owned(), value));
        assert_eq!(message.headers, values);
    }

    #[test]
    fn a_message_without_headers_has_none() {
        let message = raw("banso.v1.intake.hospital.x", b"", b"").received("hospital");
        assert_eq!((message.subject, message.headers, message.defect), (vec!["x".to_owned()], vec![], None));
    }

    #[test]
    fn an_attribute_that_http_does_not_allow_is_a_defect_and_any_other_header_is_left_out() {
        let rest = pair("x", "1");
        for left_out in ["a b: 1", "名: 1", "y: a\u{1}b", ": 1", "Nats\u{7f}: 1"] {
            let block = format!("NATS/1.0\r\n{left_out}\r\nX: 1\r\n\r\n");
            assert_eq!(read(block.as_bytes()), Ok(vec![rest.clone()]), "{left_out}");
        }
        for defect in
            ["ce-a b: 1", "CE-名: 1", "ce-id: a\u{1}b", "no colon", " ce-id: 1", "content-type: \u{7f}"]
        {
            let block = format!("NATS/1.0\r\n{defect}\r\nX: 1\r\n\r\n");
            assert!(read(block.as_bytes()).is_err(), "{defect}");
        }
        assert!(read(b"NATS/1.0\r\nce-\xff: 1\r\n\r\n").is_err());
        assert!(read(b"HTTP/1.1\r\nce-id: 1\r\n\r\n").is_err());
        assert!(read(format!("NATS/1.0\r\n{}\r\n", "a: 1\r\n".repeat(HEADERS_MAX + 1)).as_bytes()).is_err());
    }

    #[test]
    fn a_value_that_is_not_utf8_is_handed_on() {
        let value = headers(b"NATS/1.0\r\nce-id: \xff\xfe\r\n\r\n").unwrap();
        assert_eq!(value, [("ce-id".to_owned(), Bytes::from_static(b"\xff\xfe"))]);
    }

    proptest! {
        /// Whatever a publisher sends.
        #[test]
        fn no_block_of_headers_breaks_the_reader(block: Vec<u8>, data: Vec<u8>, subject in "\\PC*") {
            let mut bytes = b"NATS/1.0\r\n".to_vec();
            bytes.extend(&block);
            for block in [block, bytes] {
                let message = raw(&subject, &block, &data).received("hospital");
                prop_assert!(message.headers.len() <= HEADERS_MAX);
                prop_assert!(message.defect.is_none() || message.headers.is_empty());
                for (name, _) in &message.headers {
                    prop_assert!(is_token(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
                }
            }
        }
    }
}
