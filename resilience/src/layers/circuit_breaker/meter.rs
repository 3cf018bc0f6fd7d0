use crate::{meter::Kind, outcome::Outcome};

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

impl End {
    /// How a call with this outcome ended.
    pub(super) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Succeeded,
            Outcome::Failure => Self::Failed,
            Outcome::Ignored => Self::Ignored,
            Outcome::RateLimited { .. } => Self::RateLimited,
        }
    }
}

pub(super) static CALLS: Kind = Kind {
    metric: "resilience_circuit_breaker_calls_total",
    help: "Calls by how they ended; stale results arrived after a change of state.",
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
    outcomes: &["closed", "open", "half_open"],
};
