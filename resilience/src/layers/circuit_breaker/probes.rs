//! The probes of one half-open period, and what they say.

use super::{
    config::Config,
    half_open::{HalfOpen, ROUNDING},
    rule::Rule,
};
use crate::{
    ratio::Ratio,
    window::{Counts, Mark},
};

/// The probes of one half-open period, or of one of its stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Probes {
    pub(super) running: u32,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
    /// Slow ones among those that ended.
    slow: u32,
    /// Where the breaker opens to shares of the traffic: which of them.
    stage: u32,
    /// The callers that asked in this stage.
    asked: u64,
}

/// What the probes come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Close,
    Reopen,
}

impl Probes {
    /// The probes that would still be admitted; `None` when they are not counted out.
    pub(super) fn free(self, rule: HalfOpen) -> Option<u32> {
        let taken = self.running + self.succeeded + self.failed;
        rule.calls().map(|calls| calls.saturating_sub(taken))
    }

    /// Takes a place for a caller that asks, if there is one.
    ///
    /// A share is one of the callers that go away when they are refused. One that waits asks
    /// again and again, and has its turn when no probe runs.
    pub(super) fn take(&mut self, rule: HalfOpen, waits: bool) -> bool {
        let is_admitted = match rule.share(self.stage) {
            Some(_) if waits && self.running == 0 => true,
            Some(share) => {
                // The caller whose number takes the share of all callers over a whole one: so
                // the share is exact at any moment, and the first caller is a probe.
                #[expect(clippy::cast_precision_loss, reason = "callers of one stage")]
                let admitted = |callers: u64| (callers as f64).mul_add(share, -ROUNDING).ceil();
                self.asked += 1;
                admitted(self.asked) > admitted(self.asked - 1)
            }
            None => self.free(rule) != Some(0),
        };
        self.running += u32::from(is_admitted);
        is_admitted
    }

    /// How many callers that wait could have their turn.
    pub(super) fn turns(self, rule: HalfOpen) -> u32 {
        match rule.share(self.stage) {
            Some(_) => u32::from(self.running == 0),
            None => self.free(rule).unwrap_or(u32::MAX),
        }
    }

    /// A probe ended with a result.
    pub(super) fn end(&mut self, mark: Mark, config: &Config) -> Option<Verdict> {
        self.running -= 1;
        if mark.failed {
            self.failed += 1;
        } else {
            self.succeeded += 1;
        }
        self.slow += u32::from(mark.slow);
        self.judge(config)
    }

    pub(super) fn counts(self) -> Counts {
        Counts {
            total: u64::from(self.succeeded + self.failed),
            failed: u64::from(self.failed),
            slow: u64::from(self.slow),
        }
    }

    /// The verdict, once it is certain.
    fn judge(&mut self, config: &Config) -> Option<Verdict> {
        let by_thresholds = |probes: &Self, successes, failures| {
            if probes.succeeded >= successes {
                Some(Verdict::Close)
            } else {
                (probes.failed >= failures).then_some(Verdict::Reopen)
            }
        };
        match config.half_open {
            HalfOpen::Thresholds { successes, failures, .. } => {
                by_thresholds(self, successes, failures)
            }
            HalfOpen::Ratio { successes, of } => by_thresholds(self, successes, of - successes + 1),
            HalfOpen::PermittedCalls { calls } => self.judge_together(calls, config),
            HalfOpen::Shares { calls, .. } => match self.judge_together(calls, config)? {
                Verdict::Close if config.half_open.share(self.stage + 1).is_some() => {
                    // Those that still run belong to no later stage: they are counted there
                    // all the same, because what they say is as true.
                    *self =
                        Self { running: self.running, stage: self.stage + 1, ..Self::default() };
                    None
                }
                verdict => Some(verdict),
            },
        }
    }

    /// The verdict over `calls` results by the rates.
    fn judge_together(self, calls: u32, config: &Config) -> Option<Verdict> {
        let counts = self.counts();
        if counts.total < u64::from(calls) {
            return None;
        }
        let reaches = |rate: Ratio, bad| rate.is_reached_by(bad, counts.total);
        let mut has_rate = false;
        let is_bad = config.rules.iter().any(|rule| match *rule {
            Rule::FailureRate { rate } => {
                has_rate = true;
                reaches(rate, counts.failed)
            }
            Rule::SlowCallRate { rate } => reaches(rate, counts.slow),
            _ => false,
        });
        let looks_at_failures =
            config.rules.iter().any(|rule| !matches!(rule, Rule::SlowCallRate { .. }));
        let is_bad = is_bad || (looks_at_failures && !has_rate && counts.failed > 0);
        Some(if is_bad { Verdict::Reopen } else { Verdict::Close })
    }
}
