use super::{Finding, GroupSummary, GroupVerdict, PhaseSummary, Verdict};
use crate::experiment::{Expects, Group, Promise, Role};
use crate::measure::{Latency, Limits};
use crate::target::Breakdown;

/// The fewest orders of a phase from which a 99th percentile is read.
const ENOUGH: u64 = 100;

/// What a verdict rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The phases.
    pub phases: &'a [PhaseSummary],
    /// What the group is held against.
    pub promise: &'a Promise,
    /// How late the generator was.
    pub lag: &'a Latency,
    /// The limits that the guarded service told.
    pub limits: Option<&'a Limits>,
    /// Services that died or did not stop cleanly.
    pub breakdowns: &'a [Breakdown],
}

/// Holds a group's phases against the promise.
///
/// A machine that was too busy makes everything inconclusive, since its lag counts as the
/// system's latency; so does the loss of the user service, which both groups need. Otherwise
/// one broken part is a deviation, and a part that cannot be told, such as a phase whose
/// fault had no effect, keeps the verdict from being `held`.
pub fn judge(group: Group, evidence: &Evidence<'_>) -> GroupVerdict {
    let Evidence { phases, promise, lag, limits, breakdowns } = *evidence;
    let mut findings = vec![generator(promise, lag)];
    findings.extend(saturated(phases, limits));
    let void = findings.iter().any(|finding| finding.verdict != Verdict::Held)
        || breakdowns.iter().any(|breakdown| breakdown.role == Role::User);
    findings.extend(breakdowns.iter().map(|breakdown| broke_down(group, breakdown)));
    for phase in phases {
        let summary = phase.groups.of(group);
        let short = effect(phase);
        let happened = short.is_none();
        findings.extend(short);
        findings.push(latency(phase, summary, promise));
        match phase.expects {
            Expects::Orders => findings.push(orders(phase, summary, promise)),
            // Nobody has to refuse anything when nothing was broken.
            Expects::FastRefusals if !happened => {}
            Expects::FastRefusals => {
                findings.push(refusals(phase, summary, promise));
                findings.push(breaker(phase, summary, group));
                findings.push(refusals_end(phase, summary, promise));
            }
        }
    }
    let any = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
    let verdict = if void {
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

/// A machine on which an order takes longer undisturbed than an attempt may take: the
/// guarded service then gives up calls that nothing is wrong with. Only that is a finding.
fn saturated(phases: &[PhaseSummary], limits: Option<&Limits>) -> Option<Finding> {
    let limit = limits?.time("attempt_timeout")?;
    let baseline = phases.first().filter(|phase| phase.fault.is_none())?;
    let slow = |group| {
        let p99 = baseline.groups.of(group).p99_ms?;
        (p99 > limit.as_secs_f64() * 1_000.0).then_some((group, p99))
    };
    let (group, p99) = Group::ALL.into_iter().find_map(slow)?;
    let promised = format!("with nothing broken, p99 is at most the attempt timeout of {limit:?}");
    let measured = format!("{p99:.1} ms ({group}): this machine is too busy");
    Some(finding(baseline, promised, measured, Verdict::Inconclusive))
}

/// A breakdown is the fault of the group whose service it was; without the guarded service's
/// control or the user service, there is nothing to hold against each other.
fn broke_down(group: Group, breakdown: &Breakdown) -> Finding {
    let own = breakdown.role == Role::Order(group);
    let verdict = if own { Verdict::Deviated } else { Verdict::Inconclusive };
    let promised = format!("the {} runs to the end and stops cleanly", breakdown.role);
    Finding { phase: None, promised, measured: breakdown.what.clone(), verdict }
}

/// Only a fault that did not do what it was meant to is a finding.
fn effect(phase: &PhaseSummary) -> Option<Finding> {
    let measured = phase.shortfall()?;
    Some(finding(phase, "the fault happens".to_owned(), measured, Verdict::Inconclusive))
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

fn refusals_end(phase: &PhaseSummary, summary: &GroupSummary, promise: &Promise) -> Finding {
    let limit = promise.refusals_end;
    let promised = format!("refusals end within {limit:?} of the restart");
    let (measured, verdict) = match summary.refused_after_restart_s {
        Some(after) => {
            let held = after <= limit.as_secs_f64();
            let measured = format!("the last came {after:.2} s after it");
            (measured, if held { Verdict::Held } else { Verdict::Deviated })
        }
        None => ("the restart was not seen".to_owned(), Verdict::Inconclusive),
    };
    finding(phase, promised, measured, verdict)
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
    use crate::measure::{Effect, Policies};

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
            effect: Some(Effect::Hits { calls: 9, share: 0.1, stayed: true }),
            expects: Expects::Orders,
            groups: PerGroup { guarded, bare: GroupSummary::default() },
            policies: Policies::default(),
            difference: None,
            sentence: String::new(),
        }
    }

    fn verdict(phase: PhaseSummary) -> Verdict {
        found(Group::Guarded, &[phase], 1, None, &[]).verdict
    }

    fn found(
        group: Group,
        phases: &[PhaseSummary],
        lag_millis: u64,
        limits: Option<&Limits>,
        breakdowns: &[Breakdown],
    ) -> GroupVerdict {
        let lag = [Duration::from_millis(lag_millis)].into_iter().collect();
        let promise = experiment().promise;
        judge(group, &Evidence { phases, promise: &promise, lag: &lag, limits, breakdowns })
    }

    #[test]
    fn a_guarded_service_that_ends_badly_deviates_and_the_loss_of_another_is_inconclusive() {
        let phases = [phase(summary(990, 1_000))];
        for (role, expected) in [
            (Role::Order(Group::Guarded), Verdict::Deviated),
            (Role::Order(Group::Bare), Verdict::Inconclusive),
            (Role::User, Verdict::Inconclusive),
        ] {
            let lost = [Breakdown { role, what: "it died".to_owned() }];
            assert_eq!(found(Group::Guarded, &phases, 1, None, &lost).verdict, expected, "{role}");
        }
    }

    #[test]
    fn without_the_user_service_even_a_deviation_is_inconclusive() {
        let phases = [phase(summary(1, 1_000))];
        let lost = [Breakdown { role: Role::User, what: "it died".to_owned() }];
        assert_eq!(found(Group::Guarded, &phases, 1, None, &lost).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn an_undisturbed_p99_above_the_attempt_timeout_makes_everything_inconclusive() {
        let limits = serde_json::from_str(r#"{"attempt_timeout":"250ms"}"#).unwrap();
        let undisturbed = |p99, fault: Option<&str>| {
            let slow = GroupSummary { p99_ms: Some(p99), ..summary(500, 1_000) };
            let phase = PhaseSummary { fault: fault.map(str::to_owned), ..phase(slow) };
            found(Group::Guarded, &[phase], 1, Some(&limits), &[])
        };
        let busy = undisturbed(251.0, None);
        assert_eq!(busy.verdict, Verdict::Inconclusive);
        let told = busy.findings.iter().any(|finding| finding.measured.contains("too busy"));
        assert!(told, "{busy:?}");
        assert_eq!(undisturbed(249.0, None).verdict, Verdict::Deviated);
        assert_eq!(undisturbed(251.0, Some("slow")).verdict, Verdict::Deviated);
    }

    #[test]
    fn refusals_that_go_on_after_the_restart_deviate() {
        let killed = |refused_after_restart_s| PhaseSummary {
            expects: Expects::FastRefusals,
            ..phase(GroupSummary {
                refusal_p99_ms: Some(3.0),
                breaker_refused_from_s: Some(0.1),
                refused_after_restart_s,
                ..summary(0, 1_000)
            })
        };
        assert_eq!(verdict(killed(Some(2.0))), Verdict::Held);
        assert_eq!(verdict(killed(Some(2.01))), Verdict::Deviated);
        assert_eq!(verdict(killed(None)), Verdict::Inconclusive, "the restart was not seen");
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
        for effect in [None, Some(Effect::Hits { calls: 0, share: 0.1, stayed: true })] {
            let phase = PhaseSummary { effect, ..phase(summary(1_000, 1_000)) };
            assert_eq!(verdict(phase), Verdict::Inconclusive);
        }
    }

    #[test]
    fn a_kill_that_somebody_else_undid_is_inconclusive_though_nothing_was_refused() {
        let killed = |stayed| PhaseSummary {
            effect: Some(Effect::Gone { down_for: Duration::from_secs(3), stayed }),
            expects: Expects::FastRefusals,
            ..phase(summary(1_000, 1_000))
        };
        assert_eq!(verdict(killed(false)), Verdict::Inconclusive);
        assert_eq!(verdict(killed(true)), Verdict::Deviated);
    }

    #[test]
    fn a_p99_at_the_deadline_deviates() {
        let slow = GroupSummary { p99_ms: Some(1_000.0), ..summary(1_000, 1_000) };
        assert_eq!(verdict(phase(slow)), Verdict::Deviated);
    }

    #[test]
    fn a_starved_generator_makes_even_a_deviation_inconclusive() {
        let phases = [phase(summary(1, 1_000))];
        let found = found(Group::Guarded, &phases, 51, None, &[]);
        assert_eq!(found.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn where_refusals_are_expected_they_are_fast_and_come_from_a_breaker() {
        let killed = |refusal_p99_ms, breaker_refused_from_s| PhaseSummary {
            expects: Expects::FastRefusals,
            ..phase(GroupSummary {
                refusal_p99_ms,
                breaker_refused_from_s,
                refused_after_restart_s: Some(0.0),
                ..summary(0, 1_000)
            })
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
