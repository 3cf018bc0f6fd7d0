mod cancelled;
mod half_open;
mod open_growth;
mod rule;
mod section;
mod slow_call;
mod state;
mod window;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    errors::SettingsErrors,
    given::{build, deserialize},
    human, switch,
    switch::Switch,
};
use crate::{
    circuit_breaker::{Cancelled, Config, HalfOpen, Rule, State},
    ratio::Ratio,
    window::{SlowCall, Window},
};

pub use open_growth::OpenGrowthSettings;

use cancelled::CancelledShape;
use half_open::HalfOpenShape;
use rule::RuleShape;
use slow_call::SlowCallShape;
use state::StateShape;
use window::WindowShape;

/// The settings of a circuit breaker, each absent or given.
///
/// See [`ConfigBuilder`](crate::circuit_breaker::ConfigBuilder) for what each does and how to
/// choose it. All are there but [`open_for_fn`]: a function is no data.
///
/// [`open_for_fn`]: crate::circuit_breaker::ConfigBuilder::open_for_fn
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::settings::CircuitBreakerSettings;
///
/// let settings: CircuitBreakerSettings = toml::from_str(
///     r#"
///     window = { kind = "count", size = 100 }
///     consecutive_failures = 5
///     open_for = "250ms"
///     slow_call_rate = 0.8
///     slow_call = { longer_than = "125ms" }
///     "#,
/// )?;
/// let config = settings.build()?;
/// assert_eq!(config.open_for(), Duration::from_millis(250));
/// assert_eq!(config.rules().len(), 3, "the failure rate is there by default");
///
/// // What is in force, also what is by default.
/// let shown = serde_json::to_value(CircuitBreakerSettings::from(&config))?;
/// assert_eq!(shown["open_growth"]["factor"], 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct CircuitBreakerSettings {
    /// Which results the rates are taken over.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, WindowShape, _>"
    )]
    #[schemars(with = "Option<WindowShape>", extend("default" = window::default()))]
    pub window: Option<Window>,

    /// The results that must be in the window before a rate is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 20))]
    pub min_calls: Option<u32>,

    /// What opens the breaker, in place of `failure_rate`, `slow_call_rate` and
    /// `consecutive_failures`, which are short for rules.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rule::list")]
    #[schemars(with = "Option<Vec<RuleShape>>", length(min = 1))]
    pub rules: Option<Vec<Rule>>,

    /// The share of failures at which the breaker opens, or "off".
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "switch::ratio")]
    #[schemars(
        with = "Option<f64>",
        extend("type" = ["number", "string", "null"], "exclusiveMinimum" = 0, "maximum" = 1,
            "x-word" = switch::OFF, "default" = 0.5)
    )]
    pub failure_rate: Option<Switch<Ratio>>,

    /// The share of slow calls at which the breaker opens, or "off"; `slow_call` says what is slow.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "switch::ratio")]
    #[schemars(
        with = "Option<f64>",
        extend("type" = ["number", "string", "null"], "exclusiveMinimum" = 0, "maximum" = 1,
            "x-word" = switch::OFF, "default" = switch::OFF)
    )]
    pub slow_call_rate: Option<Switch<Ratio>>,

    /// When a call is slow, for `slow_call_rate` and for what is shown of the window.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, SlowCallShape, _>"
    )]
    #[schemars(with = "Option<SlowCallShape>")]
    pub slow_call: Option<SlowCall>,

    /// Whether slow calls count for their rate while they still run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub count_running_slow_calls: Option<bool>,

    /// The failures in a row that open the breaker; 0 switches the rule off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4_294_967_295u32), extend("default" = 0))]
    pub consecutive_failures: Option<u32>,

    /// Whether a rate-limited result counts as a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub rate_limited_is_failure: Option<bool>,

    /// Whether a rate-limited result ends a run of failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub rate_limited_ends_run: Option<bool>,

    /// Whether a rate-limited probe fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub rate_limited_fails_probe: Option<bool>,

    /// What a call says of the service that is dropped before its answer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, CancelledShape, _>"
    )]
    #[schemars(with = "Option<CancelledShape>", extend("default" = "ignore"))]
    pub cancelled: Option<Cancelled>,

    /// How long the breaker stays open before it lets a probe through; `until_reset`, in code the
    /// longest duration, leaves that to a hand.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::until_reset")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h",
            "x-word" = human::UNTIL_RESET, "default" = "5s")
    )]
    pub open_for: Option<Duration>,

    /// How the wait grows each time that probes fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_growth: Option<OpenGrowthSettings>,

    /// The share by which the wait varies at random, both ways.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::ratio")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = 0.2))]
    pub open_jitter: Option<Ratio>,

    /// Stays open for no less than the result that opened the breaker asked for, up to this;
    /// absent: `Retry-After` is not followed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h")
    )]
    pub open_for_retry_after: Option<Duration>,

    /// How a half-open breaker comes to its verdict.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, HalfOpenShape, _>"
    )]
    #[schemars(with = "Option<HalfOpenShape>", extend("default" = half_open::default()))]
    pub half_open: Option<HalfOpen>,

    /// The longest half-open period; "unlimited", in code the longest duration, lets a probe that
    /// hangs hold the breaker; absent: until probes run and none answers for as long as the wait
    /// before them.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::unlimited")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h",
            "x-word" = human::UNLIMITED)
    )]
    pub half_open_for: Option<Duration>,

    /// Whether the breaker closes when the half-open period reaches its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub half_open_ends_closed: Option<bool>,

    /// Whether the breaker becomes half-open when its wait is over, instead of with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub automatic_half_open: Option<bool>,

    /// Whether what fault injection did counts as nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub ignore_injected: Option<bool>,

    /// Whether a closed breaker may not be made half-open by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub strict_transitions: Option<bool>,

    /// The state in which the breaker begins.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, StateShape, _>"
    )]
    #[schemars(with = "Option<StateShape>", extend("default" = "closed"))]
    pub initial_state: Option<State>,
}

impl CircuitBreakerSettings {
    /// The settings as a breaker takes them.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with all that is out of its range or contradicts another setting.
    pub fn build(&self) -> Result<Config, SettingsErrors> {
        build(self, || self.builder(self.rules.as_deref()).build())
    }
}

impl<'de> Deserialize<'de> for CircuitBreakerSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
