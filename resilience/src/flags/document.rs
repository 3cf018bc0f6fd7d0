use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::set::MOST;

/// Flags by name, as a document gives them.
///
/// A map of JSON keeps the last of two values of one name. Whoever edits a long document and means the
/// first would have a fault that nobody asked for, so names that are there twice are told.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// In the order of the document, no more of them than a set may have.
    pub(super) flags: Vec<(String, Value)>,
    /// How many came after those. Nothing else is told of them: whoever has that many is refused, and
    /// to look at all of them would take longer the more there are.
    pub(super) beyond: usize,
    /// The mistakes.
    pub(super) twice: Vec<String>,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut document = Self::default();
        deserializer.deserialize_map(Flags(&mut document))?;
        Ok(document)
    }
}

/// Reads the flags.
struct Flags<'d>(&'d mut Document);

impl<'de> Visitor<'de> for Flags<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of flags by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Document { flags, beyond, twice } = self.0;
        while let Some(name) = entries.next_key::<String>()? {
            let is_known = flags.iter().any(|known| known.0 == name);
            if !is_known && flags.len() == MOST {
                entries.next_value::<IgnoredAny>()?;
                *beyond += 1;
                continue;
            }
            let flag = super::set::shown(&name);
            let value = entries.next_value_seed(Once { flag: &flag, twice })?;
            if is_known {
                twice.push(format!("{flag}: is given twice"));
            } else {
                flags.push((name, value));
            }
        }
        Ok(())
    }
}

/// Reads any value in which no name may be there twice.
struct Once<'d> {
    /// In which flag it lies.
    flag: &'d str,
    twice: &'d mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Self { flag, twice } = self;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Once { flag, twice })? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Self { flag, twice } = self;
        let mut table = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Once { flag, twice })?;
            if table.contains_key(&name) {
                twice.push(format!("{flag}: {} is given twice", super::set::shown(&name)));
            } else {
                table.insert(name, value);
            }
        }
        Ok(Value::Object(table))
    }
}
