//! What holds of a whole breaker in every order of steps.
//!
//! The breaker is the real one, with times and results that the models hand it. Tokio's `Notify`
//! is taken as it is, each of its operations as one step.

mod epochs;
mod half_open;
mod refusal;
mod reports;
mod trips;
mod updates;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    ConfigBuilder, HalfOpen, Move, Window,
    admission::Pass,
    config::Config,
    meter::{CALLS, End, TRANSITIONS},
    shared::Shared,
};
use crate::{error::Rejected, event::State, meter::Meter, name::Name, ratio::Ratio, sync};

const NAME: Name = Name::from_static("model");

const OPEN_FOR: u64 = 10;

const COUNT: Window = Window::Count { size: 4 };
const COUNT_PER_THREAD: Window = Window::CountPerThread { size: 4 };
const TIME: Window = Window::Time { span: Duration::from_millis(100), buckets: 2 };

/// No rule but those that are added, and one probe.
fn config(window: Window) -> ConfigBuilder {
    Config::builder()
        .window(window)
        .rules([])
        .min_calls(2)
        .open_for(Duration::from_millis(OPEN_FOR))
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::PermittedCalls { calls: 1 })
        .half_open_without_limit()
}

/// A breaker in a model.
#[derive(Clone)]
struct Breaker(Arc<Shared>);

impl Breaker {
    fn new(config: ConfigBuilder) -> Self {
        Self(Shared::new(NAME, config.build().unwrap().into()))
    }

    fn at(&self, millis: u64) -> Instant {
        self.0.origin + Duration::from_millis(millis)
    }

    fn ask(&self, millis: u64) -> Result<Pass, Rejected> {
        self.0.acquire(|| self.at(millis)).map_err(|refused| refused.by(NAME))
    }

    fn end(&self, pass: Pass, end: End, millis: u64) {
        self.0.finish(pass, end.into(), || self.at(millis));
    }

    /// A whole call; the breaker must admit it.
    fn call(&self, end: End, millis: u64) {
        let pass = self.ask(millis).expect("admitted");
        self.end(pass, end, millis);
    }

    fn make(&self, step: Move, millis: u64) {
        let (made, _) = self.0.step(self.at(millis), |machine, moment| machine.apply(step, moment));
        made.expect("nothing is forbidden");
    }

    fn state(&self) -> State {
        self.0.lock().phase().state()
    }
}

/// The counters of the process are made before the model, in full, so that they are no part of it.
fn explore(preemptions: usize, at_least: usize, model: impl Fn() + Send + Sync + 'static) {
    make_counters();
    sync::explore(preemptions, at_least, model);
}

fn explore_in_one_order(
    preemptions: usize,
    at_least: usize,
    model: impl Fn() + Clone + Send + Sync + 'static,
) {
    make_counters();
    sync::explore_in_one_order(preemptions, at_least, model);
}

fn make_counters() {
    for kind in [&CALLS, &TRANSITIONS] {
        Meter::of(kind, NAME).fill();
    }
}

/// Starts a thread that has the breaker.
fn spawn<T: 'static>(
    index: usize,
    breaker: &Breaker,
    work: impl FnOnce(&Breaker) -> T + 'static,
) -> loom::thread::JoinHandle<T> {
    let breaker = breaker.clone();
    sync::spawn(index, move || work(&breaker))
}
