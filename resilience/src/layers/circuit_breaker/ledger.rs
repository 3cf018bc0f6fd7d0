//! The results that the rules of a breaker look at.

use tokio::time::Instant;

use super::{
    cancelled::Cancelled,
    config::{Config, RateLimited, Shape},
    meter::End,
    rule::{Judgement, Rule},
};
use crate::{
    event::ChangeReason,
    window::{Counts, Mark, Results, Run, SlowCall, Tally},
};

/// A result, as the rules see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// How the call ended: well, or in one of the ways that count as a failure.
    pub(super) end: End,
    pub(super) slow: bool,
}

impl Entry {
    fn failed(self) -> bool {
        self.end != End::Succeeded
    }

    fn rate_limited(self) -> bool {
        self.end == End::RateLimited
    }
}

/// What to look at after a result was recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded {
    /// Older results may have left a window.
    moved: bool,
    /// The length of the run of failures, when this result added to it.
    run: u32,
}

/// What the rules say of the results so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No rule is met, and no success alone can change that.
    Stay,
    /// There are bad results but not enough results: the next success may complete them.
    Watch,
    /// The breaker must open.
    Trip(ChangeReason),
}

/// The windows that few breakers have.
#[derive(Debug)]
struct More {
    /// Of the rules that have their own, in the order of the rules.
    own: Box<[(Rule, Results)]>,
    /// Calls that were dropped, among all.
    cancelled: Option<Results>,
}

#[derive(Debug)]
pub(super) struct Ledger {
    window: Option<Results>,
    has_run: bool,
    run: Run,
    more: Option<Box<More>>,
    /// When a call is slow.
    slow_call: Option<SlowCall>,
    /// Calls that run for longer than that.
    overdue: Tally,
}

impl Ledger {
    pub(super) fn new(config: &Config, origin: Instant) -> Self {
        let Shape { window, has_run, cancelled, slow_call, .. } = config.shape();
        let own: Box<[_]> = config
            .rules
            .iter()
            .filter_map(|rule| Some((*rule, Results::new(rule.own_window()?, origin, false))))
            .collect();
        let cancelled = cancelled.map(|window| Results::new(window, origin, false));
        let has_more = cancelled.is_some() || !own.is_empty();
        Self {
            window: window.map(|window| Results::new(window, origin, slow_call.is_some())),
            has_run,
            run: Run::default(),
            more: has_more.then(|| Box::new(More { own, cancelled })),
            slow_call,
            overdue: Tally::default(),
        }
    }

    /// Starts over for `epoch`.
    pub(super) fn begin(&self, epoch: u64) {
        let own = self.own().iter().map(|(_, results)| results);
        for results in self.window.iter().chain(own).chain(self.cancelled_window()) {
            results.begin(epoch);
        }
    }

    /// Counts a result of `epoch`; `None` when the epoch is over. What a rate-limited one counts
    /// as is asked for only then.
    #[inline(always)]
    pub(super) fn record(
        &self,
        epoch: u64,
        entry: Entry,
        rate_limited: impl FnOnce() -> RateLimited,
        now: impl Fn() -> Instant,
    ) -> Option<Recorded> {
        let failed = entry.failed();
        let rate_limited = entry.rate_limited().then(rate_limited);
        let is_failure = failed && rate_limited.is_none_or(|counts| counts.is_failure);
        let mut moved = false;
        if let Some(window) = &self.window {
            moved = window.record(epoch, Mark { failed: is_failure, slow: entry.slow }, &now)?;
        }
        if let Some(more) = &self.more {
            moved |= more.record(epoch, entry, is_failure, &now)?;
        }
        let run = if !self.has_run || rate_limited.is_some_and(|counts| !counts.ends_run) {
            0
        } else if failed && rate_limited.is_none() {
            self.run.failed(epoch)
        } else {
            self.run.succeeded(epoch);
            0
        };
        Some(Recorded { moved, run })
    }

    /// Whether a recorded result may meet a rule that was not met before. Of a success only
    /// time and a minimum may make one.
    pub(super) fn may_trip(entry: Entry, recorded: Recorded) -> bool {
        entry.failed() || entry.slow || recorded.moved
    }

