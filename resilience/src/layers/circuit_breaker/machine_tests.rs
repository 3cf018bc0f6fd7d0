use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::{
    builder::ConfigBuilder,
    config::Config,
    half_open::HalfOpen,
    history::Transition,
    machine::{Answer, Machine, Moment, News, Told},
    manual::Move,
    phase::Phase,
};
use crate::{
    error::Reason,
    event::{ChangeReason, State},
    ratio::Ratio,
    window::{Counts, Mark},
};

const GOOD: Mark = mark(false);
const BAD: Mark = mark(true);

const fn mark(failed: bool) -> Mark {
    Mark { failed, slow: false }
}

const SECOND: Duration = Duration::from_secs(1);
const HALF: &dyn Fn() -> f64 = &|| 0.5;

const fn moment(now: Instant, random: &dyn Fn() -> f64) -> Moment<'_> {
    Moment { now, random, counts: &|_| Counts { total: 0, failed: 0, slow: 0 } }
}

/// Steps at a time, with jitter in the middle.
trait Drive {
    fn trip_at(&mut self, now: Instant);
    fn ask(&mut self, now: Instant) -> Answer;
    fn end(&mut self, epoch: u64, mark: Mark, now: Instant);
    fn tick(&mut self, now: Instant);
    fn by_hand(&mut self, step: Move, now: Instant);
}

impl Drive for Machine {
    fn trip_at(&mut self, now: Instant) {
        self.trip(self.epoch(), ChangeReason::FailureRate, None, moment(now, HALF));
    }

    fn ask(&mut self, now: Instant) -> Answer {
        self.acquire(false, moment(now, HALF))
    }

    fn end(&mut self, epoch: u64, mark: Mark, now: Instant) {
        self.probe_ended(epoch, Told { mark, retry_after: None }, moment(now, HALF));
    }

    fn tick(&mut self, now: Instant) {
        self.apply_time(moment(now, HALF));
    }

    fn by_hand(&mut self, step: Move, now: Instant) {
        self.apply(step, moment(now, HALF)).expect("nothing is forbidden here");
    }
}

fn config() -> ConfigBuilder {
    Config::builder().open_for(SECOND).open_growth(2.0, SECOND * 8).open_jitter(Ratio::ZERO)
}

fn machine(config: ConfigBuilder) -> (Machine, Instant) {
    let now = Instant::now();
    (Machine::new(config.build().unwrap().into(), now), now)
}

fn changes(machine: &mut Machine) -> Vec<Transition> {
    let changed = |news| match news {
        News::Changed(change) => Some(change),
        News::RuleMet { .. } => None,
    };
    machine.take_news().into_iter().filter_map(changed).collect()
}

fn open_until(machine: &Machine) -> Instant {
    match machine.phase() {
        Phase::Open { until: Some(until) } => until,
        other => panic!("not open but {other:?}"),
    }
}

#[test]
fn waits_grow_to_their_cap_and_start_anew_after_a_recovery() {
    let (mut machine, mut now) = machine(config());
    for seconds in [1, 2, 4, 8, 8] {
        if machine.phase() == Phase::Closed {
            machine.trip_at(now);
        }
        assert_eq!(open_until(&machine), now + SECOND * seconds);
        now = open_until(&machine);
        for _ in 0..2 {
            assert_eq!(machine.ask(now), Answer::Probe);
            machine.end(machine.epoch(), BAD, now);
        }
    }
    now = open_until(&machine);
    for _ in 0..2 {
        assert_eq!(machine.ask(now), Answer::Probe);
        machine.end(machine.epoch(), GOOD, now);
    }
    assert_eq!(machine.phase(), Phase::Closed);
    machine.trip_at(now);
    assert_eq!(open_until(&machine), now + SECOND);
}

#[test]
fn jitter_varies_the_wait_both_ways_and_never_passes_the_cap() {
    let wait = |cap: Duration, random: f64| {
        let (mut machine, now) =
            machine(config().open_growth(2.0, cap).open_jitter(Ratio::percent(20)));
        machine.trip(0, ChangeReason::FailureRate, None, moment(now, &|| random));
        (open_until(&machine) - now).as_millis()
    };
    assert_eq!([0.0, 0.5, 0.75].map(|random| wait(SECOND * 8, random)), [800, 1_000, 1_100]);
    // At the cap the whole spread lies below it: no two of a fleet are cut to the same wait.
    let at_cap = [0.0, 0.5, 0.75, 0.99].map(|random| wait(SECOND, random));
    assert_eq!(at_cap, [666, 833, 916, 996]);
}

