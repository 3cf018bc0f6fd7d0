use std::fmt;

use serde::{Deserialize, Serialize};

use super::{GroupSummary, PhaseSummary};
use crate::experiment::{Expects, Group, Promise};
use crate::measure::{Effect, Latency};

/// What can be said of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was kept.
    Held,
    /// It was broken.
    Deviated,
    /// It cannot be told.
    Inconclusive,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Deviated => "deviated",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// One part of the promise, held against what was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The phase; `None`: the whole run.
    pub phase: Option<String>,
    /// What was promised.
    pub promised: String,
    /// What was measured.
    pub measured: String,
    /// What follows.
    pub verdict: Verdict,
}

/// A group's verdict with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// Every part of the promise.
    pub findings: Vec<Finding>,
}

/// The fewest orders of a phase from which a 99th percentile is read.
const ENOUGH: u64 = 100;

/// Holds a group's phases against the promise.
///
/// A generator that lagged makes everything inconclusive, since its lag counts as the
/// system's latency. Otherwise one broken part is a deviation, and a part that cannot be
/// told, such as a phase whose fault had no effect, keeps the verdict from being `held`.
pub fn judge(
    group: Group,
    phases: &[PhaseSummary],
    promise: &Promise,
    lag: &Latency,
) -> GroupVerdict {
    let generator = generator(promise, lag);
    let starved = generator.verdict != Verdict::Held;
    let mut findings = vec![generator];
    for phase in phases {
        let summary = phase.groups.of(group);
        findings.extend(effect(phase));
        findings.push(latency(phase, summary, promise));
        match phase.expects {
            Expects::Orders => findings.push(orders(phase, summary, promise)),
            Expects::FastRefusals => {
                findings.push(refusals(phase, summary, promise));
                findings.push(breaker(phase, summary, group));
            }
        }
    }
    let any = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
    let verdict = if starved {
        Verdict::Inconclusive
    } else if any(Verdict::Deviated) {
        Verdict::Deviated
    } else if any(Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Held
    };
    GroupVerdict { verdict, findings }
}

fn generator(promise: &Promise, lag: &Latency) -> Finding {
    let limit = promise.generator_lag_p99;
    let (measured, verdict) = match lag.at(0.99) {
        Some(lag) if lag <= limit => (format!("{lag:.1?}"), Verdict::Held),
        Some(lag) => (format!("{lag:.1?}: this machine is too busy"), Verdict::Inconclusive),
        None => ("no orders".to_owned(), Verdict::Inconclusive),
    };
    let promised = format!("the generator's own lag is at most {limit:?} at p99");
    Finding { phase: None, promised, measured, verdict }
}

/// Only a fault that did nothing is a finding.
fn effect(phase: &PhaseSummary) -> Option<Finding> {
    phase.fault.as_ref()?;
    let measured = match phase.effect {
        Some(effect) if effect.proved() => return None,
        Some(Effect::Hits { .. }) => "it hit no call",
        Some(Effect::Gone { .. }) | None => "it was not seen",
    };
    let promised = "the fault happens".to_owned();
    Some(finding(phase, promised, measured.to_owned(), Verdict::Inconclusive))
}

fn latency(phase: &PhaseSummary, summary: &GroupSummary, promise: &Promise) -> Finding {
    let promised = format!("p99 is below {:?}", promise.within);
    let limit = promise.within.as_secs_f64() * 1_000.0;
    let (measured, verdict) = match summary.p99_ms {
        Some(p99) if summary.scheduled >= ENOUGH => {
            (format!("{p99:.1} ms"), if p99 < limit { Verdict::Held } else { Verdict::Deviated })
        }
        _ => (few(summary), Verdict::Inconclusive),
    };
    finding(phase, promised, measured, verdict)
}

/// The share is held where the measured one reaches the promise, and broken where the
/// whole interval lies below it; between the two there were too few orders to tell.
fn orders(phase: &PhaseSummary, summary: &GroupSummary, promise: &Promise) -> Finding {
    let promised = format!("at least {} are served in time", percent(promise.ok_share));
    let (measured, verdict) = match summary.ok_share {
        Some(share) if summary.scheduled >= ENOUGH => {
            let verdict = if share.value >= promise.ok_share {
                Verdict::Held
            } else if share.high < promise.ok_share {
                Verdict::Deviated
            } else {
                Verdict::Inconclusive
            };
            let GroupSummary { ok, scheduled, .. } = summary;
            (format!("{} ({ok} of {scheduled})", percent(share.value)), verdict)
        }
        _ => (few(summary), Verdict::Inconclusive),
    };
    finding(phase, promised, measured, verdict)
}

fn refusals(phase: &PhaseSummary, summary: &GroupSummary, promise: &Promise) -> Finding {
    let promised = format!("refusals take less than {:?} at p99", promise.refusal_p99);
    let limit = promise.refusal_p99.as_secs_f64() * 1_000.0;
    let (measured, verdict) = match summary.refusal_p99_ms {
        Some(p99) if p99 < limit => (format!("{p99:.1} ms"), Verdict::Held),
        Some(p99) => (format!("{p99:.1} ms"), Verdict::Deviated),
        None => ("nothing was refused".to_owned(), Verdict::Deviated),
    };
    finding(phase, promised, measured, verdict)
}

