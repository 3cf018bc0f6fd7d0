use std::time::Duration;

use super::{
    cancelled::Cancelled,
    config::{Config, HalfOpenFor, Injected},
    half_open::HalfOpen,
    open_wait::{Function, LEAST, Opening, UNTIL_RESET},
    rule::Rule,
};
use crate::{
    config::{Check, ConfigErrors},
    event::State,
    ratio::Ratio,
    window::{SlowCall, Window},
};

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    pub(super) const fn new(config: Config) -> Self {
        Self { config }
    }

    pub(super) fn into_unchecked(self) -> Config {
        self.config
    }

    /// Sets which results the rates are taken over.
    ///
    /// A time window forgets an old outage even when calls are few; a count window reacts
    /// after the same number of calls at any rate of traffic, and one for each thread is for rates
    /// at which threads are in each other's way. A window that is set is kept
    /// and shown in [snapshots](super::Snapshot) though no rule may look at it.
    ///
    /// Default: 30 s in 10 buckets.
    pub fn window(mut self, window: Window) -> Self {
        self.config.window = Some(window);
        self
    }

    /// Sets how many results must be in the window before a rate is compared.
    ///
    /// Range: 1 to 1,000,000; above the size of a count window, also of one for each
    /// thread, it means that size.
    /// Default: 20.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.config.min_calls = calls;
        self
    }

    /// Sets what opens the breaker, in place of the rules so far.
    ///
    /// Each is looked at after every result that may meet it. When one result meets several,
    /// the first in this order is the reason reported.
    ///
    /// Range: one or more. Default: a failure rate of 0.5.
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.config.rules = rules.into_iter().collect();
        self
    }

    /// Sets the share of failures at which the breaker opens; reaching it is enough.
    ///
    /// Choose it well above the failure rate of a normal bad day and low enough that the
    /// calls still admitted would do no harm. It is compared after every result.
    ///
    /// Range: above 0, to 1. Default: 0.5.
    pub fn failure_rate(self, rate: Ratio) -> Self {
        self.rule(Rule::FailureRate { rate }, |rule| matches!(rule, Rule::FailureRate { .. }))
    }

    /// Switches the failure rate off; another rule must then be set.
    pub fn no_failure_rate(mut self) -> Self {
        self.config.rules.retain(|rule| !matches!(rule, Rule::FailureRate { .. }));
        self
    }

    /// Sets the share of slow calls, failed or not, that opens the breaker, and what is slow.
    ///
    /// A service that answers everything late holds its callers' places, and no failure rate
    /// sees it. Choose what is slow well above the slowest good answers. A call is timed from
    /// its beginning to its answer's head, which costs two readings of the clock.
    ///
    /// The rate is taken over the same window and needs the same [minimum](Self::min_calls) as
    /// the failure rate; when one result meets both, the rule set first is the reason reported.
    ///
    /// Range: above 0, to 1; slow from 1 ms to 24 h on. Default: off.
    pub fn slow_call_rate(mut self, rate: Ratio, slow: SlowCall) -> Self {
        self.config.slow_call = Some(slow);
        self.rule(Rule::SlowCallRate { rate }, |rule| matches!(rule, Rule::SlowCallRate { .. }))
    }

    /// Tells slow calls apart in [snapshots](super::Snapshot), without a rule.
    pub fn slow_call(mut self, slow: SlowCall) -> Self {
        self.config.slow_call = Some(slow);
        self
    }

    /// Sets whether the slow-call rate takes in calls that run for longer than is slow and
    /// have not ended.
    ///
    /// A service that hangs gives no results, so that only this sees it before its callers
    /// give up. A call that is not answered at once then holds a
    /// timer, which is allocated. They are not in a
    /// snapshot's counts, which are of results. A [`CallPermit`](super::CallPermit) has no
    /// timer and counts when it ends, and so does a call that is polled outside of a Tokio
    /// runtime.
    ///
    /// # Panics
    ///
    /// Such a call panics in a Tokio runtime whose time driver is not enabled, as every Tokio
    /// timer does.
    ///
    /// Default: true.
    pub fn count_running_slow_calls(mut self, count: bool) -> Self {
        self.config.counts_running_slow_calls = count;
        self
    }

    /// Sets how many failures in a row open the breaker; 0 switches the rule off.
    ///
    /// It sees a dead service within a few calls, however many good results the window still
    /// holds. At a failure rate p without an outage, n in a row happen once in about p^-n
    /// calls: at 15 %, five in a row come every 13,000 calls, ten every 170 million.
    ///
    /// A rate-limited result does not add to the run. When another rule is met by the same
    /// result, this one is the reason reported, unless [`rules`](Self::rules) put it later.
    ///
    /// Default: 0.
    pub fn consecutive_failures(mut self, failures: u32) -> Self {
        let is_run = |rule: &Rule| matches!(rule, Rule::ConsecutiveFailures { .. });
        if failures == 0 {
            self.config.rules.retain(|rule| !is_run(rule));
        } else if !self.config.rules.iter().any(is_run) {
            self.config.rules.insert(0, Rule::ConsecutiveFailures { failures });
        }
        self.replace(Rule::ConsecutiveFailures { failures }, is_run)
    }

    /// Sets whether a rate-limited result counts as a failure; not in a run of failures, to
    /// which it never adds, and in [`SuccessRateBelow`](Rule::SuccessRateBelow) always.
    ///
    /// Default: true, because calls that are turned away do no good.
    pub fn rate_limited_is_failure(mut self, is_failure: bool) -> Self {
        self.config.rate_limited.is_failure = is_failure;
        self
    }

    /// Sets whether a rate-limited result ends a run of failures, as the sign of life it is.
    ///
    /// Default: false.
    pub fn rate_limited_ends_run(mut self, ends_run: bool) -> Self {
        self.config.rate_limited.ends_run = ends_run;
        self
    }

    /// Sets whether a rate-limited probe fails.
    ///
    /// Default: true.
    pub fn rate_limited_fails_probe(mut self, fails_probe: bool) -> Self {
        self.config.rate_limited.fails_probe = fails_probe;
        self
    }

    /// Sets what a call says of the service that is dropped before its answer.
    ///
    /// Range: a share from 0 to 1. Default: nothing.
    pub fn cancelled(mut self, cancelled: Cancelled) -> Self {
        self.config.cancelled = cancelled;
        self
    }

    /// Sets how long the breaker stays open before it lets a probe through.
    ///
    /// Choose it near the time the service needs to restart. Much shorter, and probes land
    /// on a process that cannot answer yet; much longer, and callers keep failing after it
    /// has recovered. The time runs from the call that opened the breaker. A call that ends
    /// while the breaker is open does not extend it.
    ///
    /// Range: 1 ms to 24 h. Default: 5 s.
    pub fn open_for(mut self, time: Duration) -> Self {
        self.config.open_wait.first = time;
        self
    }

    /// Keeps an open breaker open until somebody moves it by hand.
    pub fn open_until_reset(self) -> Self {
        self.open_for(UNTIL_RESET)
    }

    /// Sets the factor by which the wait grows each time that probes fail, and the longest
    /// wait. A recovery starts the waits anew.
    ///
    /// Range: factor 1 to 100, longest wait from [`open_for`](Self::open_for) on.
    /// Default: 2, up to 60 s or to `open_for` when that is longer.
    pub fn open_growth(self, factor: f64, at_most: Duration) -> Self {
        self.open_growth_factor(factor).open_for_at_most(at_most)
    }

    /// Data may give one of the two alone.
    pub(crate) const fn open_growth_factor(mut self, factor: f64) -> Self {
        self.config.open_wait.growth = factor;
        self
    }

    pub(crate) const fn open_for_at_most(mut self, at_most: Duration) -> Self {
        self.config.open_wait.at_most = Some(at_most);
        self
    }

    /// Sets by which share the wait varies at random, both ways, so that many callers do not
    /// probe in step. A wait near the cap is varied below it.
    ///
    /// Range: 0 to 1. Default: 0.2.
    pub fn open_jitter(mut self, share: Ratio) -> Self {
        self.config.open_wait.jitter = share;
        self
    }

    /// Stays open for no less than the result that opened the breaker asked to wait, up to
    /// `at_most`.
    ///
    /// Range: 1 ms to 24 h. Default: `Retry-After` is not followed.
    pub fn open_for_retry_after(mut self, at_most: Duration) -> Self {
        self.config.open_wait.retry_after_at_most = Some(at_most);
        self
    }

    /// Asks `function` how long to stay open; `None` leaves it to the other settings.
    ///
    /// It runs under the breaker's lock: it must not use the breaker. A panic is logged and
    /// counts as `None`. What it says is not varied; less than 1 ms counts as 1 ms.
    pub fn open_for_fn(
        mut self,
        function: impl Fn(&Opening) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        self.config.open_wait.function = Some(Function::new(function));
        self
    }

    /// Sets how a half-open breaker comes to its verdict. Default: 2 successes of 3.
    pub fn half_open(mut self, rule: HalfOpen) -> Self {
        self.config.half_open = rule;
        self
    }

    /// Sets the longest half-open period; after it the breaker opens again. It begins with
    /// the first call admitted, or with the move by hand or by the timer that began it.
    ///
    /// Without it there is a limit all the same, so that a probe that hangs cannot hold the
    /// breaker: when probes run and none of them answers for as long as the open wait before
    /// them, it reopens. Where that wait was set by hand, it is the one that the settings give.
    ///
    /// Range: 1 ms to 24 h. Default: none but that.
    pub fn half_open_for(mut self, time: Duration) -> Self {
        self.config.half_open_for = HalfOpenFor::Limited(time);
        self
    }

    /// Sets no limit to a half-open period: a probe that hangs then holds the breaker.
    pub fn half_open_without_limit(mut self) -> Self {
        self.config.half_open_for = HalfOpenFor::Unlimited;
        self
    }

    /// Closes the breaker when the half-open period reaches its limit, instead of opening it.
    ///
    /// Default: false.
    pub fn half_open_ends_closed(mut self, ends_closed: bool) -> Self {
        self.config.half_open_ends = if ends_closed { State::Closed } else { State::Open };
        self
    }

    /// Sets whether the breaker becomes half-open when its wait is over, for listeners to
    /// see, instead of with the next call.
    ///
    /// A task of the runtime that the opening call runs on sleeps for the wait. Without a
    /// runtime the next look or call makes the change.
    ///
    /// Default: false.
    pub fn automatic_half_open(mut self, is_automatic: bool) -> Self {
        self.config.is_automatic = is_automatic;
        self
    }

    /// Sets whether what fault injection did counts as nothing, as an ignored result does: a probe
    /// gives its place back.
    ///
    /// For faults that are to hit the callers and leave the breakers alone. It knows a
    /// rejection of a fault layer inside, and a response of which the classifier says
    /// [so](crate::Classify::is_injected): those of HTTP go by the header `x-fault-injected`, which
    /// answers of other processes have, too. A call that is injected a panic, or that is dropped,
    /// does not show it, nor does a slow call as long as it runs.
    ///
    /// Default: false.
    pub fn ignore_injected(mut self, ignores: bool) -> Self {
        self.config.injected = if ignores { Injected::Ignored } else { Injected::Counts };
        self
    }

    /// Sets whether a closed breaker may not be made half-open by hand.
    ///
    /// Default: false.
    pub fn strict_transitions(mut self, is_strict: bool) -> Self {
        self.config.is_strict = is_strict;
        self
    }

    /// Sets the state in which the breaker begins; listeners are not told of it.
    ///
    /// Range: all but half-open. Default: closed.
    pub fn initial_state(mut self, state: State) -> Self {
        self.config.initial_state = state;
        self
    }

    /// Puts `rule` in the place of its like, or last.
    fn rule(mut self, rule: Rule, is_like: impl Fn(&Rule) -> bool) -> Self {
        if self.config.rules.iter().any(&is_like) {
            self.replace(rule, is_like)
        } else {
            self.config.rules.push(rule);
            self
        }
    }

    fn replace(mut self, rule: Rule, is_like: impl Fn(&Rule) -> bool) -> Self {
        for known in self.config.rules.iter_mut().filter(|known| is_like(known)) {
            *known = rule;
        }
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<Config, ConfigErrors> {
        const MS: Duration = Duration::from_millis(1);
        const DAY: Duration = Duration::from_hours(24);
        let config = self.config;
        let mut check = Check::default();
        config.window().check(&mut check);
        check.range("min_calls", config.min_calls, 1..=1_000_000);
        check.that(!config.rules.is_empty(), "rules", "empty", "one or more");
        for rule in &config.rules {
            rule.check(&mut check);
        }
        if let Some(slow) = config.slow_call {
            check.duration("slow_call", slow.threshold(), MS..=DAY);
        } else {
            let asks = config.slow_call_rate().is_some();
            check.that(!asks, "slow_call", "unset", "set for a slow-call rate");
        }
        if let Cancelled::FailureFrom(rate) = config.cancelled {
            check.range("cancelled", rate, Ratio::ZERO..=Ratio::ONE);
        }
        let wait = &config.open_wait;
        let ends_by_itself = wait.first != UNTIL_RESET;
        if ends_by_itself {
            check.duration("open_for", wait.first, LEAST..=DAY);
        }
        check.range("open_growth", wait.growth, 1.0..=100.0);
        if let Some(at_most) = wait.at_most.filter(|_| ends_by_itself) {
            check.at_least("open_growth.at_most", at_most, wait.first);
        }
        check.range("open_jitter", wait.jitter, Ratio::ZERO..=Ratio::ONE);
        if let Some(at_most) = wait.retry_after_at_most {
            check.duration("open_for_retry_after", at_most, MS..=DAY);
        }
        config.half_open.check(&mut check);
        if let HalfOpenFor::Limited(time) = config.half_open_for {
            check.duration("half_open_for", time, MS..=DAY);
        }
        let is_whole = config.initial_state != State::HalfOpen;
        check.that(is_whole, "initial_state", "half_open", "any other state");
        check.finish(config)
    }
}
