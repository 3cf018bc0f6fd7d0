//! When a closed breaker opens.

use super::config::{Config, Window};
use crate::{event::ChangeReason, window::Counts};

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

impl Config {
    /// A count window is never asked for more results than it can hold.
    const fn effective_min_calls(&self) -> u32 {
        match self.window {
            Window::Count { size } if size < self.min_calls => size,
            _ => self.min_calls,
        }
    }

    /// Judges a run of failures.
    pub(super) fn judge_run(&self, length: u32) -> Verdict {
        match self.consecutive_failures {
            Some(limit) if length >= limit.get() => {
                Verdict::Trip(ChangeReason::ConsecutiveFailures)
            }
            _ => Verdict::Stay,
        }
    }

    /// Judges the results in the window.
    pub(super) fn judge_window(&self, counts: Counts) -> Verdict {
        // In the order in which the reason is told when both are met.
        let rules = [
            (self.failure_rate, counts.failed, ChangeReason::FailureRate),
            (self.slow_call_rate, counts.slow, ChangeReason::SlowCallRate),
        ];
        let mut verdict = Verdict::Stay;
        for (rate, bad, reason) in rules {
            let Some(rate) = rate.filter(|_| bad > 0) else { continue };
            if counts.total < u64::from(self.effective_min_calls()) {
                verdict = Verdict::Watch;
            } else if rate.is_reached_by(bad, counts.total) {
                return Verdict::Trip(reason);
            }
        }
        verdict
    }
}
