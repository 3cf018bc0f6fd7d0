use std::time::Duration;

use serde_json::{Value, json};

use super::{Expects, Experiment, FaultSpec, Phase, Promise};

/// How long the demo's phases last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// About 80 s.
    Full,
    /// The same phases in about 22 s: enough to see the shape, with coarser figures.
    Quick,
}

/// The share of user calls that a fault hits.
const SHARE: f64 = 0.15;

const PROMISE: Promise = Promise {
    ok_share: 0.99,
    within: Duration::from_secs(1),
    refusal_p99: Duration::from_millis(50),
    refusals_end: Duration::from_secs(2),
    generator_lag_p99: Duration::from_millis(50),
};

/// One row of the demo: what a phase breaks, and how long it lasts at each pace.
struct Row {
    name: &'static str,
    expects: Expects,
    full: Times,
    quick: Times,
    fault: Option<FaultSpec>,
}

/// Milliseconds of load and of the pause after it.
struct Times {
    load: u64,
    drain: u64,
}

/// The phases of the demo: the one place to add, drop or change one.
///
/// A pause is 500 ms, except after `slow`: there it outlasts the 2 s of delay, so that
/// the calls that the bare service still holds are gone when the next phase starts.
/// `slow` and `failing` keep the most time at the quick pace: one order in 2000 fails
/// there by the luck of its four attempts, and a share of 99 % wants enough orders to show.
fn rows() -> [Row; 5] {
    [
        Row {
            name: "baseline",
            expects: Expects::Orders,
            full: Times { load: 15_000, drain: 500 },
            quick: Times { load: 2_000, drain: 500 },
            fault: None,
        },
        Row {
            name: "slow",
            expects: Expects::Orders,
            full: Times { load: 15_000, drain: 2_500 },
            quick: Times { load: 4_000, drain: 2_200 },
            fault: Some(http(&json!({ "latency": { "delay": "2s" } }))),
        },
        Row {
            name: "failing",
            expects: Expects::Orders,
            full: Times { load: 15_000, drain: 500 },
            quick: Times { load: 4_500, drain: 500 },
            fault: Some(http(&json!({ "error": { "status": 503 } }))),
        },
        Row {
            name: "killed",
            expects: Expects::FastRefusals,
            full: Times { load: 15_000, drain: 500 },
            quick: Times { load: 4_500, drain: 500 },
            fault: Some(FaultSpec::new("kill", json!({ "after": "500ms", "down_for": "3s" }))),
        },
        Row {
            name: "recovery",
            expects: Expects::Orders,
            full: Times { load: 15_000, drain: 500 },
            quick: Times { load: 2_000, drain: 200 },
            fault: None,
        },
    ]
}

fn http(fault: &Value) -> FaultSpec {
    FaultSpec::new("http", json!({ "fault": fault, "rate": SHARE }))
}

impl Experiment {
    /// The experiment of `chaos demo`, with `rate` orders per second in each group.
    #[must_use]
    pub fn demo(pace: Pace, rate: u32, seed: u64) -> Self {
        let phase = |row: Row| {
            let times = match pace {
                Pace::Full => row.full,
                Pace::Quick => row.quick,
            };
            Phase {
                name: row.name.to_owned(),
                load_for: Duration::from_millis(times.load),
                drain: Duration::from_millis(times.drain),
                fault: row.fault,
                expects: row.expects,
            }
        };
        Self {
            seed,
            rate,
            repeat_share: 0.03,
            users: 20,
            client_limit: Duration::from_secs(10),
            max_in_flight: 2_000,
            promise: PROMISE,
            phases: rows().into_iter().map(phase).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_run_leaves_time_to_start_and_to_judge_within_25_seconds() {
        assert!(Experiment::demo(Pace::Quick, 100, 1).length() <= Duration::from_secs(22));
    }

    #[test]
    fn the_full_run_has_15_seconds_of_load_in_each_phase() {
        for phase in Experiment::demo(Pace::Full, 100, 1).phases {
            assert_eq!(phase.load_for, Duration::from_secs(15), "{}", phase.name);
        }
    }
}
