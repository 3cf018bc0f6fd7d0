use std::{num::NonZeroU32, time::Duration};

use tokio::time::Instant;

use super::{half_open::HalfOpen, slow_call::SlowCall};
use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
};

// Rate, window, and probes as in most peers; the shorter minimum and wait suit a service
// that is called often. Growth and jitter keep a fleet from probing in step.
const WINDOW: Window = Window::Time { span: Duration::from_secs(30), buckets: 10 };
const FAILURE_RATE: Ratio = Ratio::percent(50);
const MIN_CALLS: u32 = 20;
const CONSECUTIVE_FAILURES: u32 = 0;
/// An open wait that does not end.
const UNTIL_RESET: Duration = Duration::MAX;
const OPEN_FOR: Duration = Duration::from_secs(5);
const OPEN_GROWTH: f64 = 2.0;
const OPEN_FOR_AT_MOST: Duration = Duration::from_mins(1);
const OPEN_JITTER: Ratio = Ratio::percent(20);
const HALF_OPEN: HalfOpen = HalfOpen::Ratio { successes: 2, of: 3 };

/// Which results the failure rate is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The last `size` results, exactly.
    Count {
        /// 1 to 1,000,000.
        size: u32,
    },
    /// The results of the last `span`, in `buckets` equal parts that leave as a whole, on a
    /// grid that begins with the breaker. It covers between (B-1)/B and all of the span; a
    /// result exactly as old as the span is out.
    Time {
        /// 10 ms per bucket to 1 h.
        span: Duration,
        /// 1 to 100.
        buckets: u32,
    },
}

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
    pub(super) window: Window,
    pub(super) failure_rate: Option<Ratio>,
    pub(super) min_calls: u32,
    pub(super) slow_call: Option<SlowCall>,
    pub(super) slow_call_rate: Option<Ratio>,
    pub(super) consecutive_failures: Option<NonZeroU32>,
    pub(super) open_for: Duration,
    pub(super) open_growth: f64,
    open_for_at_most: Option<Duration>,
    pub(super) open_jitter: Ratio,
    pub(super) half_open: HalfOpen,
    pub(super) half_open_for: Option<Duration>,
}

impl Config {
    /// Starts from the defaults.
    pub const fn builder() -> ConfigBuilder {
        ConfigBuilder {
            config: Self {
                window: WINDOW,
                failure_rate: Some(FAILURE_RATE),
                min_calls: MIN_CALLS,
                slow_call: None,
                slow_call_rate: None,
                consecutive_failures: NonZeroU32::new(CONSECUTIVE_FAILURES),
                open_for: OPEN_FOR,
                open_growth: OPEN_GROWTH,
                open_for_at_most: None,
                open_jitter: OPEN_JITTER,
                half_open: HALF_OPEN,
                half_open_for: None,
            },
        }
    }

    /// Which results the failure rate is taken over.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The share of failures that opens the breaker.
    pub const fn failure_rate(&self) -> Option<Ratio> {
        self.failure_rate
    }

    /// The results that the rate needs.
    pub const fn min_calls(&self) -> u32 {
        self.min_calls
    }

    /// When a call is slow.
    pub const fn slow_call(&self) -> Option<SlowCall> {
        self.slow_call
    }

    /// The share of slow calls that opens the breaker.
    pub const fn slow_call_rate(&self) -> Option<Ratio> {
        self.slow_call_rate
    }

    /// The failures in a row that open the breaker.
    pub const fn consecutive_failures(&self) -> Option<NonZeroU32> {
        self.consecutive_failures
    }

    /// The first open wait; [`Duration::MAX`] when only a reset ends it.
    pub const fn open_for(&self) -> Duration {
        self.open_for
    }

    /// The factor by which the wait grows.
    pub const fn open_growth(&self) -> f64 {
        self.open_growth
    }

    /// The longest open wait.
    pub fn open_for_at_most(&self) -> Duration {
        // A first wait beyond the default cap is a wait that does not grow.
        self.open_for_at_most.unwrap_or(OPEN_FOR_AT_MOST.max(self.open_for))
    }

