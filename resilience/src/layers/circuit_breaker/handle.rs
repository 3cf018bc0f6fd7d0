use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{history::Transition, shared::Shared};
use crate::{event::State, name::Name, time, window::Counts};

/// Looks at one circuit breaker, and resets it, from outside.
///
/// # Sharing
///
/// A handle keeps its breaker alive, and sees what all services that share it do.
///
/// # Examples
///
/// ```
/// use resilience::{Name, circuit_breaker::{CircuitBreakerLayer, Config, State}};
///
/// let layer = CircuitBreakerLayer::new(Name::from_static("users-api"), Config::default());
/// assert_eq!(layer.handle().snapshot().state, State::Closed);
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreakerHandle {
    shared: Arc<Shared>,
}

impl CircuitBreakerHandle {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What the breaker looks like at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot(time::read())
    }

    /// Closes the breaker with an empty window, whatever its state.
    ///
    /// Results of calls that began before count for nothing.
    pub fn reset(&self) {
        self.shared.reset(time::read());
    }
}

/// What a breaker looked like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The breaker.
    pub name: Name,
    /// The state that the next call would find.
    pub state: State,
    /// Since when.
    pub since: Instant,
    /// The moment at which it looked so.
    pub at: Instant,
    /// The time left until probes are let through, when open.
    pub time_left: Option<Duration>,
    /// The results that count: those in the window when closed, those of the probes when
    /// half-open.
    pub counts: Counts,
    /// The length of the run of failures, when that rule is on.
    pub failures_in_a_row: u32,
    /// The probes that would still be admitted, when half-open.
    pub free_probes: u32,
    /// The last changes of state, the newest first; at most 32.
    pub transitions: Vec<Transition>,
}