#[test]
fn growth_without_end_does_not_overflow() {
    let (mut machine, mut now) = machine(config().open_growth(10.0, Duration::from_hours(24)));
    machine.trip_at(now);
    for _ in 0..1_100 {
        now = open_until(&machine);
        for _ in 0..2 {
            machine.ask(now);
            machine.end(machine.epoch(), BAD, now);
        }
    }
    assert_eq!(open_until(&machine), now + Duration::from_hours(24));
}

#[test]
fn a_ratio_is_decided_as_soon_as_it_is_certain() {
    for (results, verdict) in [
        (&[true, true][..], State::Closed),
        (&[false, true, true], State::Closed),
        (&[false, false], State::Open),
        (&[true, false], State::HalfOpen),
    ] {
        let (mut machine, now) = machine(config());
        machine.trip_at(now);
        let now = open_until(&machine);
        for _ in results {
            machine.ask(now);
        }
        for succeeded in results {
            machine.end(machine.epoch(), mark(!succeeded), now);
        }
        assert_eq!(machine.phase().state(), verdict, "{results:?}");
    }
}

#[test]
fn permitted_calls_are_judged_together_by_the_rate() {
    let rule = HalfOpen::PermittedCalls { calls: 4 };
    for (failures, verdict) in [(0, State::Closed), (1, State::Closed), (2, State::Open)] {
        let (mut machine, now) = machine(config().half_open(rule));
        machine.trip_at(now);
        let now = open_until(&machine);
        for probe in 0..4 {
            assert_eq!(
                machine.phase().state(),
                if probe == 0 { State::Open } else { State::HalfOpen }
            );
            assert_eq!(machine.ask(now), Answer::Probe);
            machine.end(machine.epoch(), mark(probe < failures), now);
        }
        assert_eq!(machine.phase().state(), verdict, "{failures} of 4 failed");
    }
}

#[test]
fn a_rule_that_was_met_in_another_epoch_opens_nothing() {
    let (mut machine, now) = machine(config());
    let before = machine.epoch();
    machine.by_hand(Move::Reset, now);
    machine.trip(before, ChangeReason::FailureRate, None, moment(now, HALF));
    assert_eq!((machine.phase().state(), machine.met()), (State::Closed, 0));
    assert!(!machine.has_news());
    machine.trip_at(now);
    assert_eq!(machine.phase().state(), State::Open);
}

#[test]
fn only_a_probe_that_runs_is_held_to_the_limit() {
    let (mut machine, now) = machine(config());
    machine.trip_at(now);
    let mut now = open_until(&machine);
    for _ in 0..10 {
        now += SECOND * 90;
        assert_eq!(machine.ask(now), Answer::Probe);
        machine.probe_released(machine.epoch(), moment(now, HALF));
    }
    assert_eq!(machine.ask(now), Answer::Probe);
    machine.tick(now + SECOND.checked_sub(Duration::from_nanos(1)).unwrap());
    assert_eq!(machine.phase().state(), State::HalfOpen);
    machine.tick(now + SECOND);
    assert_eq!(
        changes(&mut machine).last().map(|change| change.reason),
        Some(ChangeReason::ProbesTimedOut)
    );
}

#[test]
fn a_limit_on_the_period_counts_from_its_first_probe_whether_or_not_one_runs() {
    let (mut machine, now) = machine(config().half_open_for(SECOND * 3));
    machine.trip_at(now);
    let now = open_until(&machine) + SECOND * 100;
    assert_eq!(machine.ask(now), Answer::Probe);
    machine.probe_released(machine.epoch(), moment(now, HALF));
    assert_eq!(machine.ask(now + SECOND * 2), Answer::Probe);
    machine.probe_released(machine.epoch(), moment(now, HALF));
    assert!(matches!(
        machine.ask(now + SECOND * 3),
        Answer::Refuse { reason: Reason::CircuitOpen, .. }
    ));
}