    /// The share by which the wait varies.
    pub const fn open_jitter(&self) -> Ratio {
        self.open_jitter
    }

    /// `until`, unless only a reset ends the open state.
    pub(super) fn end_of_wait(&self, until: Instant) -> Option<Instant> {
        (self.open_for != UNTIL_RESET).then_some(until)
    }

    /// The longest half-open period, when one is set.
    pub const fn half_open_for(&self) -> Option<Duration> {
        self.half_open_for
    }

    /// How the half-open verdict is found.
    pub const fn half_open(&self) -> HalfOpen {
        self.half_open
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::builder().config
    }
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    /// Sets which results the failure rate is taken over.
    ///
    /// A time window forgets an old outage even when calls are few; a count window reacts
    /// after the same number of calls at any rate of traffic.
    ///
    /// Default: 30 s in 10 buckets.
    pub const fn window(mut self, window: Window) -> Self {
        self.config.window = window;
        self
    }

    /// Sets the share of failures at which the breaker opens; reaching it is enough.
    ///
    /// Choose it well above the failure rate of a normal bad day and low enough that the
    /// calls still admitted would do no harm. It is compared after every result.
    ///
    /// Range: above 0, to 1. Default: 0.5.
    pub const fn failure_rate(mut self, rate: Ratio) -> Self {
        self.config.failure_rate = Some(rate);
        self
    }

    /// Switches the failure rate off; another rule must then be set.
    pub const fn no_failure_rate(mut self) -> Self {
        self.config.failure_rate = None;
        self
    }

