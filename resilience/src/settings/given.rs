use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{errors::SettingsErrors, table::Table, value::Value, walk::Walk};
use crate::config::ConfigErrors;

/// What a document says, before it is known whether that makes sense.
///
/// serde ends at the first mistake. This ends at none but broken syntax, and tables that lie more than
/// 32 deep in each other: it keeps what was given,
/// and [`check`](Self::check) reports everything that is wrong with it, with the path to each.
/// `T` is a type of settings, or a map of them by name.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use resilience::settings::{Given, StackSettings};
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     clients: Given<BTreeMap<String, StackSettings>>,
/// }
///
/// let config: Config = toml::from_str(
///     r#"
///     [clients.users]
///     preset = "http_client"
///     circuit_breaker = { open_for = 3 }
///     [clients.orders]
///     preset = "no_such"
///     "#,
/// )?;
/// let errors = config.clients.check("clients").unwrap_err();
/// let paths: Vec<_> = errors.iter().map(|error| error.path()).collect();
/// assert_eq!(paths, ["clients.orders.preset", "clients.users.circuit_breaker.open_for"]);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Given<T> {
    value: Value,
    settings: PhantomData<fn() -> T>,
}

/// A setting that is wrong for a reason that lies outside of the document.
#[derive(Debug)]
pub(crate) struct Amiss {
    pub(crate) setting: &'static str,
    pub(crate) given: String,
    pub(crate) expected: String,
}

/// Settings that [`Given`] can check. Only types of this module implement it.
pub trait Section: sealed::Section {}

impl<T: sealed::Section> Section for T {}

pub(super) mod sealed {
    use super::{Value, Walk};

    pub trait Section: Sized {
        /// What can be read; the rest is noted.
        fn read(value: &Value, walk: &mut Walk) -> Option<Self>;

        /// Notes what is out of its range or contradicts another setting.
        fn check(&self, walk: &mut Walk);
    }
}

impl<T: Section> Given<T> {
    /// The settings, when nothing is wrong with them.
    ///
    /// `path` is where they lie in the whole document, such as `clients.users`, and stands before
    /// the path of each mistake.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with everything that is wrong: types, unknown names, ranges, and settings
    /// that contradict each other.
    pub fn check(&self, path: &str) -> Result<T, SettingsErrors> {
        self.check_amended(path, |_| Vec::new())
    }

    /// As [`check`](Self::check), of what `amend` makes of what was read. It tells what else is
    /// wrong, to be told with the rest.
    pub(crate) fn check_amended(
        &self,
        path: &str,
        amend: impl FnOnce(&mut T) -> Vec<Amiss>,
    ) -> Result<T, SettingsErrors> {
        let mut walk = Walk::default();
        let mut read = T::read(&self.value, &mut walk);
        if let Some(settings) = &mut read {
            let amiss = amend(settings);
            // First, because a check leaves out what follows from mistakes that were noted.
            settings.check(&mut walk);
            for Amiss { setting, given, expected } in amiss {
                walk.wrong_at(setting, given, expected);
            }
        }
        let errors = walk.finish(path, Some(&self.value));
        read.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

impl<'de, T> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { value: Value::deserialize(deserializer)?, settings: PhantomData })
    }
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: sealed::Section> sealed::Section for BTreeMap<String, T> {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let Value::Table(entries) = value else {
            walk.wrong(value, "a table of settings by name");
            return None;
        };
        let mut settings = Self::new();
        for (name, value) in entries {
            let read = walk.at(name.as_str(), |walk| T::read(value, walk));
            if let Some(read) = read
                && settings.insert(name.clone(), read).is_some()
            {
                walk.wrong_at(name.as_str(), value, "given once");
            }
        }
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        for (name, settings) in self {
            walk.at(name.as_str(), |walk| settings.check(walk));
        }
    }
}

/// Reads and checks at once, for a document that is nothing but these settings.
pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Section,
    D: Deserializer<'de>,
{
    Given::<T>::deserialize(deserializer)?.check("").map_err(D::Error::custom)
}

/// What is wrong with settings that no document gave.
pub(super) fn checked<T: Section>(settings: &T) -> Result<(), SettingsErrors> {
    let mut walk = Walk::default();
    settings.check(&mut walk);
    let errors = walk.finish("", None);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// What `build` makes of settings that no document gave.
pub(super) fn build<T: Section, B>(
    settings: &T,
    build: impl FnOnce() -> Result<B, ConfigErrors>,
) -> Result<B, SettingsErrors> {
    checked(settings)?;
    // The check has asked the same builders; what one of them adds is told all the same.
    build().map_err(|errors| {
        let mut walk = Walk::default();
        walk.adopt(&errors);
        walk.finish("", None)
    })
}

/// Opens `value` as the table of a section.
pub(super) fn table<'v>(value: &'v Value, walk: &mut Walk) -> Option<Table<'v>> {
    Table::open(value, "a table of settings", walk)
}
