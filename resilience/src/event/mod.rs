//! What policies report when something happens that is not an ordinary call.

#[cfg(feature = "wire")]
pub(crate) mod log;

mod fault_end;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

pub use self::fault_end::FaultEnd;
use crate::{error::Reason, name::Name};

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Calls are admitted and counted.
    Closed,
    /// Calls are refused until the wait is over.
    Open,
    /// A few calls are admitted as probes.
    HalfOpen,
    /// Calls are refused until somebody says otherwise.
    ForcedOpen,
    /// Calls are admitted and not counted.
    Disabled,
    /// Calls are admitted and counted, and the rules only report: shadow mode.
    MetricsOnly,
}

impl State {
    pub(crate) const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
        Self::MetricsOnly,
    ];

    /// The state as a label, such as `half_open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

/// Why a circuit breaker changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeReason {
    /// So many failures in a row.
    ConsecutiveFailures,
    /// The share of failures in the window.
    FailureRate,
    /// The share of slow calls in the window.
    SlowCallRate,
    /// So many failures among the last results.
    FailureRatio,
    /// So many failures in the window.
    FailureCount,
    /// The share of successes in a rule's window.
    LowSuccessRate,
    /// The open wait is over.
    WaitOver,
    /// The probes succeeded.
    ProbesSucceeded,
    /// The probes failed.
    ProbesFailed,
    /// The probes did not answer in time.
    ProbesTimedOut,
    /// Somebody reset the breaker.
    Reset,
    /// Somebody moved the breaker by hand.
    Manual,
}

impl ChangeReason {
    /// Its place in a set of reasons.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The reason as a label, such as `failure_rate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConsecutiveFailures => "consecutive_failures",
            Self::FailureRate => "failure_rate",
            Self::SlowCallRate => "slow_call_rate",
            Self::FailureRatio => "failure_ratio",
            Self::FailureCount => "failure_count",
            Self::LowSuccessRate => "low_success_rate",
            Self::WaitOver => "wait_over",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::ProbesFailed => "probes_failed",
            Self::ProbesTimedOut => "probes_timed_out",
            Self::Reset => "reset",
            Self::Manual => "manual",
        }
    }
}

/// Why retry stopped with an outcome that was worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GaveUp {
    /// All attempts are used.
    Attempts,
    /// The budget has no token left.
    Budget,
    /// The wait would not end before the deadline.
    Deadline,
    /// The service asks to wait longer than allowed.
    RetryAfter,
    /// The request cannot be sent twice.
    NotReplayable,
    /// Another attempt would begin after the time in which attempts may.
    Elapsed,
    /// The service is not ready for the retry.
    NotReady,
}

impl GaveUp {
    /// The reason as a label, such as `budget`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::RetryAfter => "retry_after",
            Self::NotReplayable => "not_replayable",
            Self::Elapsed => "elapsed",
            Self::NotReady => "not_ready",
        }
    }
}

/// Something that a policy did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A circuit breaker changed its state.
    #[non_exhaustive]
    StateChanged {
        /// The breaker.
        name: Name,
        /// The state it left.
        from: State,
        /// The state it entered.
        to: State,
        /// Why.
        reason: ChangeReason,
        /// When.
        at: Instant,
    },
    /// A rule that opens a circuit breaker was met. It is told once in each stay in a state,
    /// before the change of state that it makes; in shadow mode it makes none.
    #[non_exhaustive]
    RuleMet {
        /// The breaker.
        name: Name,
        /// Which rule.
        reason: ChangeReason,
        /// When.
        at: Instant,
    },
    /// A call is retried.
    #[non_exhaustive]
    Retried {
        /// The retry policy.
        name: Name,
        /// The number of the attempt to come; the first retry is attempt 2.
        attempt: u32,
        /// The wait before it.
        delay: Duration,
    },
    /// A call that was worth a retry is not retried.
    #[non_exhaustive]
    GaveUp {
        /// The retry policy.
        name: Name,
        /// The attempts made.
        attempts: u32,
        /// Why no more.
        reason: GaveUp,
    },
    /// A limit or a deadline passed before the service answered, or before it was asked.
    #[non_exhaustive]
    TimedOut {
        /// The timeout or deadline policy.
        name: Name,
        /// Which of these it was, as in the rejection.
        reason: Reason,
    },
    /// A fault was injected.
    #[non_exhaustive]
    FaultInjected {
        /// The fault layer.
        name: Name,
        /// What was done, such as `latency`.
        fault: &'static str,
    },
    /// A fault was armed. Listeners of the layer are not told: it is in the event stream of the
    /// process and goes to `tracing`.
    #[non_exhaustive]
    FaultArmed {
        /// The fault layer.
        name: Name,
        /// What it does, such as `latency`.
        fault: &'static str,
        /// When it disarms itself, from this moment on.
        expires_in: Duration,
    },
    /// A fault is armed no more. It is told where an armed one is, when somebody looks: see
    /// [`FaultSwitch`](crate::fault::FaultSwitch).
    #[non_exhaustive]
    FaultEnded {
        /// The fault layer.
        name: Name,
        /// What it did, such as `latency`.
        fault: &'static str,
        /// Why no longer.
        why: FaultEnd,
    },
    /// The policies of a stack go by other settings, such as those of a file that was read anew.
    #[non_exhaustive]
    SettingsChanged {
        /// The stack.
        name: Name,
    },
    /// An operator told a policy something. Listeners of the policy are not told: it is in the
    /// event stream of the process and goes to `tracing`.
    #[non_exhaustive]
    Commanded {
        /// The policy.
        name: Name,
        /// The kind of policy, such as `circuit_breaker`.
        kind: &'static str,
        /// What, such as `force_open`.
        command: &'static str,
        /// Who.
        by: Arc<str>,
    },
}

