use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::interval::{Interval, difference, wilson};
use crate::engine::{PhaseRecord, Recording};
use crate::experiment::{Expects, Experiment, PerGroup, Phase};
use crate::measure::{Call, Effect, Latency, Outcome, Policies};

/// What a group did in a phase.
///
/// Every scheduled order is in exactly one of `ok`, `late`, `failed` and `refused`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// Orders that were to be placed.
    pub scheduled: u64,
    /// Orders that were sent.
    pub sent: u64,
    /// Acknowledged in the promised time.
    pub ok: u64,
    /// Acknowledged after it.
    pub late: u64,
    /// Neither acknowledged nor refused, those not sent included.
    pub failed: u64,
    /// Refused by a policy.
    pub refused: u64,
    /// `ok / scheduled`.
    pub ok_share: Option<Interval>,
    /// The median time of all orders, in milliseconds.
    pub p50_ms: Option<f64>,
    /// The 99th percentile of all orders, in milliseconds.
    pub p99_ms: Option<f64>,
    /// The 99th percentile of the refusals, in milliseconds.
    pub refusal_p99_ms: Option<f64>,
    /// Calls that reached the user service.
    pub lookups: u64,
    /// `lookups / sent`.
    pub lookups_per_order: Option<f64>,
    /// How many orders ended in which way.
    pub endings: BTreeMap<String, u64>,
    /// Acknowledged orders that were sent again.
    pub repeats: Repeats,
    /// Seconds from the phase's first order to the first that an open breaker refused.
    pub breaker_refused_from_s: Option<f64>,
    /// Seconds from the phase's first order to the last that an open breaker refused.
    pub breaker_refused_to_s: Option<f64>,
    /// Seconds from the restart of a killed service to the last refusal after it, in whichever
    /// phase it came; 0 without one, `None` when nothing was restarted.
    #[serde(default)]
    pub refused_after_restart_s: Option<f64>,
}

/// What became of repeated orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// How many were sent again.
    pub sent: u64,
    /// How many of them gave the same order.
    pub same: u64,
}

/// A phase: what was broken, what it did, and what both groups made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseSummary {
    /// The phase's name.
    pub name: String,
    /// What was broken, in words; `None`: nothing.
    pub fault: Option<String>,
    /// What the fault was seen to do.
    pub effect: Option<Effect>,
    /// What the promise asks of the phase.
    pub expects: Expects,
    /// What each group did.
    pub groups: PerGroup<GroupSummary>,
    /// What the guarded service's policies counted.
    pub policies: Policies,
    /// The success share of guarded minus that of bare.
    pub difference: Option<Interval>,
    /// The phase in a sentence.
    pub sentence: String,
}

/// The value of `x-refused-by` when a breaker refuses.
const CIRCUIT_OPEN: &str = "circuit_open";

/// A phase, what was read in it, and its fault in words.
type Row<'a> = ((&'a Phase, &'a PhaseRecord), &'a Option<String>);

/// Sums `recording` up by phase; `faults` says in words what each phase breaks.
pub fn summarise(
    experiment: &Experiment,
    recording: &Recording,
    faults: &[Option<String>],
) -> Vec<PhaseSummary> {
    let windows = experiment.windows();
    let phases = experiment.phases.iter().zip(&recording.phases).zip(faults).enumerate();
    let summary = |(index, ((phase, record), fault)): (usize, Row<'_>)| {
        let groups = PerGroup::build(|group| {
            let calls = recording.calls.of(group).iter().filter(|call| call.phase == index);
            let lookups = *record.lookups.of(group);
            let within = experiment.promise.within;
            let summary = group_summary(calls, within, windows[index].start, lookups);
            let last = |restored| last_refusal_after(recording.calls.of(group), restored);
            GroupSummary { refused_after_restart_s: record.restored.map(last), ..summary }
        });
        let shares = groups.guarded.ok_share.zip(groups.bare.ok_share);
        PhaseSummary {
            name: phase.name.clone(),
            fault: fault.clone(),
            effect: record.effect,
            expects: phase.expects,
            policies: record.policies,
            difference: shares.map(|(guarded, bare)| difference(guarded, bare)),
            groups,
            sentence: String::new(),
        }
    };
    phases.map(summary).collect()
}

impl PhaseSummary {
    /// Why the phase's fault does not count as having happened; `None`: it does, or the phase
    /// has none.
    pub fn shortfall(&self) -> Option<String> {
        self.fault.as_ref()?;
        let PerGroup { guarded, bare } = &self.groups;
        match self.effect {
            Some(effect) => effect.shortfall(guarded.lookups + bare.lookups),
            None => Some("it was not seen".to_owned()),
        }
    }
}

