//! What the tests of this floor share.

use std::time::Duration;

use crate::engine::{PhaseRecord, Recording};
use crate::experiment::{Expects, Experiment, Pace, Phase};
use crate::measure::{Call, Order, Outcome};

pub(super) fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn call(phase: usize, at: Duration, took_millis: u64, outcome: Outcome) -> Call {
    let order = Order {
        key: format!("key-{}", at.as_micros()),
        user: 0,
        item: "anvil".to_owned(),
        quantity: 1,
    };
    let took = Duration::from_millis(took_millis);
    Call { phase, at, took, order, outcome, repeat: None }
}

/// One phase of ten seconds.
pub(super) fn experiment() -> Experiment {
    let only = Phase {
        name: "only".to_owned(),
        load_for: Duration::from_secs(10),
        drain: Duration::from_secs(1),
        fault: None,
        expects: Expects::Orders,
    };
    Experiment { phases: vec![only], ..Experiment::demo(Pace::Quick, 100, 1) }
}

pub(super) fn recording() -> Recording {
    Recording { phases: vec![PhaseRecord::default()], ..Recording::default() }
}
