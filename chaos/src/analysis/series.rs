use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::summary::millis;
use crate::experiment::Promise;
use crate::measure::{Call, Latency, Outcome};

/// One second of a group's orders, by their intended start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// The second, counted from the start of the run.
    pub second: u64,
    /// Acknowledged in the promised time.
    pub ok: u64,
    /// Acknowledged late, failed or not sent.
    pub failed: u64,
    /// Refused by a policy.
    pub refused: u64,
    /// The median time in milliseconds.
    pub p50_ms: Option<f64>,
    /// The 99th percentile in milliseconds; with few orders a second, nearly the maximum.
    pub p99_ms: Option<f64>,
}

/// Sums `calls` up by the second. A second without orders, in a pause, has no entry.
pub fn per_second(calls: &[Call], promise: &Promise) -> Vec<Second> {
    let mut seconds: BTreeMap<u64, (Second, Latency)> = BTreeMap::new();
    for call in calls {
        let (second, latency) = seconds.entry(call.at.as_secs()).or_default();
        second.second = call.at.as_secs();
        latency.record(call.took);
        match call.outcome {
            Outcome::Acknowledged { .. } if call.took <= promise.within => second.ok += 1,
            Outcome::Refused { .. } => second.refused += 1,
            _ => second.failed += 1,
        }
    }
    let closed = |(mut second, latency): (Second, Latency)| {
        second.p50_ms = latency.at(0.5).map(millis);
        second.p99_ms = latency.at(0.99).map(millis);
        second
    };
    seconds.into_values().map(closed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, call, experiment};
    use super::*;

    #[test]
    fn a_call_counts_in_the_second_in_which_it_was_meant_to_start() {
        let acknowledged = Outcome::Acknowledged { order: uuid::Uuid::nil() };
        let calls = [
            call(0, at(990), 900, acknowledged.clone()),
            call(0, at(1_000), 1_001, acknowledged),
            call(0, at(3_999), 1, Outcome::Refused { by: "x".to_owned() }),
        ];
        let series = per_second(&calls, &experiment().promise);
        let counts: Vec<_> = series.iter().map(|s| (s.second, s.ok, s.failed, s.refused)).collect();
        assert_eq!(counts, [(0, 1, 0, 0), (1, 0, 1, 0), (3, 0, 0, 1)]);
        assert!(series[0].p99_ms.unwrap() > 890.0);
    }
}
