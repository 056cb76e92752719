//! A field of a form that the source may not have filled in.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use std::{fmt, marker::PhantomData};

/// What a form says, or that nothing was recorded there (記載なし). Distinct from an empty value: "the form
/// says there is none" is `Value` of something empty. On the wire the value itself, or `"not_recorded"`;
/// a missing field means `not_recorded` too.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stated<T> {
    /// The source does not say.
    #[default]
    NotRecorded,
    /// The source says this.
    Value(T),
}

const NOT_RECORDED: &str = "not_recorded";

impl<T> Stated<T> {
    /// The value, if one was recorded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::NotRecorded => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<T> From<T> for Stated<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: Serialize> Serialize for Stated<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NotRecorded => serializer.serialize_str(NOT_RECORDED),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Stated<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Visits instead of buffering, so that paths in error messages and the search for unknown fields
        // reach into the value.
        deserializer.deserialize_any(StatedVisitor(PhantomData))
    }
}

struct StatedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for StatedVisitor<T> {
    type Value = Stated<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value or \"{NOT_RECORDED}\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text == NOT_RECORDED {
            return Ok(Stated::NotRecorded);
        }
        T::deserialize(text.into_deserializer()).map(Stated::Value)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Stated::Value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Stated::Value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Stated::Value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Stated::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq)).map(Stated::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Stated::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_recorded_is_a_value_of_its_own() {
        let read = |json: &str| serde_json::from_str::<Stated<String>>(json).unwrap();
        assert_eq!(read("\"not_recorded\""), Stated::NotRecorded);
        assert_eq!(read("\"\""), Stated::Value(String::new()));
        assert_eq!(read("\"月1回\""), Stated::Value("月1回".to_owned()));
        assert!(serde_json::from_str::<Stated<String>>("null").is_err());
    }

    #[test]
    fn every_shape_of_value_reads_back() {
        fn back<T: Serialize + for<'de> Deserialize<'de> + PartialEq + fmt::Debug + Clone>(value: T) {
            let stated = Stated::Value(value);
            let json = serde_json::to_string(&stated).unwrap();
            assert_eq!(serde_json::from_str::<Stated<T>>(&json).unwrap(), stated);
        }
        back(true);
        back(3u32);
        back(-3i64);
        back(vec![1u8, 2]);
        back(std::collections::BTreeMap::from([("a".to_owned(), 1u8)]));
        back(crate::Party::Person);
        back(crate::Party::Org("a-kyotaku".parse().unwrap()));
    }
}
