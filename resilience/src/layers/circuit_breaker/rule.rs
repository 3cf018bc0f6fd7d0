use crate::{
    config::Check,
    event::ChangeReason,
    ratio::Ratio,
    window::{Counts, Window},
};

/// What opens a closed breaker.
///
/// A rate over the breaker's window needs at least [`min_calls`](super::ConfigBuilder::min_calls)
/// results there.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// So many failures in a row. A rate-limited result does not add to the run.
    ConsecutiveFailures {
        /// 1 or more.
        failures: u32,
    },
    /// The share of failures in the window; reaching it is enough.
    FailureRate {
        /// Above 0, to 1.
        rate: Ratio,
    },
    /// The share of slow calls in the window, failed or not; reaching it is enough.
    SlowCallRate {
        /// Above 0, to 1.
        rate: Ratio,
    },
    /// So many failures among the last `of` results, however few there are yet.
    FailureRatio {
        /// 1 to `of`.
        failures: u32,
        /// 1 to 1,000,000.
        of: u32,
    },
    /// So many failures in the window.
    FailureCount {
        /// 1 or more.
        failures: u32,
    },
    /// The share of successes in a window of this rule's own; it must be below `rate`. A
    /// rate-limited result is no success.
    SuccessRateBelow {
        /// 0, which never opens, to 1.
        rate: Ratio,
        /// Which results this rule looks at.
        window: Window,
        /// The results it needs: 1 to 1,000,000.
        min_calls: u32,
    },
}

/// What a rule says of some results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Judgement {
    /// There are too few to tell.
    BelowMinCalls,
    /// They are as they should be.
    BelowThreshold,
    /// The breaker must open.
    Exceeded,
}

impl Rule {
    /// Judges `counts`, of which a rate needs at least `min_calls`; a rule with a minimum of
    /// its own needs that. For failures in a row `counts` are those of the run.
    pub fn judge(&self, counts: &Counts, min_calls: u32) -> Judgement {
        let exceeded = match *self {
            Self::ConsecutiveFailures { failures }
            | Self::FailureRatio { failures, .. }
            | Self::FailureCount { failures } => counts.failed >= u64::from(failures),
            _ if counts.total < u64::from(self.min_calls(min_calls)) => {
                return Judgement::BelowMinCalls;
            }
            Self::FailureRate { rate } => rate.is_reached_by(counts.failed, counts.total),
            Self::SlowCallRate { rate } => rate.is_reached_by(counts.slow, counts.total),
            Self::SuccessRateBelow { rate, .. } => {
                counts.total > 0 && !rate.is_reached_by(counts.succeeded(), counts.total)
            }
        };
        if exceeded { Judgement::Exceeded } else { Judgement::BelowThreshold }
    }

    /// The number that it compares with: failures, or a share from 0 to 1.
    pub fn threshold(&self) -> f64 {
        match *self {
            Self::ConsecutiveFailures { failures }
            | Self::FailureRatio { failures, .. }
            | Self::FailureCount { failures } => failures.into(),
            Self::FailureRate { rate }
            | Self::SlowCallRate { rate }
            | Self::SuccessRateBelow { rate, .. } => rate.as_f64(),
        }
    }

    /// The results that it needs, where the breaker's own minimum is `others`; `None` for a rule
    /// that counts.
    pub const fn needed(&self, others: u32) -> Option<u32> {
        match self {
            Self::FailureRate { .. }
            | Self::SlowCallRate { .. }
            | Self::SuccessRateBelow { .. } => Some(self.min_calls(others)),
            _ => None,
        }
    }

    /// The results that a rate needs, where the breaker's own minimum is `others`.
    const fn min_calls(&self, others: u32) -> u32 {
        match self {
            Self::SuccessRateBelow { window, min_calls, .. } => window.reachable(*min_calls),
            _ => others,
        }
    }

    /// Whether results can bring the rule nearer to being met: without any it is not judged.
    pub(super) const fn is_touched_by(&self, counts: &Counts) -> bool {
        match self {
            Self::SlowCallRate { .. } => counts.slow > 0,
            _ => counts.failed > 0,
        }
    }

    /// The window of this rule alone.
    pub(super) const fn own_window(&self) -> Option<Window> {
        match *self {
            Self::FailureRatio { of, .. } => Some(Window::Count { size: of }),
            Self::SuccessRateBelow { window, .. } => Some(window),
            _ => None,
        }
    }

    /// The window of this rule alone, and whether a rate-limited result is always a failure there.
    pub(super) fn own_results(&self) -> Option<(Window, bool)> {
        Some((self.own_window()?, matches!(self, Self::SuccessRateBelow { .. })))
    }

    /// Whether it looks at the breaker's window.
    pub(super) const fn uses_window(&self) -> bool {
        matches!(
            self,
            Self::FailureRate { .. } | Self::SlowCallRate { .. } | Self::FailureCount { .. }
        )
    }

    /// What is told when it is met.
    pub const fn reason(&self) -> ChangeReason {
        match self {
            Self::ConsecutiveFailures { .. } => ChangeReason::ConsecutiveFailures,
            Self::FailureRate { .. } => ChangeReason::FailureRate,
            Self::SlowCallRate { .. } => ChangeReason::SlowCallRate,
            Self::FailureRatio { .. } => ChangeReason::FailureRatio,
            Self::FailureCount { .. } => ChangeReason::FailureCount,
            Self::SuccessRateBelow { .. } => ChangeReason::LowSuccessRate,
        }
    }

    /// Asks that its numbers are in their ranges.
    pub(super) fn check(&self, check: &mut Check) {
        let share = |check: &mut Check, setting, rate: Ratio| {
            let fits = rate > Ratio::ZERO && rate <= Ratio::ONE;
            check.that(fits, setting, rate, "above 0, to 1");
        };
        match *self {
            Self::ConsecutiveFailures { failures } => {
                check.range("consecutive_failures", failures, 1..=u32::MAX);
            }
            Self::FailureRate { rate } => share(check, "failure_rate", rate),
            Self::SlowCallRate { rate } => share(check, "slow_call_rate", rate),
            Self::FailureCount { failures } => {
                check.range("failure_count", failures, 1..=u32::MAX);
            }
            Self::FailureRatio { failures, of } => {
                check.range("failure_ratio.of", of, 1..=1_000_000);
                check.range("failure_ratio.failures", failures, 1..=of.max(1));
            }
            Self::SuccessRateBelow { rate, window, min_calls } => {
                check.range("success_rate_below.rate", rate, Ratio::ZERO..=Ratio::ONE);
                check.range("success_rate_below.min_calls", min_calls, 1..=1_000_000);
                window.check(check);
            }
        }
    }
}
