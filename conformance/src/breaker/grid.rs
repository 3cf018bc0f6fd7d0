use tokio::time::Duration;

use crate::case::Facts;

/// The events that may bring a result.
const RECORDING: [&str; 8] = [
    "success",
    "failure",
    "response",
    "call",
    "call_end",
    "probe_success",
    "probe_failure",
    "probe_response",
];

/// The most buckets that the crate divides a time window into, and the shortest of them.
const MOST: u64 = 1_000;
const SHORTEST: u64 = 1_000;

/// The widest grid, in microseconds from the start, on which all results of a case lie; 0 when
/// all of them come at the start.
///
/// The crate keeps a time window in buckets, and a case may ask for one without: a bucket that
/// begins with each result in it leaves when they do, so that the two are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid(u64);

impl Grid {
    /// The grid of a case with these steps.
    pub(crate) fn of(steps: &[Facts]) -> Self {
        let mut now = 0;
        let mut grid = 0;
        for step in steps {
            let micros = |key| step.get(key).and_then(serde_json::Value::as_f64).map(micros);
            let event = step.get("event").and_then(|event| event.as_str()).unwrap_or_default();
            now = now.max(micros("at_ms").unwrap_or(0));
            if !RECORDING.contains(&event) {
                continue;
            }
            let takes = micros("dur_ms").filter(|_| event == "call").unwrap_or(0);
            let times = step.get("repeat").and_then(serde_json::Value::as_u64).unwrap_or(1);
            grid = gcd(grid, now.saturating_add(takes));
            if times > 1 {
                grid = gcd(grid, takes);
            }
            now = now.saturating_add(takes.saturating_mul(times));
        }
        Self(grid)
    }

    /// How many buckets to divide `span` into: the most that lie on the grid, or the most of all
    /// where none do.
    pub(super) fn buckets(self, span: Duration) -> u32 {
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let most = (span / SHORTEST).clamp(1, MOST);
        let lies_on_it =
            |buckets: &u64| span.is_multiple_of(*buckets) && self.0.is_multiple_of(span / buckets);
        let buckets = (1..=most).rev().find(lies_on_it).unwrap_or(most);
        u32::try_from(buckets).unwrap_or(1)
    }
}

fn micros(millis: f64) -> u64 {
    let time = Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default();
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

const fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::time::Duration;

    use super::Grid;

    fn buckets(steps: &Value, span: u64) -> u32 {
        let steps: Vec<_> = serde_json::from_value(steps.clone()).unwrap();
        Grid::of(&steps).buckets(Duration::from_millis(span))
    }

    #[test]
    fn each_result_begins_a_bucket_where_that_can_be() {
        for (steps, span, expected) in [
            (json!([{"at_ms": 0, "event": "failure"}]), 20_000, 1_000),
            (json!([{"at_ms": 50, "event": "failure"}]), 20_000, 800),
            (json!([{"at_ms": 70, "event": "failure"}]), 14_000, 1_000),
            (json!([{"at_ms": 7, "event": "inspect"}]), 20_000, 1_000),
            (json!([{"at_ms": 3, "event": "failure"}]), 500, 500),
            (json!([{"at_ms": 0, "event": "call", "dur_ms": 30, "repeat": 3}]), 9_000, 900),
            (json!([{"at_ms": 1, "event": "failure"}]), 20_000, 1_000),
        ] {
            assert_eq!(buckets(&steps, span), expected, "{steps}");
        }
    }
}
