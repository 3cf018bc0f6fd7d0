use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{given::sealed::Section, read::Read, value::Value, walk::Walk};
use crate::ratio::Ratio;

/// Something that settings, or a preset below them, may have switched off.
///
/// In data the word `"off"`, or what is switched on.
///
/// # Examples
///
/// ```
/// use resilience::settings::{StackSettings, Switch};
///
/// let settings: StackSettings = toml::from_str("preset = 'http_client'\nretry = 'off'")?;
/// assert_eq!(settings.retry, Some(Switch::Off));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch<T> {
    /// Left out.
    Off,
    /// Set like this.
    On(T),
}

pub(super) const OFF: &str = "off";

impl<T> Switch<T> {
    /// What is switched on.
    pub const fn on(&self) -> Option<&T> {
        match self {
            Self::Off => None,
            Self::On(inner) => Some(inner),
        }
    }

    /// These settings before those `under` them, which `join` puts together when both are on.
    pub(super) fn over(
        one: Option<&Self>,
        under: Option<&Self>,
        join: fn(&T, &T) -> T,
    ) -> Option<Self>
    where
        T: Clone,
    {
        match (one, under) {
            (Some(Self::On(one)), Some(Self::On(under))) => Some(Self::On(join(one, under))),
            (one, under) => one.or(under).cloned(),
        }
    }
}

fn is_off(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text == OFF)
}

impl Read for Switch<Ratio> {
    const EXPECTED: &'static str = "a share as a number, such as 0.5, or \"off\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        if is_off(value) {
            return Some(Self::Off);
        }
        let read = Ratio::read(value, &mut Walk::default()).map(Self::On);
        if read.is_none() {
            walk.wrong(value, Self::EXPECTED);
        }
        read
    }
}

/// A section that is a table or `"off"`.
#[derive(Debug)]
pub(super) struct OrOff<T>(pub(super) Switch<T>);

impl<T: Section> Read for OrOff<T> {
    const EXPECTED: &'static str = "a table of settings, or \"off\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        match value {
            value if is_off(value) => Some(Self(Switch::Off)),
            Value::Table(_) => T::read(value, walk).map(|inner| Self(Switch::On(inner))),
            _ => {
                walk.wrong(value, Self::EXPECTED);
                None
            }
        }
    }
}

impl<T: Serialize> Serialize for Switch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_str(OFF),
            Self::On(inner) => inner.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Switch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("SwitchOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [inner, { "const": OFF }] })
    }
}

/// Writes a share that may be off.
#[expect(clippy::ref_option, reason = "serde hands a field over as it is")]
pub(super) fn ratio<S: Serializer>(
    switch: &Option<Switch<Ratio>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let shown = switch.map(|switch| match switch {
        Switch::Off => Switch::Off,
        Switch::On(ratio) => Switch::On(ratio.as_f64()),
    });
    shown.serialize(to)
}
