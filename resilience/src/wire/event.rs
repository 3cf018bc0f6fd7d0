use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something that changed a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventState {
    /// Its number: those of a process go up by one.
    pub id: u64,
    /// The policy.
    pub policy: String,
    /// How long ago.
    #[serde(with = "humantime_serde")]
    pub ago: Duration,
    /// What it was.
    #[serde(flatten)]
    pub happened: HappenedState,
}

/// What changed a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum HappenedState {
    /// A circuit breaker changed its state.
    StateChanged {
        /// The state it left, as a label.
        from: String,
        /// The state it entered.
        to: String,
        /// Why.
        reason: String,
    },
    /// A rule that opens a circuit breaker was met.
    RuleMet {
        /// Which rule.
        reason: String,
    },
    /// The policies of that name go by other settings.
    SettingsChanged {},
    /// An operator told the policy something.
    Commanded {
        /// The kind of policy.
        kind: String,
        /// What.
        command: String,
        /// Who.
        by: String,
    },
    /// A fault was armed.
    FaultArmed {
        /// What it does, as a label.
        fault: String,
        /// When it disarms itself, from the moment on at which it was armed.
        #[serde(with = "humantime_serde")]
        expires_in: Duration,
    },
    /// A fault is armed no more.
    FaultEnded {
        /// What it did, as a label.
        fault: String,
        /// Why: `expired`, `spent`, `disarmed` or `replaced`.
        why: String,
    },
    /// Something that this version of the shapes does not know.
    #[serde(other)]
    Other,
}

/// Some of the last events of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsState {
    /// The oldest first.
    pub events: Vec<EventState>,
    /// Those that were asked for and are no longer kept.
    pub lost: u64,
}
