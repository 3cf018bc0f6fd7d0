use std::time::Duration;

use crate::{
    event::State,
    meter::{Kind, Meter},
    outcome::Outcome,
};

/// How a call ended, as an index of [`CALLS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    Ignored,
    RateLimited,
    Cancelled,
    Panicked,
    Refused,
    Stale,
}

/// How a call ended, and what is known of it besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// How long the service asked to wait.
    pub(super) retry_after: Option<Duration>,
    /// How long it took, where somebody else has measured that.
    pub(super) took: Option<Duration>,
}

impl Ended {
    pub(super) const SUCCESS: Self = Self::with(Outcome::Success);

    /// A call that came to `outcome`.
    pub(super) const fn with(outcome: Outcome) -> Self {
        let (end, retry_after) = match outcome {
            Outcome::Success => (End::Succeeded, None),
            Outcome::Failure => (End::Failed, None),
            Outcome::Unavailable { retry_after } => (End::Failed, Some(retry_after)),
            Outcome::Ignored => (End::Ignored, None),
            Outcome::RateLimited { retry_after } => (End::RateLimited, retry_after),
        };
        Self { end, retry_after, took: None }
    }

    /// The same, where the call took so long.
    pub(super) const fn after(self, took: Duration) -> Self {
        Self { took: Some(took), ..self }
    }
}

impl From<End> for Ended {
    fn from(end: End) -> Self {
        Self { end, retry_after: None, took: None }
    }
}

pub(super) static CALLS: Kind = Kind {
    metric: "resilience_circuit_breaker_calls_total",
    help: "Calls by how they ended; stale results arrived after a change of state, and those \
           of a disabled breaker are ignored.",
    label: "outcome",
    outcomes: &[
        "success",
        "failure",
        "ignored",
        "rate_limited",
        "cancelled",
        "panicked",
        "refused",
        "stale",
    ],
};

/// Indexed by [`State`].
pub(super) static TRANSITIONS: Kind = Kind {
    metric: "resilience_circuit_breaker_transitions_total",
    help: "Changes of state by the state entered.",
    label: "to",
    outcomes: &["closed", "open", "half_open", "forced_open", "disabled", "metrics_only"],
};

// The label of a state is found by its number.
const _: () = assert!(TRANSITIONS.outcomes.len() == State::ALL.len());

/// How the calls through all breakers of one name ended, since the process began.
///
/// Each call is counted once, under its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// Successes that were counted.
    pub succeeded: u64,
    /// Failures that were counted.
    pub failed: u64,
    /// Calls that say nothing about the service, and all calls of a disabled breaker but those
    /// that were dropped.
    pub ignored: u64,
    /// Rate-limited calls that were counted.
    pub rate_limited: u64,
    /// Calls dropped before their answer.
    pub cancelled: u64,
    /// Calls that panicked.
    pub panicked: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Results of calls that were admitted before the last change of state, which count for
    /// nothing.
    pub stale: u64,
}

impl Calls {
    pub(super) fn of(meter: &Meter) -> Self {
        let total = |end: End| meter.total(end as usize);
        Self {
            succeeded: total(End::Succeeded),
            failed: total(End::Failed),
            ignored: total(End::Ignored),
            rate_limited: total(End::RateLimited),
            cancelled: total(End::Cancelled),
            panicked: total(End::Panicked),
            refused: total(End::Refused),
            stale: total(End::Stale),
        }
    }
}
