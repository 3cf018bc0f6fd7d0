//! How long calls took, counted in buckets.

/// The buckets that are kept of a histogram; further ones are left out.
const MOST: usize = 64;

/// How long calls took: for each end of a bucket, in seconds, the calls that took no longer.
///
/// It holds 64 buckets at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// By rising ends; the last end is infinite in what an exporter writes.
    buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Adds `count` calls that took no longer than `end`.
    pub fn add(&mut self, end: f64, count: u64) {
        let at = self.buckets.partition_point(|(known, _)| *known < end);
        let room = self.buckets.len() < MOST;
        match self.buckets.get_mut(at) {
            Some((known, counted)) if same(*known, end) => *counted = counted.saturating_add(count),
            _ if room => self.buckets.insert(at, (end, count)),
            _ => {}
        }
    }

    /// Adds all calls of `other`.
    pub fn merge(&mut self, other: &Self) {
        for &(end, count) in &other.buckets {
            self.add(end, count);
        }
    }

    /// The calls since `before`; `None` when this cannot have grown out of it.
    pub fn since(&self, before: &Self) -> Option<Self> {
        if before.buckets.is_empty() {
            return Some(self.clone());
        }
        if self.buckets.len() != before.buckets.len() {
            return None;
        }
        let pairs = self.buckets.iter().zip(&before.buckets);
        let buckets = pairs.map(|(&(end, after), &(known, before))| {
            if same(end, known) { Some((end, after.checked_sub(before)?)) } else { None }
        });
        buckets.collect::<Option<_>>().map(|buckets| Self { buckets })
    }

    /// The time in seconds that a `share` of the calls did not exceed; `None` without calls.
    ///
    /// It is read from the buckets: within one, calls are taken to lie evenly. Beyond the last
    /// finite end it is that end.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let &(_, all) = self.buckets.last()?;
        if all == 0 {
            return None;
        }
        let rank = share * float(all);
        let mut start = (0.0, 0.0);
        for &(end, count) in &self.buckets {
            let count = float(count);
            if count >= rank && count > start.1 {
                let within = (rank - start.1).max(0.0) / (count - start.1);
                return Some(if end.is_finite() {
                    start.0 + (end - start.0) * within
                } else {
                    start.0
                });
            }
            if end.is_finite() {
                start = (end, count);
            }
        }
        Some(start.0)
    }
}

/// Ends come from the same text, so equal ones are equal to the last bit.
fn same(one: f64, other: f64) -> bool {
    one.total_cmp(&other).is_eq()
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 calls")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Histogram;

    fn of(buckets: &[(f64, u64)]) -> Histogram {
        Histogram { buckets: buckets.to_vec() }
    }

    #[test]
    fn a_percentile_lies_evenly_within_its_bucket() {
        let times = of(&[(0.25, 50), (0.5, 100), (f64::INFINITY, 100)]);
        assert_eq!(times.percentile(0.5), Some(0.25));
        assert_eq!(times.percentile(0.75), Some(0.375));
        assert_eq!(times.percentile(1.0), Some(0.5));
    }

    #[test]
    fn a_percentile_beyond_the_last_end_is_that_end() {
        let times = of(&[(0.1, 1), (10.0, 1), (f64::INFINITY, 2)]);
        assert_eq!(times.percentile(0.99), Some(10.0));
    }

    #[test]
    fn without_calls_there_is_no_percentile() {
        assert_eq!(of(&[]).percentile(0.5), None);
        assert_eq!(of(&[(0.1, 0), (f64::INFINITY, 0)]).percentile(0.5), None);
    }

    #[test]
    fn the_difference_is_taken_bucket_by_bucket() {
        let before = of(&[(0.1, 1), (f64::INFINITY, 2)]);
        let after = of(&[(0.1, 4), (f64::INFINITY, 6)]);
        assert_eq!(after.since(&before), Some(of(&[(0.1, 3), (f64::INFINITY, 4)])));
        assert_eq!(before.since(&after), None, "counts fell");
        assert_eq!(of(&[(0.3, 9), (f64::INFINITY, 9)]).since(&before), None, "other buckets");
    }

    #[test]
    fn routes_with_the_same_buckets_are_added_up() {
        let mut times = of(&[]);
        for (end, count) in [(0.1, 1), (f64::INFINITY, 2), (0.1, 3), (f64::INFINITY, 3)] {
            times.add(end, count);
        }
        assert_eq!(times, of(&[(0.1, 4), (f64::INFINITY, 5)]));
    }

    #[test]
    fn buckets_are_bounded() {
        let mut times = Histogram::default();
        for end in 0..1_000 {
            times.add(f64::from(end), 1);
        }
        assert_eq!(times.buckets.len(), 64);
    }

    proptest! {
        #[test]
        fn a_higher_share_never_takes_less_time(
            counts in proptest::collection::vec(0_u64..100, 1..20), a in 0.0..=1.0, b in 0.0..=1.0,
        ) {
            let mut times = Histogram::default();
            let mut sum = 0;
            for (end, count) in (1_u32..).zip(&counts) {
                sum += count;
                times.add(f64::from(end), sum);
            }
            let (low, high) = (f64::min(a, b), f64::max(a, b));
            prop_assert!(times.percentile(low) <= times.percentile(high));
        }
    }
}
