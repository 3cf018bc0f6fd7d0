use std::{collections::BTreeMap, error, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, de};

use super::document::Document;
use crate::{fault::FaultPlan, name::Name, wire::Flag};

/// The most flags of one source.
pub(super) const MOST: usize = 64;

/// Flags by name, each of them right.
///
/// A set has up to 64 flags, and at most one of those that are on is for one policy: a fault layer
/// has one fault at a time. A name is like that of a policy, see [`Name`].
///
/// # Examples
///
/// ```
/// use resilience::flags::FlagSet;
///
/// let error = FlagSet::from_json(r#"{
///     "slow": { "policy": "users-api", "plan": { "fault": { "latency": { "delay": "2h" } }, "rate": 7 } },
///     "gone": { "policy": "users-api", "plann": {} }
/// }"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "gone: unknown field `plann`, expected one of `policy`, `enabled`, `plan`; \
///      slow: rate is 7, but must be 0 to 1; slow: delay is 2h, but must be 0ns to 1h",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlagSet {
    flags: BTreeMap<String, Checked>,
}

/// A flag with the plan that its text means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checked {
    pub(super) flag: Flag,
    pub(super) plan: Arc<FaultPlan>,
}

/// Everything that is wrong with a set of flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagError {
    mistakes: Vec<String>,
}

impl FlagError {
    /// A source says something wrong, or cannot be read.
    #[must_use]
    pub fn new(mistake: impl Into<String>) -> Self {
        Self { mistakes: vec![mistake.into()] }
    }

    /// The mistakes, each with the flag that has it.
    pub fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.mistakes.iter().map(String::as_str)
    }
}

impl fmt::Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("; "))
    }
}

impl error::Error for FlagError {}

impl FlagSet {
    /// No flags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the flag `name`, in the place of one of that name.
    ///
    /// # Errors
    ///
    /// [`FlagError`] with all that is wrong with it.
    pub fn with(mut self, name: &str, flag: Flag) -> Result<Self, FlagError> {
        let checked = Checked::new(name, flag)?;
        self.flags.insert(name.to_owned(), checked);
        self.checked()
    }

    /// Without the flag `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.flags.remove(name);
        self
    }

    /// The flags of a JSON object, by name.
    ///
    /// # Errors
    ///
    /// [`FlagError`] with all that is wrong; of a text that is no JSON, the first.
    pub fn from_json(text: &str) -> Result<Self, FlagError> {
        let given =
            serde_json::from_str(text).map_err(|error| FlagError::new(error.to_string()))?;
        Self::read(given)
    }

    /// The flags by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Flag)> {
        self.flags.iter().map(|(name, checked)| (&**name, &checked.flag))
    }

    pub(super) const fn all(&self) -> &BTreeMap<String, Checked> {
        &self.flags
    }

    pub(super) fn read(given: Document) -> Result<Self, FlagError> {
        let Document { flags: mut given, beyond, twice: mut mistakes } = given;
        if beyond > 0 {
            mistakes.push(too_many(given.len() + beyond));
        }
        // Mistakes are told by name, whatever the order of the document.
        given.sort_by(|one, other| one.0.cmp(&other.0));
        let mut flags = BTreeMap::new();
        for (name, value) in given {
            let read = Flag::deserialize(value)
                .map_err(|error| FlagError::new(format!("{}: {error}", shown(&name))))
                .and_then(|flag| Checked::new(&name, flag));
            match read {
                Ok(checked) => {
                    flags.insert(name, checked);
                }
                Err(error) => mistakes.extend(error.mistakes),
            }
        }
        let set = Self { flags };
        if let Err(error) = set.clone().checked() {
            mistakes.extend(error.mistakes);
        }
        if mistakes.is_empty() { Ok(set) } else { Err(FlagError { mistakes }) }
    }

    /// What is wrong between two flags.
    fn checked(self) -> Result<Self, FlagError> {
        let mut mistakes = Vec::new();
        if self.flags.len() > MOST {
            mistakes.push(too_many(self.flags.len()));
        }
        let mut on = BTreeMap::new();
        for (name, flag) in self.iter().filter(|(_, flag)| flag.enabled) {
            if let Some(other) = on.insert(&*flag.policy, name) {
                mistakes.push(format!(
                    "{name}: policy is {}, but {other} is on for it, and a fault layer has one \
                     fault at a time",
                    flag.policy
                ));
            }
        }
        if mistakes.is_empty() { Ok(self) } else { Err(FlagError { mistakes }) }
    }
}

fn too_many(flags: usize) -> String {
    format!("flags are {flags}, but must be at most {MOST}")
}

impl Checked {
    fn new(name: &str, flag: Flag) -> Result<Self, FlagError> {
        let mut mistakes = Vec::new();
        let of = shown(name);
        mistakes.extend(Name::check(name).err().map(|error| format!("{of}: {error}")));
        let policy = Name::check(&flag.policy).err();
        mistakes.extend(policy.map(|error| format!("{of}: policy: {error}")));
        match FaultPlan::try_from(flag.plan.clone()) {
            Ok(plan) if mistakes.is_empty() => Ok(Self { flag, plan: Arc::new(plan) }),
            Ok(_) => Err(FlagError { mistakes }),
            Err(errors) => {
                mistakes.extend(errors.iter().map(|error| format!("{of}: {error}")));
                Err(FlagError { mistakes })
            }
        }
    }
}

/// As much of a text of others as a message has room for.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(65).collect()
}

impl<'de> Deserialize<'de> for FlagSet {
    /// From any format that can hold JSON's types, such as TOML.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Document::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
