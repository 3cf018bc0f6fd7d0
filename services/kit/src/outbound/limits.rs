//! The limits that the policies keep.

use std::{num::NonZeroU32, time::Duration};

use anyhow::Context as _;
use resilience::{
    Ratio,
    budget::RetryBudget,
    circuit_breaker::Window,
    settings::{Stack, StackSettings, Switch},
};
use serde::Serialize;

use super::{Policy, Without};

/// The settings where no file has others.
const SETTINGS: &str = include_str!("policies.toml");

/// The limits in force at the start, one field each; absent where the policy is left out.
///
/// A service writes them into its ready line, so that a tool can judge by them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limits {
    attempts: Option<u32>,
    #[serde(with = "humantime_serde")]
    attempt_timeout: Option<Duration>,
    #[serde(with = "humantime_serde")]
    deadline: Option<Duration>,
    budget_ratio: Option<f64>,
    budget_min_per_sec: Option<u32>,
    breaker_failure_rate: Option<f64>,
    breaker_min_calls: Option<u32>,
    #[serde(with = "humantime_serde")]
    breaker_window: Option<Duration>,
    breaker_consecutive: Option<NonZeroU32>,
    #[serde(with = "humantime_serde")]
    breaker_open_for: Option<Duration>,
    #[serde(with = "humantime_serde")]
    breaker_open_for_at_most: Option<Duration>,
}

/// The settings where no file has others.
pub(super) fn defaults() -> anyhow::Result<StackSettings> {
    toml::from_str(SETTINGS).context("the settings that this program was built with are wrong")
}

/// `settings` without the policies in `without`.
pub(super) fn leave_out(mut settings: StackSettings, without: &Without) -> StackSettings {
    if without.contains(Policy::Deadline) {
        settings.deadline = Some(Switch::Off);
    }
    if without.contains(Policy::Retry) {
        settings.retry = Some(Switch::Off);
    }
    // A budget is what retries are paid from.
    if without.contains(Policy::Retry) || without.contains(Policy::Budget) {
        settings.budget = Some(Switch::Off);
    }
    if without.contains(Policy::Breaker) {
        settings.circuit_breaker = Some(Switch::Off);
    }
    if without.contains(Policy::Timeout) {
        settings.timeout = Some(Switch::Off);
    }
    settings
}

impl Limits {
    pub(super) fn of(stack: &Stack) -> Self {
        let settings = stack.settings();
        let breaker = stack.breaker().map(|breaker| breaker.config());
        let breaker = breaker.as_ref();
        let budget = stack.budget().and_then(RetryBudget::token_config);
        let retry = settings.retry.as_ref().and_then(Switch::on);
        let timeout = settings.timeout.as_ref().and_then(Switch::on);
        let deadline = settings.deadline.as_ref().and_then(Switch::on);
        Self {
            attempts: retry.and_then(|retry| retry.max_attempts),
            attempt_timeout: timeout.and_then(|timeout| timeout.limit),
            deadline: deadline.and_then(|deadline| deadline.limit),
            budget_ratio: budget.map(|budget| budget.ratio().as_f64()),
            budget_min_per_sec: budget.map(|budget| budget.min_per_sec()),
            breaker_failure_rate: breaker
                .and_then(|breaker| breaker.failure_rate())
                .map(Ratio::as_f64),
            breaker_min_calls: breaker.map(|breaker| breaker.min_calls()),
            breaker_window: breaker.and_then(|breaker| match breaker.window() {
                Window::Time { span, .. } => Some(span),
                _ => None,
            }),
            breaker_consecutive: breaker.and_then(|breaker| breaker.consecutive_failures()),
            breaker_open_for: breaker.map(|breaker| breaker.open_for()),
            breaker_open_for_at_most: breaker.map(|breaker| breaker.open_for_at_most()),
        }
    }
}

#[cfg(test)]
mod tests {
    use resilience::Name;
    use serde_json::json;

    use super::{Limits, Without, defaults, leave_out};

    fn limits(without: &str) -> serde_json::Value {
        let without: Without = without.parse().unwrap();
        let settings = leave_out(defaults().unwrap(), &without);
        let stack = settings.build(Name::from_static("limits")).unwrap();
        serde_json::to_value(Limits::of(&stack)).unwrap()
    }

    #[test]
    fn all_limits_are_told() {
        assert_eq!(
            limits(""),
            json!({
                "attempts": 4,
                "attempt_timeout": "200ms",
                "deadline": "1s",
                "budget_ratio": 0.2,
                "budget_min_per_sec": 10,
                "breaker_failure_rate": 0.5,
                "breaker_min_calls": 20,
                "breaker_window": "10s",
                "breaker_consecutive": 10,
                "breaker_open_for": "250ms",
                "breaker_open_for_at_most": "500ms",
            })
        );
    }

    #[test]
    fn the_limits_of_a_policy_that_is_left_out_are_null() {
        assert!(limits("breaker")["breaker_open_for"].is_null());
        assert!(limits("retry")["attempts"].is_null());
        assert!(limits("retry")["budget_ratio"].is_null(), "nothing is paid from it");
        assert!(limits("budget")["budget_ratio"].is_null());
        assert_eq!(limits("budget")["attempts"], 4);
        assert!(limits("timeout")["attempt_timeout"].is_null());
        assert!(limits("deadline")["deadline"].is_null());
    }
}
