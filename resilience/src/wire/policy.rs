use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::FaultStatus;
use crate::event::State;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum PolicyState {
    /// A circuit breaker.
    CircuitBreaker(BreakerState),
    /// The circuit breakers of many keys.
    KeyedCircuitBreaker(KeyedState),
    /// A retry budget.
    RetryBudget(BudgetState),
    /// The retry budgets of many keys.
    KeyedRetryBudget(KeyedState),
    /// A retry layer.
    Retry(RetryState),
    /// The timeouts of one name.
    Timeout(LimitState),
    /// The deadlines of one name.
    Deadline(LimitState),
    /// A fault switch.
    Fault(FaultState),
    /// A kind that this version of the shapes does not know.
    #[serde(other)]
    Unknown,
}

impl PolicyState {
    /// The kind as a label, such as `circuit_breaker`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CircuitBreaker(_) => "circuit_breaker",
            Self::KeyedCircuitBreaker(_) => "keyed_circuit_breaker",
            Self::RetryBudget(_) => "retry_budget",
            Self::KeyedRetryBudget(_) => "keyed_retry_budget",
            Self::Retry(_) => "retry",
            Self::Timeout(_) => "timeout",
            Self::Deadline(_) => "deadline",
            Self::Fault(_) => "fault",
            Self::Unknown => "unknown",
        }
    }

    /// The policy's name.
    pub fn policy(&self) -> &str {
        match self {
            Self::CircuitBreaker(state) => &state.policy,
            Self::KeyedCircuitBreaker(state) | Self::KeyedRetryBudget(state) => &state.policy,
            Self::RetryBudget(state) => &state.policy,
            Self::Retry(state) => &state.policy,
            Self::Timeout(state) | Self::Deadline(state) => &state.policy,
            Self::Fault(state) => &state.policy,
            Self::Unknown => "",
        }
    }
}

/// A policy of a process, and the number by which it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceState {
    /// No other policy of the process has it.
    pub id: u64,
    /// What it looks like.
    #[serde(flatten)]
    pub state: PolicyState,
}

/// A page of the policies of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstancesState {
    /// Ordered by kind, name and id.
    pub policies: Vec<InstanceState>,
    /// All that there are.
    pub total: usize,
    /// What to ask for as `after` for the next page; `None`: this is the last.
    pub next: Option<u64>,
}

/// What the circuit breakers or the retry budgets of many keys look like together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedState {
    /// The policy's name.
    pub policy: String,
    /// The keys with one of their own.
    pub keys: usize,
    /// The most that may have one.
    pub max_keys: usize,
}

/// The circuit breaker of one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyState {
    /// The key, as text.
    pub key: String,
    /// What names the key where one is asked for; it tells a number from a text.
    #[serde(default)]
    pub id: String,
    /// Its breaker.
    pub breaker: PolicyState,
}

/// A page of the circuit breakers of many keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeysState {
    /// In the order of the keys.
    pub keys: Vec<KeyState>,
    /// What to ask for as `after` for the next page; `None`: this is the last.
    pub next: Option<String>,
}

/// What a retry layer looks like at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryState {
    /// The policy's name.
    pub policy: String,
    /// Whether calls are tried again.
    pub is_on: bool,
    /// The attempts in all; `None` when they are not limited.
    pub max_attempts: Option<u32>,
    /// The budget that pays, if one does for all requests. Without one and without
    /// `keyed_budget` nothing limits how many retries there are.
    pub budget: Option<BudgetState>,
    /// The budgets that pay, if each key has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyed_budget: Option<KeyedState>,
}

/// A limit of time at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitState {
    /// The name of the policies that have it.
    pub policy: String,
    /// The limit in force; `None` before the first service was made.
    #[serde(with = "humantime_serde")]
    pub limit: Option<Duration>,
    /// Whether it was set in place of those with which the layers were made.
    pub is_set: bool,
}

/// What a fault switch looks like at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultState {
    /// The name of the layer.
    pub policy: String,
    /// What is armed.
    #[serde(flatten)]
    pub status: FaultStatus,
}

/// What a circuit breaker looks like at one moment, its times to the millisecond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// How long it stays open at first; `None` where only a hand ends that, or a function in code
    /// says it.
    #[serde(default, with = "humantime_serde")]
    pub open_for: Option<Duration>,
    /// The results that count: in the window when closed, of the probes when half-open, those
    /// that were there when it opened when open.
    pub calls: u64,
    /// The failures among them.
    pub failed: u64,
    /// The slow calls among them.
    #[serde(default)]
    pub slow: u64,
    /// The calls that run for longer than is slow, where they count.
    #[serde(default)]
    pub slow_running: u32,
    /// The calls refused since the state was entered.
    #[serde(default)]
    pub refused: u32,
    /// The length of the run of failures.
    pub failures_in_a_row: u32,
    /// The probes that would still be admitted; 4294967295 without a limit.
    pub free_probes: u32,
    /// The last changes of state, the newest first.
    pub transitions: Vec<TransitionState>,
    /// What opens it.
    #[serde(default)]
    pub thresholds: Vec<ThresholdState>,
}

/// A rule that opens a circuit breaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdState {
    /// The rule as a label, such as `failure_rate`: what is told as the reason when it is met.
    pub rule: String,
    /// The number it compares with: a share from 0 to 1, or failures.
    pub threshold: f64,
    /// The results it needs; `None` where it needs no more than those that it counts.
    pub min_calls: Option<u32>,
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
