use std::sync::Arc;

use super::guarded::{Guarded, Subject, WAIT};
use crate::{
    harness::OURS,
    inner::{Down, Script, Scripted},
    subjects::{failsafe, ours, recloser, seatbelt, tower_resilience},
};

/// A breaker to try, made anew for each trial.
pub(super) struct Made {
    pub(super) name: &'static str,
    pub(super) make: fn() -> Box<dyn Guarded>,
}

pub(super) fn all() -> Vec<Made> {
    vec![
        Made { name: OURS, make: ours },
        Made { name: tower_resilience::NAME, make: tower_resilience },
        Made { name: seatbelt::NAME, make: seatbelt },
        Made { name: failsafe::NAME, make: failsafe },
        Made { name: recloser::NAME, make: recloser },
    ]
}

fn ours() -> Box<dyn Guarded> {
    let script = Arc::new(Script::default());
    Box::new(Subject {
        service: ours::breaker(ours::one_probe(WAIT), Scripted::new(script.clone())),
        script,
        is_refusal: ours::is_refusal,
        is_service: true,
        weighs_all: false,
    })
}

fn tower_resilience() -> Box<dyn Guarded> {
    let script = Arc::new(Script::default());
    let inner = Scripted::<Down>::new(script.clone());
    let config = tower_resilience::count_window(100)
        .wait_duration_in_open(WAIT)
        .permitted_calls_in_half_open(1);
    Box::new(Subject {
        service: tower_resilience::breaker(config, inner),
        script,
        is_refusal: tower_resilience::is_refusal,
        is_service: true,
        weighs_all: false,
    })
}

fn seatbelt() -> Box<dyn Guarded> {
    let script = Arc::new(Script::default());
    let inner = Scripted::new(script.clone());
    Box::new(Subject {
        service: seatbelt::breaker(&seatbelt::exact(), WAIT, inner),
        script,
        is_refusal: seatbelt::is_refusal,
        is_service: true,
        weighs_all: true,
    })
}

fn failsafe() -> Box<dyn Guarded> {
    let script = Arc::new(Script::default());
    let inner = Scripted::<Down>::new(script.clone());
    Box::new(Subject {
        service: failsafe::consecutive(WAIT, inner),
        script,
        is_refusal: failsafe::is_refusal,
        is_service: false,
        weighs_all: false,
    })
}

fn recloser() -> Box<dyn Guarded> {
    let script = Arc::new(Script::default());
    let inner = Scripted::<Down>::new(script.clone());
    Box::new(Subject {
        service: recloser::count_window(100, WAIT, inner),
        script,
        is_refusal: recloser::is_refusal,
        is_service: false,
        weighs_all: false,
    })
}
