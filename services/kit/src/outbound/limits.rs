//! The limits that the policies keep.

use std::{num::NonZeroU32, time::Duration};

use anyhow::Context as _;
use resilience::{
    ConfigErrors, Ratio,
    budget::TokenBudget,
    circuit_breaker::{self, Window},
    retry::{self, Backoff},
};
use serde::Serialize;

use super::{Policy, Without};

/// The tries of one call, the first included. When 15 % of the answers are bad by chance,
/// three attempts lose 0.34 % of the calls and four 0.05 %: with three, a promise of 99 % for a
/// few hundred calls would now and then be broken by luck alone.
const ATTEMPTS: u32 = 4;

/// Ten times what a good answer takes under load, and short enough for four attempts and three
/// waits within [`DEADLINE`].
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(200);

/// What somebody who orders will wait for.
const DEADLINE: Duration = Duration::from_secs(1);

/// Near the time of one good answer. With full jitter three waits take 40 ms on average and 80
/// at most, so a call whose last attempt meets an open breaker is refused soon enough.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(30);

const BREAKER_WINDOW: Duration = Duration::from_secs(10);
const BREAKER_BUCKETS: u32 = 10;
const BREAKER_CONSECUTIVE: u32 = 10;

/// Short, because a probe costs one small request; it grows while probes fail.
const BREAKER_OPEN_FOR: Duration = Duration::from_millis(250);

/// The longest that a recovery goes unnoticed.
const BREAKER_OPEN_FOR_AT_MOST: Duration = Duration::from_millis(500);
const BREAKER_GROWTH: f64 = 2.0;

/// The limits in force, one field each; absent where the policy is left out.
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

/// The settings of every policy that is not left out.
#[derive(Clone, Debug)]
pub(super) struct Guards {
    pub(super) deadline: Option<Duration>,
    pub(super) retry: Option<retry::Config>,
    pub(super) budget: Option<TokenBudget>,
    pub(super) breaker: Option<circuit_breaker::Config>,
    pub(super) attempt_timeout: Option<Duration>,
}

impl Guards {
    pub(super) fn new(without: &Without) -> anyhow::Result<Self> {
        let kept = |policy| !without.contains(policy);
        Ok(Self {
            deadline: kept(Policy::Deadline).then_some(DEADLINE),
            retry: kept(Policy::Retry)
                .then(retry_config)
                .transpose()
                .context("the limits of retry are wrong")?,
            // A budget is what retries are paid from.
            budget: (kept(Policy::Retry) && kept(Policy::Budget)).then(TokenBudget::default),
            breaker: kept(Policy::Breaker)
                .then(breaker_config)
                .transpose()
                .context("the limits of the circuit breaker are wrong")?,
            attempt_timeout: kept(Policy::Timeout).then_some(ATTEMPT_TIMEOUT),
        })
    }

    pub(super) fn limits(&self) -> Limits {
        let breaker = self.breaker.as_ref();
        Limits {
            attempts: self.retry.as_ref().map(retry::Config::max_attempts),
            attempt_timeout: self.attempt_timeout,
            deadline: self.deadline,
            budget_ratio: self.budget.map(|budget| budget.ratio().as_f64()),
            budget_min_per_sec: self.budget.map(|budget| budget.min_per_sec()),
            breaker_failure_rate: breaker
                .and_then(circuit_breaker::Config::failure_rate)
                .map(Ratio::as_f64),
            breaker_min_calls: breaker.map(circuit_breaker::Config::min_calls),
            breaker_window: breaker.map(|_| BREAKER_WINDOW),
            breaker_consecutive: breaker.and_then(circuit_breaker::Config::consecutive_failures),
            breaker_open_for: breaker.map(circuit_breaker::Config::open_for),
            breaker_open_for_at_most: breaker.map(|_| BREAKER_OPEN_FOR_AT_MOST),
        }
    }
}

fn retry_config() -> Result<retry::Config, ConfigErrors> {
    let backoff = Backoff::builder().initial(FIRST_WAIT).at_most(LONGEST_WAIT).build()?;
    retry::Config::builder().max_attempts(ATTEMPTS).backoff(backoff).build()
}

fn breaker_config() -> Result<circuit_breaker::Config, ConfigErrors> {
    circuit_breaker::Config::builder()
        .window(Window::Time { span: BREAKER_WINDOW, buckets: BREAKER_BUCKETS })
        .consecutive_failures(BREAKER_CONSECUTIVE)
        .open_for(BREAKER_OPEN_FOR)
        .open_growth(BREAKER_GROWTH, BREAKER_OPEN_FOR_AT_MOST)
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Guards, Without};

    fn limits(without: &str) -> serde_json::Value {
        let without: Without = without.parse().unwrap();
        serde_json::to_value(Guards::new(&without).unwrap().limits()).unwrap()
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
