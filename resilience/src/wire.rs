//! The JSON shapes that services, dashboards and the `chaos` tool exchange.
//!
//! They live apart from the layers, so that a tool can speak to a service without
//! linking the layers' configuration. Durations are human text, such as `"250ms"`.
//! An unknown field of a request is an error: a misspelt `rate` must not arm a fault at its
//! default. An answer may grow. Its times are ages and times left, because the clocks of two
//! machines cannot be compared.

use std::{
    num::{NonZeroU32, NonZeroU64},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::event::State;

/// What a fault does to a call that it hits.
///
/// # Examples
///
/// ```
/// use resilience::wire::FaultKind;
///
/// let kind: FaultKind = serde_json::from_str(r#"{"latency":{"delay":"2s"}}"#)?;
/// assert_eq!(kind, FaultKind::Latency { delay: std::time::Duration::from_secs(2) });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// Adds `delay` before the call goes on.
    Latency {
        /// The time added, as human text.
        #[serde(with = "humantime_serde")]
        delay: Duration,
    },
    /// Answers in place of the service with an HTTP status.
    Error {
        /// The status, 400 to 599.
        status: u16,
    },
    /// Fails like a connection that was cut.
    Abort {},
}

/// A request to arm a fault for a limited time.
///
/// # Examples
///
/// ```
/// use resilience::wire::ArmFault;
///
/// let json = r#"{
///     "fault": { "latency": { "delay": "250ms" } },
///     "rate": 0.5,
///     "expires_in": "30s",
///     "path_prefix": "/users",
///     "max_active": 20,
///     "max_injected": 1000
/// }"#;
/// let arm: ArmFault = serde_json::from_str(json)?;
/// assert_eq!(arm.max_active.map(|most| most.get()), Some(20));
///
/// let none = r#"{ "fault": { "abort": {} }, "rate": 1, "expires_in": "30s", "max_active": 0 }"#;
/// assert!(serde_json::from_str::<ArmFault>(none).is_err(), "a fault that may hit nobody");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFault {
    /// What happens to a call that is hit.
    pub fault: FaultKind,
    /// The share of matching calls that are hit, 0 to 1, both exact.
    pub rate: f64,
    /// How long the fault stays armed before it disarms itself: 1 s to 24 h.
    #[serde(with = "humantime_serde")]
    pub expires_in: Duration,
    /// Hits only requests whose path begins so; absent: all requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    /// The most calls that may be under the fault at once; absent: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_active: Option<NonZeroU32>,
    /// The calls hit after which the fault disarms itself; absent: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_injected: Option<NonZeroU64>,
}

/// What a fault switch says of itself.
///
/// # Examples
///
/// One that has never been armed, as a service without the counts of a plan tells it:
///
/// ```
/// use resilience::wire::FaultStatus;
///
/// let status: FaultStatus = serde_json::from_str(r#"{ "armed": null, "injected": 0 }"#)?;
/// assert_eq!(status, FaultStatus::default());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultStatus {
    /// The armed fault with the time it has left in `expires_in`; `None` when idle.
    pub armed: Option<ArmFault>,
    /// The calls hit since the process started.
    pub injected: u64,
    /// Those among them that the fault armed last has hit, also when it is armed no more.
    #[serde(default)]
    pub injected_by_plan: u64,
    /// The calls that are under a fault at this moment, such as those being delayed.
    #[serde(default)]
    pub active: u64,
}

/// What a policy looks like at one moment.
///
/// # Examples
///
/// ```
/// use resilience::{Name, budget::{RetryBudget, TokenBudget}, wire::PolicyState};
///
/// let budget = RetryBudget::token(Name::from_static("users-api"), TokenBudget::default());
/// let json = serde_json::to_value(PolicyState::from(&budget))?;
/// assert_eq!(json["kind"], "retry_budget");
/// assert_eq!(json["tokens"], 100);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum PolicyState {
    /// A circuit breaker.
    CircuitBreaker(BreakerState),
    /// A retry budget.
    RetryBudget(BudgetState),
}

/// What a circuit breaker looks like at one moment, its times to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerState {
    /// The policy's name.
    pub policy: String,
    /// The state that the next call would find.
    pub state: CircuitState,
    /// The time since the state was entered.
    #[serde(with = "humantime_serde")]
    pub in_state_for: Duration,
    /// The time left until probes are let through; `None` unless open and known.
    #[serde(default, with = "humantime_serde")]
    pub time_left: Option<Duration>,
    /// The results that count: in the window when closed, of the probes when half-open, those
    /// that were there when it opened when open.
    pub calls: u64,
    /// The failures among them.
    pub failed: u64,
    /// The length of the run of failures.
    pub failures_in_a_row: u32,
    /// The probes that would still be admitted; 4294967295 without a limit.
    pub free_probes: u32,
    /// The last changes of state, the newest first.
    pub transitions: Vec<TransitionState>,
}

/// A change of a breaker's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionState {
    /// The state it left.
    pub from: CircuitState,
    /// The state it entered.
    pub to: CircuitState,
    /// Why, as a label such as `failure_rate`.
    pub reason: String,
    /// How long ago.
    #[serde(with = "humantime_serde")]
    pub ago: Duration,
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CircuitState {
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
    /// Calls are admitted and counted, and the rules only report.
    MetricsOnly,
}

impl From<State> for CircuitState {
    fn from(state: State) -> Self {
        match state {
            State::Closed => Self::Closed,
            State::Open => Self::Open,
            State::HalfOpen => Self::HalfOpen,
            State::ForcedOpen => Self::ForcedOpen,
            State::Disabled => Self::Disabled,
            State::MetricsOnly => Self::MetricsOnly,
        }
    }
}

/// What a retry budget looks like at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetState {
    /// The policy's name.
    pub policy: String,
    /// The whole tokens left; each pays for one retry.
    pub tokens: u64,
}
