use std::{num::NonZeroU32, time::Duration};

use super::{
    builder::ConfigBuilder, cancelled::Cancelled, half_open::HalfOpen, open_wait::OpenWait,
    rule::Rule,
};
use crate::{
    event::State,
    ratio::Ratio,
    window::{SlowCall, Window},
};

// Rate, window, and probes as in most peers; the shorter minimum and wait suit a service
// that is called often. Growth and jitter keep a fleet from probing in step.
const WINDOW: Window = Window::Time { span: Duration::from_secs(30), buckets: 10 };
const FAILURE_RATE: Ratio = Ratio::percent(50);
const MIN_CALLS: u32 = 20;
const OPEN_FOR: Duration = Duration::from_secs(5);
const OPEN_GROWTH: f64 = 2.0;
const OPEN_FOR_AT_MOST: Duration = Duration::from_mins(1);
const OPEN_JITTER: Ratio = Ratio::percent(20);
const HALF_OPEN: HalfOpen = HalfOpen::Ratio { successes: 2, of: 3 };

/// The settings of a circuit breaker.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{Ratio, circuit_breaker::{Config, Window}};
///
/// let config = Config::builder()
///     .window(Window::Count { size: 100 })
///     .failure_rate(Ratio::percent(30))
///     .consecutive_failures(5)
///     .open_for(Duration::from_secs(2))
///     .build()?;
/// assert_eq!(config.open_for(), Duration::from_secs(2));
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub(super) rules: Vec<Rule>,
    pub(super) window: Option<Window>,
    pub(super) min_calls: u32,
    pub(super) slow_call: Option<SlowCall>,
    pub(super) counts_running_slow_calls: bool,
    pub(super) rate_limited: RateLimited,
    pub(super) cancelled: Cancelled,
    pub(super) injected: Injected,
    pub(super) open_wait: OpenWait,
    pub(super) half_open: HalfOpen,
    pub(super) half_open_for: HalfOpenFor,
    /// Where that time leads: open or closed.
    pub(super) half_open_ends: State,
    pub(super) is_automatic: bool,
    pub(super) is_strict: bool,
    pub(super) initial_state: State,
}

/// What a rate-limited result counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RateLimited {
    /// Where failures are counted, but for a run.
    pub(super) is_failure: bool,
    pub(super) ends_run: bool,
    pub(super) fails_probe: bool,
}

/// What a result that fault injection made counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Injected {
    /// What it would be from the service.
    Counts,
    Ignored,
}

/// How long a half-open period may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfOpenFor {
    /// Until probes run and none of them answers for as long as the open wait before them.
    WhileProbesAnswer,
    /// This long.
    Limited(Duration),
    /// For ever.
    Unlimited,
}

