use std::time::Duration;

use super::{Case, Load, Measure, Pair, now};

/// What a case came to: a series of samples for each subject, one a round.
pub(crate) struct Samples {
    /// Nanoseconds a call, or for threads the throughput of two over that of one.
    pub(crate) of: Vec<Vec<f64>>,
    /// Which of the subjects never had two cores for long enough.
    pub(crate) shared_cores: Vec<bool>,
}

/// How long a batch should take: far above the clock's own cost, and short enough that a
/// disturbance spoils one sample and not many.
const BATCH: Duration = Duration::from_micros(400);

/// Batches of two threads are longer, because two threads do not begin at the same time.
const BATCH_OF_TWO: Duration = Duration::from_millis(10);

/// On a machine that others use, too, many a round of two threads has less than two cores. It is
/// left out, and a case goes on for so long to have enough of the others.
const PATIENCE: Duration = Duration::from_secs(15);

/// Samples all subjects of `case`, each once in each round, in an order that turns.
pub(crate) fn sample(case: &Case, rounds: usize) -> Samples {
    match case.measure {
        Measure::Time => times(case, rounds),
        Measure::Threads => ratios(case, rounds),
    }
}

fn times(case: &Case, rounds: usize) -> Samples {
    let count = case.subjects.len();
    let mut of = vec![Vec::with_capacity(rounds); count];
    let mut loads: Vec<_> = case.subjects.iter().map(|subject| (subject.make)()).collect();
    let calls: Vec<_> = loads.iter_mut().map(|load| calibrate(&mut **load, BATCH)).collect();
    for round in 0..rounds {
        for place in (0..count).map(|place| (place + round) % count) {
            let took = time(&mut *loads[place], calls[place]);
            of[place].push(per_call(took, calls[place]));
        }
    }
    Samples { of, shared_cores: vec![false; count] }
}

fn ratios(case: &Case, rounds: usize) -> Samples {
    let pair = Pair::start();
    let mut of = Vec::new();
    for subject in &case.subjects {
        let mut load = (subject.make)();
        let calls = calibrate(&mut *load, BATCH_OF_TWO);
        let other = load.split().expect("a subject for two threads can be shared");
        of.push((Some((load, other)), calls, Vec::new(), Vec::new()));
    }
    let (began, count) = (now(), of.len());
    for round in 0.. {
        let is_done = of.iter().all(|(_, _, good, _)| good.len() >= rounds);
        if is_done || (round >= rounds && began.elapsed() > PATIENCE) {
            break;
        }
        for place in (0..count).map(|place| (place + round) % count) {
            let (halves, calls, good, poor) = &mut of[place];
            if good.len() >= rounds {
                continue;
            }
            let made = pair.round(halves.take().expect("given back below"), *calls);
            *halves = Some(made.halves);
            if made.had_cores { good.push(made.ratio) } else { poor.push(made.ratio) }
        }
    }
    let mut samples = Samples { of: Vec::new(), shared_cores: Vec::new() };
    for (_, _, good, poor) in of {
        let is_poor = good.len() < rounds.div_ceil(3);
        samples.of.push(if is_poor { poor } else { good });
        samples.shared_cores.push(is_poor);
    }
    samples
}

/// How many calls fill a batch. Warms up on the way.
fn calibrate(load: &mut dyn Load, batch: Duration) -> u64 {
    let mut calls = 16;
    loop {
        let took = time(load, calls);
        if took >= batch / 2 {
            let wanted = batch.as_secs_f64() / took.as_secs_f64();
            return scaled(calls, wanted).max(1);
        }
        calls *= 2;
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a batch has at most some million calls"
)]
fn scaled(calls: u64, factor: f64) -> u64 {
    (calls as f64 * factor) as u64
}

pub(super) fn time(load: &mut dyn Load, calls: u64) -> Duration {
    let began = now();
    load.run(calls);
    began.elapsed()
}

#[expect(clippy::cast_precision_loss, reason = "a batch has at most some million calls")]
fn per_call(took: Duration, calls: u64) -> f64 {
    took.as_secs_f64() * 1e9 / calls as f64
}
