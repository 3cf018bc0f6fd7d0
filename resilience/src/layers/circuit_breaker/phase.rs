use tokio::time::Instant;

use super::probes::Probes;
use crate::event::State;

/// Where the breaker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    /// `until` a time, or until a move by hand.
    Open {
        until: Option<Instant>,
    },
    HalfOpen {
        probes: Probes,
        limit: Option<Instant>,
    },
    ForcedOpen,
    Disabled,
    MetricsOnly,
}

impl Phase {
    pub(super) const fn state(self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open { .. } => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
            Self::ForcedOpen => State::ForcedOpen,
            Self::Disabled => State::Disabled,
            Self::MetricsOnly => State::MetricsOnly,
        }
    }
}