#[test]
fn after_a_gap_of_any_length_a_probe_may_still_succeed() {
    let config = config()
        .automatic_half_open(true)
        .half_open_for(SECOND)
        .half_open(HalfOpen::PermittedCalls { calls: 1 });
    for (first, seconds) in
        [0, 1, 100, 899, 900, 1_000, 86_400, 31_557_600].map(|gap| (gap % 2, gap))
    {
        let (mut machine, begin) = machine(config.clone());
        if first == 0 {
            machine.trip_at(begin);
        } else {
            machine.by_hand(Move::HalfOpen, begin);
        }
        let mut now = begin + SECOND * seconds;
        if let Answer::Refuse { retry_at, .. } = machine.ask(now) {
            let retry_at = retry_at.expect("open for a time");
            assert!(retry_at > now, "it is over after {seconds} s");
            now = retry_at;
            assert_eq!(machine.ask(now), Answer::Probe, "after {seconds} s");
        }
        assert!(changes(&mut machine).len() <= 103, "the walk has an end");
        machine.end(machine.epoch(), GOOD, now);
        assert_eq!(machine.phase(), Phase::Closed, "after {seconds} s");
    }
}

#[test]
fn a_reset_while_closed_is_no_change_but_leaves_old_permits_behind() {
    let (mut machine, now) = machine(config());
    let epoch = machine.epoch();
    machine.by_hand(Move::Reset, now);
    assert!(changes(&mut machine).is_empty());
    assert_ne!(machine.epoch(), epoch);
}

#[derive(Clone, Debug)]
enum Step {
    Advance(u64),
    Trip,
    Acquire,
    End { probe: usize, succeeded: bool },
    Release { probe: usize },
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u64..3_000).prop_map(Step::Advance),
        1 => Just(Step::Trip),
        4 => Just(Step::Acquire),
        3 => (0usize..8, any::<bool>()).prop_map(|(probe, succeeded)| Step::End { probe, succeeded }),
        1 => (0usize..8).prop_map(|probe| Step::Release { probe }),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #[test]
    fn only_the_ways_of_the_diagram_are_taken_and_probes_stay_within_their_number(
        calls in 1u32..5,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let (mut machine, mut now) =
            machine(config().half_open(HalfOpen::PermittedCalls { calls }));
        let mut held: Vec<u64> = Vec::new();
        for step in steps {
            match step {
                Step::Advance(ms) => now += Duration::from_millis(ms),
                Step::Trip => machine.trip_at(now),
                Step::Acquire => {
                    if machine.ask(now) == Answer::Probe {
                        held.push(machine.epoch());
                    }
                }
                Step::End { probe, succeeded } if probe < held.len() => {
                    machine.end(held.remove(probe), mark(!succeeded), now);
                }
                Step::Release { probe } if probe < held.len() => {
                    machine.probe_released(held.remove(probe), moment(now, HALF));
                }
                Step::Reset => machine.by_hand(Move::Reset, now),
                Step::End { .. } | Step::Release { .. } => {}
            }
            let running = held.iter().filter(|epoch| **epoch == machine.epoch()).count();
            if let Phase::HalfOpen { probes, .. } = machine.phase() {
                prop_assert_eq!(probes.running as usize, running, "every permit is accounted for");
                prop_assert!(probes.running + probes.succeeded + probes.failed <= calls);
            }
            for change in changes(&mut machine) {
                let allowed = matches!(
                    (change.from, change.to, change.reason),
                    (State::Closed, State::Open, ChangeReason::FailureRate)
                        | (State::Open, State::HalfOpen, ChangeReason::WaitOver)
                        | (State::HalfOpen, State::Closed, ChangeReason::ProbesSucceeded)
                        | (
                            State::HalfOpen,
                            State::Open,
                            ChangeReason::ProbesFailed | ChangeReason::ProbesTimedOut
                        )
                        | (State::Open | State::HalfOpen, State::Closed, ChangeReason::Reset)
                );
                prop_assert!(allowed, "{change:?}");
            }
        }
    }
}
