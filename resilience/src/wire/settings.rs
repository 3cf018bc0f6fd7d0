use std::fmt;

use serde::{Deserialize, Serialize};

use super::InstanceState;
use crate::config::ConfigError;

/// The settings of one policy that are in force, in the table that files of settings have.
///
/// `T` is what the table is read as: JSON of any shape, or the types of `resilience::settings` for
/// the kind. What is set in `settings`, changed or not, is what `PUT` takes.
///
/// # Examples
///
/// ```
/// use resilience::wire::SettingsState;
///
/// let json = r#"{
///     "id": 7, "policy": "users-api", "kind": "retry",
///     "settings": { "max_attempts": 3 },
///     "not_shown": [{ "setting": "idempotency", "why": "the policy of the layer has it" }]
/// }"#;
/// let state: SettingsState<serde_json::Value> = serde_json::from_str(json)?;
/// assert_eq!(state.settings["max_attempts"], 3);
/// assert_eq!(state.not_shown[0].setting, "idempotency");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsState<T> {
    /// The number by which the policy is asked for.
    pub id: u64,
    /// The policy's name.
    pub policy: String,
    /// The kind of policy, such as `circuit_breaker`.
    pub kind: String,
    /// The settings, defaults filled in but for those that follow from other settings.
    pub settings: T,
    /// Those that no table can show.
    #[serde(default)]
    pub not_shown: Vec<NotShown>,
}

/// What a policy looks like after its settings were replaced.
///
/// It holds what [`Done`](super::Done) does, so that a client that reads that can read this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replaced<T> {
    /// `replace_settings`.
    pub command: String,
    /// The policy after it.
    pub policy: InstanceState,
    /// The settings that were put in force: those sent, with what they left out.
    pub settings: SettingsState<T>,
    /// What `If-Match` names to replace these and no others, quotes included.
    pub tag: String,
}

/// A setting that the table leaves out, because what it is lies in code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotShown {
    /// The way to it, such as `backoff.growth`.
    pub setting: String,
    /// Why, and what becomes of it when the others are replaced.
    pub why: String,
}

/// One thing that is wrong with settings, in the list `mistakes` of a problem document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsMistake {
    /// The way to the setting, such as `rules[2].rate`.
    pub path: String,
    /// The value given; of a long one its beginning.
    pub given: String,
    /// What would have been right.
    pub expected: String,
}

impl fmt::Display for SettingsMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, but must be {}", self.path, self.given, self.expected)
    }
}

impl From<&ConfigError> for SettingsMistake {
    fn from(error: &ConfigError) -> Self {
        Self {
            path: error.setting().to_owned(),
            given: error.given().to_owned(),
            expected: error.expected().to_owned(),
        }
    }
}