    /// Sets how many results must be in the window before the rate is compared.
    ///
    /// Range: 1 to 1,000,000; above the size of a count window it means that size.
    /// Default: 20.
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.config.min_calls = calls;
        self
    }

    /// Sets the share of slow calls, failed or not, that opens the breaker, and what is slow.
    ///
    /// A service that answers everything late holds its callers' places, and no failure rate
    /// sees it. Choose what is slow well above the slowest good answers. A call is timed from
    /// its beginning to its answer's head, which costs two readings of the clock.
    ///
    /// The rate is taken over the same window and needs the same [minimum](Self::min_calls) as
    /// the failure rate; when one result meets both, the failure rate is the reason reported.
    ///
    /// Range: above 0, to 1; slow from 1 ms to 24 h on. Default: off.
    pub const fn slow_call_rate(mut self, rate: Ratio, slow: SlowCall) -> Self {
        self.config.slow_call_rate = Some(rate);
        self.config.slow_call = Some(slow);
        self
    }

    /// Tells slow calls apart in [snapshots](super::Snapshot), without a rule.
    pub const fn slow_call(mut self, slow: SlowCall) -> Self {
        self.config.slow_call = Some(slow);
        self
    }

    /// Sets how many failures in a row open the breaker; 0 switches the rule off.
    ///
    /// It sees a dead service within a few calls, however many good results the window still
    /// holds. At a failure rate p without an outage, n in a row happen once in about p^-n
    /// calls: at 15 %, five in a row come every 13,000 calls, ten every 170 million.
    ///
    /// A rate-limited result neither adds to the run nor ends it. When both rules are met
    /// by the same result, this one is the reason reported.
    ///
    /// Default: 0.
    pub const fn consecutive_failures(mut self, failures: u32) -> Self {
        self.config.consecutive_failures = NonZeroU32::new(failures);
        self
    }

    /// Sets how long the breaker stays open before it lets a probe through.
    ///
    /// Choose it near the time the service needs to restart. Much shorter, and probes land
    /// on a process that cannot answer yet; much longer, and callers keep failing after it
    /// has recovered. The time runs from the call that opened the breaker. A call that ends
    /// while the breaker is open does not extend it.
    ///
    /// Range: 1 ms to 1 h. Default: 5 s.
    pub const fn open_for(mut self, time: Duration) -> Self {
        self.config.open_for = time;
        self
    }

    /// Keeps an open breaker open until somebody [resets](super::CircuitBreakerHandle::reset) it.
    pub const fn open_until_reset(self) -> Self {
        self.open_for(UNTIL_RESET)
    }

    /// Sets the factor by which the wait grows each time that probes fail, and the longest
    /// wait. A recovery starts the waits anew.
    ///
    /// Range: factor 1 to 10, longest wait from [`open_for`](Self::open_for) to 24 h.
    /// Default: 2, up to 60 s or to `open_for` when that is longer.
    pub const fn open_growth(mut self, factor: f64, at_most: Duration) -> Self {
        self.config.open_growth = factor;
        self.config.open_for_at_most = Some(at_most);
        self
    }

    /// Sets by which share the wait varies at random, both ways, so that many callers do not
    /// probe in step. A wait near the cap is varied below it.
    ///
    /// Range: 0 to 1. Default: 0.2.
    pub const fn open_jitter(mut self, share: Ratio) -> Self {
        self.config.open_jitter = share;
        self
    }

    /// Sets how a half-open breaker comes to its verdict.
    ///
    /// A rate-limited probe counts as failed. Default: 2 successes of 3.
    pub const fn half_open(mut self, rule: HalfOpen) -> Self {
        self.config.half_open = rule;
        self
    }

    /// Sets the longest half-open period, from its first probe on; after it the breaker opens
    /// again.
    ///
    /// Without it there is a limit all the same, so that a probe that hangs cannot hold the
    /// breaker: probes that run without a pause for as long as the open wait before them
    /// reopen it.
    ///
    /// Range: 1 ms to 1 h. Default: none but that.
    pub const fn half_open_for(mut self, time: Duration) -> Self {
        self.config.half_open_for = Some(time);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<Config, ConfigErrors> {
        const MS: Duration = Duration::from_millis(1);
        const HOUR: Duration = Duration::from_hours(1);
        let config = self.config;
        let mut check = Check::default();
        match config.window {
            Window::Count { size } => {
                check.range("window.size", size, 1..=1_000_000);
            }
            Window::Time { span, buckets } => {
                check.range("window.buckets", buckets, 1..=100);
                let least = Duration::from_millis(10).saturating_mul(buckets.clamp(1, 100));
                check.duration("window.span", span, least..=HOUR);
            }
        }
        check.range("min_calls", config.min_calls, 1..=1_000_000);
        if let Some(rate) = config.failure_rate {
            let fits = rate > Ratio::ZERO && rate <= Ratio::ONE;
            check.that(fits, "failure_rate", rate, "above 0, to 1");
        } else {
            let has_rule = config.consecutive_failures.is_some() || config.slow_call_rate.is_some();
            check.that(has_rule, "consecutive_failures", 0, "1 or more without another rule");
        }
        if let Some(rate) = config.slow_call_rate {
            let fits = rate > Ratio::ZERO && rate <= Ratio::ONE;
            check.that(fits, "slow_call_rate", rate, "above 0, to 1");
        }
        if let Some(slow) = config.slow_call {
            let range = MS..=Duration::from_hours(24);
            check.duration("slow_call", slow.threshold(), range);
        }
        let ends_by_itself = config.open_for != UNTIL_RESET;
        if ends_by_itself {
            check.duration("open_for", config.open_for, MS..=HOUR);
        }
        check.range("open_growth", config.open_growth, 1.0..=10.0);
        if let Some(at_most) = config.open_for_at_most.filter(|_| ends_by_itself) {
            let longest = Duration::from_hours(24);
            check.duration("open_growth.at_most", at_most, config.open_for..=longest);
        }
        check.range("open_jitter", config.open_jitter, Ratio::ZERO..=Ratio::ONE);
        let fits = match config.half_open {
            HalfOpen::PermittedCalls { calls } => (1..=1_000).contains(&calls),
            HalfOpen::Ratio { successes, of } => {
                (1..=1_000).contains(&of) && (1..=of).contains(&successes)
            }
        };
        check.that(fits, "half_open", config.half_open, "1 to 1000 calls, successes among them");
        if let Some(time) = config.half_open_for {
            check.duration("half_open_for", time, MS..=HOUR);
        }
        check.finish(config)
    }
}
