use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::ArmFault;
use super::policy::InstanceState;

/// What an operator tells one policy.
///
/// # Examples
///
/// ```
/// use resilience::wire::Command;
///
/// let json = r#"{ "command": "set_limit", "limit": "250ms" }"#;
/// let command: Command = serde_json::from_str(json)?;
/// assert_eq!(command.as_str(), "set_limit");
///
/// let misspelt = r#"{ "command": "set_limit", "limit": "250ms", "until": "5s" }"#;
/// assert!(serde_json::from_str::<Command>(misspelt).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Circuit breaker: refuse all calls until the next move by hand.
    ForceOpen {},
    /// Circuit breaker: open, for as long as after any opening.
    Open {},
    /// Circuit breaker: let probes through.
    HalfOpen {},
    /// Circuit breaker: closed.
    Close {},
    /// Circuit breaker: admit all calls and count none until the next move by hand.
    Disable {},
    /// Circuit breaker: admit all calls, count them, and only report: shadow mode.
    MetricsOnly {},
    /// Circuit breaker: closed with an empty window.
    Reset {},
    /// Circuit breaker: the share of failures that opens it.
    SetFailureRate {
        /// Above 0, to 1.
        rate: f64,
    },
    /// Circuit breaker: the results that a rate needs.
    SetMinCalls {
        /// 1 to 1,000,000.
        calls: u32,
    },
    /// Circuit breaker: the failures in a row that open it; 0 switches that rule off.
    SetConsecutiveFailures {
        /// From 0.
        failures: u32,
    },
    /// Circuit breaker: how long it stays open at first.
    SetOpenFor {
        /// 1 ms to 24 h, as human text.
        #[serde(with = "humantime_serde")]
        time: Duration,
    },
    /// Retry: make one attempt.
    SwitchOff {},
    /// Retry: try again.
    SwitchOn {},
    /// Retry: the attempts in all, the first included.
    SetMaxAttempts {
        /// 1 to 100.
        attempts: u32,
    },
    /// Retry budget of tokens: what fills it. What is absent stays.
    SetBudget {
        /// The tokens that a first attempt deposits, 0 to 10.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ratio: Option<f64>,
        /// The tokens that each second brings, 0 to 100,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_per_sec: Option<u32>,
    },
    /// Timeout or deadline: the limit, whatever the layers were made with.
    SetLimit {
        /// As human text.
        #[serde(with = "humantime_serde")]
        limit: Duration,
    },
    /// Timeout or deadline: the limits with which the layers were made.
    ClearLimit {},
    /// Fault: arm this one in place of what is armed.
    Arm {
        /// What to inject, how often and for how long.
        fault: ArmFault,
    },
    /// Fault: hit no call from here on.
    Disarm {},
}

impl Command {
    /// The command as a label, such as `force_open`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ForceOpen {} => "force_open",
            Self::Open {} => "open",
            Self::HalfOpen {} => "half_open",
            Self::Close {} => "close",
            Self::Disable {} => "disable",
            Self::MetricsOnly {} => "metrics_only",
            Self::Reset {} => "reset",
            Self::SetFailureRate { .. } => "set_failure_rate",
            Self::SetMinCalls { .. } => "set_min_calls",
            Self::SetConsecutiveFailures { .. } => "set_consecutive_failures",
            Self::SetOpenFor { .. } => "set_open_for",
            Self::SwitchOff {} => "switch_off",
            Self::SwitchOn {} => "switch_on",
            Self::SetMaxAttempts { .. } => "set_max_attempts",
            Self::SetBudget { .. } => "set_budget",
            Self::SetLimit { .. } => "set_limit",
            Self::ClearLimit {} => "clear_limit",
            Self::Arm { .. } => "arm",
            Self::Disarm {} => "disarm",
        }
    }
}

/// What a policy looks like after a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The command that was carried out.
    pub command: String,
    /// The policy after it.
    pub policy: InstanceState,
}