    /// What there is to look at without another result.
    pub(super) fn as_recorded(&self, epoch: u64) -> Recorded {
        Recorded { moved: true, run: self.run(epoch) }
    }

    /// What the rules but those that were `met` say, in their order, after a result that was
    /// recorded as `recorded`.
    pub(super) fn judge(
        &self,
        epoch: u64,
        recorded: Option<Recorded>,
        met: u32,
        config: &Config,
        now: impl Fn() -> Instant,
    ) -> Verdict {
        let window = self.window.as_ref().map(|window| window.counts(epoch, &now));
        let window = window.unwrap_or_default();
        let mut own = self.own().iter();
        let mut verdict = Verdict::Stay;
        let min_calls = config.window().reachable(config.min_calls);
        for rule in &config.rules {
            let counts = match rule {
                // As it was when this result was added: a success may have ended it since.
                Rule::ConsecutiveFailures { .. } => Counts {
                    failed: recorded.map_or(0, |recorded| u64::from(recorded.run)),
                    ..Counts::default()
                },
                Rule::SlowCallRate { .. } => {
                    let overdue = u64::from(self.overdue.count(epoch));
                    Counts { total: window.total + overdue, slow: window.slow + overdue, ..window }
                }
                Rule::FailureRate { .. } | Rule::FailureCount { .. } => window,
                Rule::FailureRatio { .. } | Rule::SuccessRateBelow { .. } => {
                    own.next().map_or_else(Counts::default, |own| own.1.counts(epoch, &now))
                }
            };
            if met & rule.reason().bit() != 0 || !rule.is_touched_by(&counts) {
                continue;
            }
            match rule.judge(&counts, min_calls) {
                Judgement::Exceeded => return Verdict::Trip(rule.reason()),
                Judgement::BelowMinCalls => verdict = Verdict::Watch,
                Judgement::BelowThreshold => {}
            }
        }
        verdict
    }

    /// The results of `epoch` in the window.
    pub(super) fn counts(&self, epoch: u64, now: impl Fn() -> Instant) -> Counts {
        self.window.as_ref().map_or_else(Counts::default, |window| window.counts(epoch, now))
    }

    /// The length of the run of failures, when that rule is on.
    pub(super) fn run(&self, epoch: u64) -> u32 {
        self.run.length(epoch)
    }

    /// Counts a dropped call, and tells whether it counts as a failure.
    pub(super) fn cancelled(&self, epoch: u64, config: &Config, now: impl Fn() -> Instant) -> bool {
        match (config.cancelled, self.cancelled_window()) {
            (Cancelled::FailureFrom(rate), Some(results)) => {
                results.record(epoch, Mark { failed: true, slow: false }, &now);
                let counts = results.counts(epoch, &now);
                let min_calls = config.window().reachable(config.min_calls);
                counts.total >= u64::from(min_calls)
                    && rate.is_reached_by(counts.failed, counts.total)
            }
            (cancelled, _) => cancelled == Cancelled::Failure,
        }
    }

    fn own(&self) -> &[(Rule, Results)] {
        self.more.as_ref().map_or(&[], |more| &more.own)
    }

    fn cancelled_window(&self) -> Option<&Results> {
        self.more.as_ref()?.cancelled.as_ref()
    }

    /// When a call is slow.
    #[inline]
    pub(super) const fn slow_call(&self) -> Option<SlowCall> {
        self.slow_call
    }

    /// The calls that run for longer than that.
    pub(super) const fn overdue(&self) -> &Tally {
        &self.overdue
    }
}

impl More {
    /// Counts a result of `epoch`; `None` when the epoch is over.
    #[inline(never)]
    fn record(
        &self,
        epoch: u64,
        entry: Entry,
        is_failure: bool,
        now: impl Fn() -> Instant,
    ) -> Option<bool> {
        let mut moved = false;
        for (rule, results) in &self.own {
            let failed = match rule {
                Rule::SuccessRateBelow { .. } => entry.failed(),
                _ => is_failure,
            };
            moved |= results.record(epoch, Mark { failed, slow: entry.slow }, &now)?;
        }
        if let Some(cancelled) = self.cancelled.as_ref().filter(|_| entry.end != End::Cancelled) {
            cancelled.record(epoch, Mark::default(), &now)?;
        }
        Some(moved)
    }
}