/// Seconds from `restored` to the last refusal among `calls`; 0 without one.
fn last_refusal_after(calls: &[Call], restored: Duration) -> f64 {
    let refused = calls.iter().filter(|call| matches!(call.outcome, Outcome::Refused { .. }));
    let after = refused.filter_map(|call| call.at.checked_sub(restored)).max();
    after.unwrap_or_default().as_secs_f64()
}

fn group_summary<'a>(
    calls: impl Iterator<Item = &'a Call>,
    within: Duration,
    start: Duration,
    lookups: u64,
) -> GroupSummary {
    let mut summary = GroupSummary { lookups, ..GroupSummary::default() };
    let (mut all, mut refusals) = (Latency::new(), Latency::new());
    for call in calls {
        summary.scheduled += 1;
        summary.sent += u64::from(call.outcome != Outcome::NotSent);
        all.record(call.took);
        match &call.outcome {
            Outcome::Acknowledged { .. } if call.took <= within => summary.ok += 1,
            Outcome::Acknowledged { .. } => summary.late += 1,
            Outcome::Refused { by } => {
                summary.refused += 1;
                refusals.record(call.took);
                if by == CIRCUIT_OPEN {
                    // Calls come in the order of their intended start.
                    let at = call.at.saturating_sub(start).as_secs_f64();
                    summary.breaker_refused_from_s.get_or_insert(at);
                    summary.breaker_refused_to_s = Some(at);
                }
            }
            _ => summary.failed += 1,
        }
        let ending = match &call.outcome {
            Outcome::Acknowledged { .. } if call.took > within => "201 late".to_owned(),
            outcome => outcome.label(),
        };
        *summary.endings.entry(ending).or_default() += 1;
        if let Some(repeat) = &call.repeat {
            summary.repeats.sent += 1;
            summary.repeats.same += u64::from(repeat.outcome == call.outcome);
        }
    }
    summary.ok_share = wilson(summary.ok, summary.scheduled);
    summary.p50_ms = all.at(0.5).map(millis);
    summary.p99_ms = all.at(0.99).map(millis);
    summary.refusal_p99_ms = refusals.at(0.99).map(millis);
    summary.lookups_per_order = ratio(lookups, summary.sent);
    summary
}

/// Milliseconds, to the microsecond.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 calls")]
fn ratio(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, call, experiment, recording};
    use super::*;
    use crate::measure::{Outcome, Repeat};

    #[test]
    fn the_last_refusal_after_a_restart_is_looked_for_in_the_whole_run() {
        let refused = || Outcome::Refused { by: "circuit_open".to_owned() };
        let mut recording = recording();
        recording.phases[0].restored = Some(at(4_000));
        recording.calls.guarded = vec![
            call(0, at(3_900), 2, refused()),
            call(0, at(4_500), 2, refused()),
            call(1, at(5_500), 2, refused()),
            call(1, at(9_000), 2, Outcome::NotSent),
        ];
        let groups = &summarise(&experiment(), &recording, &[None])[0].groups;
        assert_eq!(groups.guarded.refused_after_restart_s, Some(1.5));
        assert_eq!(groups.bare.refused_after_restart_s, Some(0.0));
    }

    #[test]
    fn every_order_ends_in_exactly_one_column() {
        let id = uuid::Uuid::from_u128(1);
        let acknowledged = Outcome::Acknowledged { order: id };
        let mut calls = vec![
            call(0, at(0), 5, acknowledged.clone()),
            call(0, at(10), 1_500, acknowledged.clone()),
            call(0, at(20), 2, Outcome::Refused { by: "circuit_open".to_owned() }),
            call(0, at(30), 3, Outcome::Rejected { answer: "503".to_owned() }),
            call(0, at(40), 10_000, Outcome::NoAnswer { why: "time is up" }),
            call(0, at(50), 10_000, Outcome::NotSent),
        ];
        calls[0].repeat = Some(Repeat { outcome: acknowledged });
        let mut recording = recording();
        recording.calls.guarded = calls;
        recording.phases[0].lookups.guarded = 10;

        let summary = &summarise(&experiment(), &recording, &[None])[0].groups.guarded;

        assert_eq!((summary.scheduled, summary.sent), (6, 5));
        assert_eq!((summary.ok, summary.late, summary.failed, summary.refused), (1, 1, 3, 1));
        assert_eq!(summary.repeats, Repeats { sent: 1, same: 1 });
        assert_eq!(summary.lookups_per_order, Some(2.0));
        assert_eq!(summary.breaker_refused_from_s, Some(0.02));
        assert_eq!(summary.endings.values().sum::<u64>(), 6);
        assert_eq!(summary.endings["201 late"], 1);
    }
}
