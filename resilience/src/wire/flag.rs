use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{fault::ArmFault, lenient};

/// A feature flag: whether a fault plan is armed in the fault layers of one name.
///
/// # Examples
///
/// ```
/// use resilience::wire::Flag;
///
/// let json = r#"{
///     "policy": "users-api",
///     "plan": { "fault": { "latency": { "delay": "250ms" } }, "rate": 0.2 }
/// }"#;
/// let flag: Flag = serde_json::from_str(json)?;
/// assert!(flag.enabled, "unless it says otherwise");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The name of the fault layers.
    pub policy: String,
    /// Whether the flag is on; absent: it is.
    #[serde(default = "on")]
    pub enabled: bool,
    /// What is armed while it is on.
    pub plan: ArmFault,
}

const fn on() -> bool {
    true
}

/// How a flag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlagStatus {
    /// It is off.
    Off,
    /// It is on, and its plan is armed.
    Armed,
    /// It is on, and no fault layer has the name of its policy.
    NoPolicy,
    /// It is on, and its plan has come to an end: at its expiry, because it has hit all that it may,
    /// by hand, or by another that was armed in its place. It stays so until the flag changes.
    Ended,
    /// Another source has a flag of that name, which counts in its place.
    Overruled,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A flag, and what has become of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagState {
    /// Its name.
    pub name: String,
    /// Where it comes from, such as `admin` or `file faults.toml`.
    pub source: String,
    /// How it stands.
    pub status: FlagStatus,
    /// The time until it ends by itself; zero unless it is armed.
    #[serde(with = "humantime_serde")]
    pub time_left: Duration,
    /// The calls that it has hit since it was switched on; 0 once another plan was armed in its place.
    pub injected: u64,
    /// What it says.
    #[serde(deserialize_with = "lenient::read")]
    pub flag: Flag,
}

/// Where flags come from, and whether they could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagSourceState {
    /// Its name.
    pub source: String,
    /// What is wrong with what it said last; then what it said before that holds.
    pub mistake: Option<String>,
}

/// All flags of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlagsState {
    /// By name, then by source.
    pub flags: Vec<FlagState>,
    /// In the order in which they overrule each other: the first does.
    pub sources: Vec<FlagSourceState>,
}