impl Event {
    /// The policy.
    pub const fn name(&self) -> Name {
        match self {
            Self::StateChanged { name, .. }
            | Self::RuleMet { name, .. }
            | Self::Retried { name, .. }
            | Self::GaveUp { name, .. }
            | Self::TimedOut { name, .. }
            | Self::FaultInjected { name, .. }
            | Self::FaultArmed { name, .. }
            | Self::FaultEnded { name, .. }
            | Self::SettingsChanged { name }
            | Self::Commanded { name, .. } => *name,
        }
    }
}

/// A function that is called with every [`Event`] of a policy.
///
/// It runs on the task of the call that caused the event, outside every lock, so it should
/// be quick: hand the event on, do not wait.
///
/// # Panics
///
/// A panic of the function is caught and logged: whoever watches a call must not end it.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(&Event) + Send + Sync>);

impl Listener {
    /// Calls `function` with every event.
    #[must_use]
    pub fn new(function: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener(..)")
    }
}

/// The listeners of one policy. Cloning an empty set copies a pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listeners(Option<Arc<Vec<Listener>>>);

impl Listeners {
    pub(crate) fn add(&mut self, listener: Listener) {
        Arc::make_mut(self.0.get_or_insert_default()).push(listener);
    }

    /// Reports `event` to `tracing` and to every listener.
    #[cold]
    pub(crate) fn emit(&self, event: &Event) {
        watch(|| trace(event));
        #[cfg(feature = "wire")]
        log::note(event);
        for listener in self.0.iter().flat_map(|listeners| listeners.iter()) {
            if !watch(|| (listener.0)(event)) {
                watch(|| {
                    tracing::error!(target: "resilience", ?event, "a listener panicked");
                });
            }
        }
    }
}

/// Lets somebody else look; `false` when that panicked. What it left half done is its own;
/// nothing of it is used here.
fn watch(look: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(look)).is_ok()
}

fn trace(event: &Event) {
    match *event {
        // Whoever reads the log of a service that misbehaves must see that it was told to.
        Event::Commanded { name, kind, command, ref by } => tracing::warn!(
            target: "resilience",
            policy = name.as_str(),
            kind,
            command,
            by = &**by,
            "an operator told a policy something",
        ),
        Event::FaultArmed { name, fault, expires_in } => tracing::warn!(
            target: "resilience",
            policy = name.as_str(),
            fault,
            ?expires_in,
            "a fault is armed",
        ),
        Event::FaultEnded { name, fault, why } => tracing::info!(
            target: "resilience",
            policy = name.as_str(),
            fault,
            why = why.as_str(),
            "a fault is armed no more",
        ),
        Event::SettingsChanged { name } => tracing::info!(
            target: "resilience",
            policy = name.as_str(),
            "policies go by other settings",
        ),
        Event::StateChanged { name, from, to, reason, .. } => tracing::info!(
            target: "resilience",
            policy = name.as_str(),
            from = from.as_str(),
            to = to.as_str(),
            reason = reason.as_str(),
            "circuit breaker changed state",
        ),
        Event::RuleMet { name, reason, .. } => tracing::info!(
            target: "resilience",
            policy = name.as_str(),
            reason = reason.as_str(),
            "circuit breaker's rule was met",
        ),
        Event::Retried { name, attempt, delay } => {
            tracing::debug!(target: "resilience", policy = name.as_str(), attempt, ?delay, "retry");
        }
        Event::GaveUp { name, attempts, reason } => tracing::debug!(
            target: "resilience",
            policy = name.as_str(),
            attempts,
            reason = reason.as_str(),
            "gave up",
        ),
        Event::TimedOut { name, reason } => tracing::debug!(
            target: "resilience",
            policy = name.as_str(),
            reason = reason.as_str(),
            "timed out",
        ),
        Event::FaultInjected { name, fault } => {
            tracing::debug!(target: "resilience", policy = name.as_str(), fault, "fault injected");
        }
    }
}