impl Config {
    /// Starts from the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::new(Self {
            rules: vec![Rule::FailureRate { rate: FAILURE_RATE }],
            window: None,
            min_calls: MIN_CALLS,
            slow_call: None,
            counts_running_slow_calls: true,
            rate_limited: RateLimited { is_failure: true, ends_run: false, fails_probe: true },
            cancelled: Cancelled::Ignore,
            injected: Injected::Counts,
            open_wait: OpenWait {
                first: OPEN_FOR,
                growth: OPEN_GROWTH,
                at_most: None,
                jitter: OPEN_JITTER,
                retry_after_at_most: None,
                function: None,
            },
            half_open: HALF_OPEN,
            half_open_for: HalfOpenFor::WhileProbesAnswer,
            half_open_ends: State::Open,
            is_automatic: false,
            is_strict: false,
            initial_state: State::Closed,
        })
    }

    /// Starts from these settings.
    pub fn to_builder(&self) -> ConfigBuilder {
        ConfigBuilder::new(self.clone())
    }

    /// What opens the breaker. When one result meets several rules, the first of them is the
    /// reason reported.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Which results the rates are taken over.
    pub fn window(&self) -> Window {
        self.window.unwrap_or(WINDOW)
    }

    /// The share of failures that opens the breaker.
    pub fn failure_rate(&self) -> Option<Ratio> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::FailureRate { rate } => Some(*rate),
            _ => None,
        })
    }

    /// The results that a rate needs.
    pub const fn min_calls(&self) -> u32 {
        self.min_calls
    }

    /// When a call is slow.
    pub const fn slow_call(&self) -> Option<SlowCall> {
        self.slow_call
    }

    /// The share of slow calls that opens the breaker.
    pub fn slow_call_rate(&self) -> Option<Ratio> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::SlowCallRate { rate } => Some(*rate),
            _ => None,
        })
    }

    /// The failures in a row that open the breaker.
    pub fn consecutive_failures(&self) -> Option<NonZeroU32> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::ConsecutiveFailures { failures } => NonZeroU32::new(*failures),
            _ => None,
        })
    }

    /// Whether the slow-call rate takes in slow calls that have not ended.
    pub const fn counts_running_slow_calls(&self) -> bool {
        self.counts_running_slow_calls
    }

    /// Whether a rate-limited result counts as a failure.
    pub const fn rate_limited_is_failure(&self) -> bool {
        self.rate_limited.is_failure
    }

    /// Whether a rate-limited result ends a run of failures.
    pub const fn rate_limited_ends_run(&self) -> bool {
        self.rate_limited.ends_run
    }

    /// Whether a rate-limited probe fails.
    pub const fn rate_limited_fails_probe(&self) -> bool {
        self.rate_limited.fails_probe
    }

    /// What a call that is dropped says of the service.
    pub const fn cancelled(&self) -> Cancelled {
        self.cancelled
    }

    /// Whether what fault injection does counts as nothing.
    pub const fn ignores_injected(&self) -> bool {
        matches!(self.injected, Injected::Ignored)
    }

    /// The first open wait; [`Duration::MAX`] when only a hand ends it.
    pub const fn open_for(&self) -> Duration {
        self.open_wait.first
    }

    /// Whether a function is asked first how long to stay open, see
    /// [`open_for_fn`](ConfigBuilder::open_for_fn).
    pub const fn asks_how_long_open(&self) -> bool {
        self.open_wait.function.is_some()
    }

    /// With the function of `other`, if that has one: it is code, and no data can give it.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn with_function_of(mut self, other: &Self) -> Self {
        self.open_wait.function.clone_from(&other.open_wait.function);
        self
    }

    /// Without having been asked for its window, where `other` keeps the same one unasked. A table
    /// shows it, since a rule looks at it, and who sends it back has asked for nothing.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn with_window_as_unasked_as(mut self, other: &Self) -> Self {
        if self.window == Some(WINDOW) && other.window.is_none() && self.looks_at_window() {
            self.window = None;
        }
        self
    }

    /// The factor by which the wait grows.
    pub const fn open_growth(&self) -> f64 {
        self.open_wait.growth
    }

    /// The longest open wait.
    pub fn open_for_at_most(&self) -> Duration {
        self.open_wait.longest(OPEN_FOR_AT_MOST)
    }

    /// The longest open wait, where somebody has set it. Otherwise it follows from the first one.
    #[cfg(feature = "settings")]
    pub(crate) const fn open_for_at_most_if_set(&self) -> Option<Duration> {
        self.open_wait.at_most
    }

    /// The share by which the wait varies.
    pub const fn open_jitter(&self) -> Ratio {
        self.open_wait.jitter
    }

    /// Up to how long the breaker stays open because a result asked for it, when it follows that.
    pub const fn open_for_retry_after(&self) -> Option<Duration> {
        self.open_wait.retry_after_at_most
    }

    /// How the half-open verdict is found.
    pub const fn half_open(&self) -> HalfOpen {
        self.half_open
    }

    /// The longest half-open period, when one is set.
    pub const fn half_open_for(&self) -> Option<Duration> {
        match self.half_open_for {
            HalfOpenFor::Limited(time) => Some(time),
            _ => None,
        }
    }

    /// Whether a half-open period has no limit, not even that of probes that do not answer.
    pub const fn half_open_without_limit(&self) -> bool {
        matches!(self.half_open_for, HalfOpenFor::Unlimited)
    }

    /// Whether the breaker closes when the half-open period reaches its limit.
    pub const fn half_open_ends_closed(&self) -> bool {
        matches!(self.half_open_ends, State::Closed)
    }

    /// Whether the breaker becomes half-open when its wait is over, without a call.
    pub const fn automatic_half_open(&self) -> bool {
        self.is_automatic
    }

    /// Whether a closed breaker may not be made half-open by hand.
    pub const fn strict_transitions(&self) -> bool {
        self.is_strict
    }

    /// The state in which a breaker begins.
    pub const fn initial_state(&self) -> State {
        self.initial_state
    }

    /// Whether a half-open period goes another way by `other`.
    pub(super) fn half_open_differs(&self, other: &Self) -> bool {
        (self.half_open, self.half_open_for) != (other.half_open, other.half_open_for)
    }

    /// What the ledger is made for.
    pub(super) fn shape(&self) -> Shape {
        Shape {
            window: self.kept_window(),
            own: self.rules.iter().filter_map(Rule::own_results).collect(),
            has_run: self.consecutive_failures().is_some(),
            cancelled: matches!(self.cancelled, Cancelled::FailureFrom(_)).then(|| self.window()),
            slow_call: self.slow_call,
        }
    }

    /// The window to keep: one that a rule looks at, or that was asked for.
    pub(crate) fn kept_window(&self) -> Option<Window> {
        self.window.or_else(|| self.looks_at_window().then_some(WINDOW))
    }

    fn looks_at_window(&self) -> bool {
        self.rules.iter().any(Rule::uses_window) || self.slow_call.is_some()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::builder().into_unchecked()
    }
}

/// What the results of calls are put into: settings that differ in it cannot share a ledger.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) window: Option<Window>,
    /// Of the rules that have their own, in the order of the rules, and whether a rate-limited
    /// result is a failure there whatever is set.
    pub(super) own: Vec<(Window, bool)>,
    pub(super) has_run: bool,
    /// Over which dropped calls are a share of all.
    pub(super) cancelled: Option<Window>,
    pub(super) slow_call: Option<SlowCall>,
}
