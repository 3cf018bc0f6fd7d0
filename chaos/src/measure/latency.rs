use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The distribution of times, to three significant digits.
#[derive(Clone)]
pub struct Latency {
    micros: Histogram<u64>,
}

/// The longest time kept apart from longer ones.
const LONGEST: Duration = Duration::from_mins(1);

impl Latency {
    /// A distribution without values.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the bounds are constants that the crate takes")]
    pub fn new() -> Self {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        let micros = Histogram::new_with_bounds(1, longest, 3);
        Self { micros: micros.expect("the bounds are constants in the range of the crate") }
    }

    /// Adds a time; one beyond a minute counts as a minute.
    pub fn record(&mut self, took: Duration) {
        self.micros.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds all times of `other`.
    #[expect(clippy::missing_panics_doc, reason = "all have the same bounds")]
    pub fn add(&mut self, other: &Self) {
        self.micros.add(&other.micros).expect("both have the same bounds");
    }

    /// The number of times recorded.
    pub fn len(&self) -> u64 {
        self.micros.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.micros.is_empty()
    }

    /// The time that a share `quantile` of the calls did not exceed; `None` without calls.
    pub fn at(&self, quantile: f64) -> Option<Duration> {
        if self.is_empty() {
            return None;
        }
        Some(Duration::from_micros(self.micros.value_at_quantile(quantile)))
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<Duration> for Latency {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        times.into_iter().for_each(|took| self.record(took));
    }
}

impl FromIterator<Duration> for Latency {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut latency = Self::new();
        latency.extend(times);
        latency
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency")
            .field("len", &self.len())
            .field("p50", &self.at(0.5))
            .field("p99", &self.at(0.99))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_of_1_to_1000_ms_are_where_they_belong() {
        let latency: Latency = (1..=1_000).map(Duration::from_millis).collect();
        for (quantile, millis) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = latency.at(quantile).unwrap().as_secs_f64() * 1_000.0;
            assert!((found - millis).abs() <= millis / 1_000.0, "{quantile}: {found} ms");
        }
    }

    #[test]
    fn nothing_recorded_has_no_quantile() {
        assert_eq!(Latency::new().at(0.99), None);
    }

    #[test]
    fn a_time_beyond_the_range_counts_as_the_longest() {
        let latency: Latency = [Duration::from_hours(1)].into_iter().collect();
        assert!(latency.at(1.0).unwrap() >= LONGEST);
    }

    proptest! {
        #[test]
        fn a_higher_quantile_is_never_a_shorter_time(
            micros in prop::collection::vec(0_u64..20_000_000, 1..200),
            low in 0.0..1.0,
            step in 0.0..1.0,
        ) {
            let latency: Latency = micros.into_iter().map(Duration::from_micros).collect();
            let high = low + (1.0 - low) * step;
            prop_assert!(latency.at(low) <= latency.at(high));
        }
    }
}