fn breaker(phase: &PhaseSummary, summary: &GroupSummary, group: Group) -> Finding {
    let counted = (group == Group::Guarded).then_some(phase.policies.opened).flatten();
    let (measured, verdict) = match (summary.breaker_refused_from_s, counted) {
        (Some(after), _) => {
            (format!("it refused from {after:.2} s into the phase on"), Verdict::Held)
        }
        (None, Some(times)) if times > 0 => (format!("it opened {times} times"), Verdict::Held),
        (None, _) => ("it was not seen to open".to_owned(), Verdict::Deviated),
    };
    finding(phase, "the breaker opens".to_owned(), measured, verdict)
}

fn few(summary: &GroupSummary) -> String {
    format!("{} orders, too few to tell (at least {ENOUGH})", summary.scheduled)
}

fn finding(phase: &PhaseSummary, promised: String, measured: String, verdict: Verdict) -> Finding {
    Finding { phase: Some(phase.name.clone()), promised, measured, verdict }
}

/// A share in percent, with as many digits as tell it from 100.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    // Rounding must not turn a failure into perfection.
    let text = if text == "100.0" && share < 1.0 { "99.9".to_owned() } else { text };
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::interval::wilson;
    use super::super::tests::experiment;
    use super::*;
    use crate::experiment::PerGroup;
    use crate::measure::Policies;

    fn summary(ok: u64, scheduled: u64) -> GroupSummary {
        GroupSummary {
            scheduled,
            ok,
            ok_share: wilson(ok, scheduled),
            p99_ms: Some(20.0),
            ..GroupSummary::default()
        }
    }

    fn phase(guarded: GroupSummary) -> PhaseSummary {
        PhaseSummary {
            name: "slow".to_owned(),
            fault: Some("something breaks".to_owned()),
            effect: Some(Effect::Hits { calls: 9 }),
            expects: Expects::Orders,
            groups: PerGroup { guarded, bare: GroupSummary::default() },
            policies: Policies::default(),
            difference: None,
            sentence: String::new(),
        }
    }

    fn verdict(phase: PhaseSummary) -> Verdict {
        let lag = [Duration::from_millis(1)].into_iter().collect();
        judge(Group::Guarded, &[phase], &experiment().promise, &lag).verdict
    }

    #[test]
    fn enough_orders_in_time_hold_the_promise() {
        assert_eq!(verdict(phase(summary(990, 1_000))), Verdict::Held);
    }

    #[test]
    fn a_share_that_is_surely_too_low_deviates() {
        assert_eq!(verdict(phase(summary(850, 1_000))), Verdict::Deviated);
    }

    #[test]
    fn a_share_just_below_the_promise_is_inconclusive_with_few_orders() {
        assert_eq!(verdict(phase(summary(197, 200))), Verdict::Inconclusive);
        assert_eq!(verdict(phase(summary(9_850, 10_000))), Verdict::Deviated);
    }

    #[test]
    fn too_few_orders_are_inconclusive_even_when_all_went_well() {
        assert_eq!(verdict(phase(summary(99, 99))), Verdict::Inconclusive);
    }

    #[test]
    fn a_fault_without_an_effect_is_never_held() {
        for effect in [None, Some(Effect::Hits { calls: 0 })] {
            let phase = PhaseSummary { effect, ..phase(summary(1_000, 1_000)) };
            assert_eq!(verdict(phase), Verdict::Inconclusive);
        }
    }

    #[test]
    fn a_p99_at_the_deadline_deviates() {
        let slow = GroupSummary { p99_ms: Some(1_000.0), ..summary(1_000, 1_000) };
        assert_eq!(verdict(phase(slow)), Verdict::Deviated);
    }

    #[test]
    fn a_starved_generator_makes_even_a_deviation_inconclusive() {
        let lag = [Duration::from_millis(51)].into_iter().collect();
        let phases = [phase(summary(1, 1_000))];
        let found = judge(Group::Guarded, &phases, &experiment().promise, &lag);
        assert_eq!(found.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn where_refusals_are_expected_they_are_fast_and_come_from_a_breaker() {
        let killed = |refusal_p99_ms, breaker_refused_from_s| PhaseSummary {
            expects: Expects::FastRefusals,
            ..phase(GroupSummary { refusal_p99_ms, breaker_refused_from_s, ..summary(0, 1_000) })
        };
        assert_eq!(verdict(killed(Some(3.0), Some(0.1))), Verdict::Held);
        assert_eq!(verdict(killed(Some(50.0), Some(0.1))), Verdict::Deviated, "slow refusals");
        assert_eq!(verdict(killed(None, None)), Verdict::Deviated, "no refusal at all");
        assert_eq!(verdict(killed(Some(3.0), None)), Verdict::Deviated, "no breaker was seen");
        let mut counted = killed(Some(3.0), None);
        counted.policies.opened = Some(1);
        assert_eq!(verdict(counted), Verdict::Held, "the metric tells it as well");
    }

    #[test]
    fn rounding_does_not_hide_a_failure() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.9999), "99.9 %");
        assert_eq!(percent(0.855), "85.5 %");
    }
}
