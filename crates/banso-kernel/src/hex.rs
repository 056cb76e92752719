//! Bytes as hexadecimal digits, with one spelling: what is compared as text is equal iff the bytes are.

/// Why a text is not the bytes that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the right number of lower-case hexadecimal digits")]
pub struct HexError;

/// The digits of these bytes, in lower case.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    const_hex::encode(bytes)
}

/// The bytes of so many digits in lower case.
pub fn of_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    // The library also reads capitals and a leading `0x`.
    if text.len() != 2 * N || text.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return Err(HexError);
    }
    const_hex::decode_to_array(text).map_err(|_| HexError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_spelling() {
        assert_eq!(hex([0, 0xab, 0xff]), "00abff");
        assert_eq!(of_hex("00abff"), Ok([0, 0xab, 0xff]));
        for bad in ["", "00abf", "00abff0", "00abff00", "00ABff", "0x00abff", "0x00ab", "00ab é"] {
            assert_eq!(of_hex::<3>(bad), Err(HexError), "{bad}");
        }
        for byte in 0..=0x7f {
            let read = of_hex::<1>(&format!("0{}", char::from(byte)));
            assert_eq!(read.is_ok(), matches!(byte, b'0'..=b'9' | b'a'..=b'f'), "{byte}");
        }
    }
}
