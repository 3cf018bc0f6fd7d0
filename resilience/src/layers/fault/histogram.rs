use std::time::Duration;

use super::spread::LONGEST;
use crate::config::Check;

/// The most buckets.
const BUCKETS: usize = 64;

/// A part of a measured spread of delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The longest delay in it, up to 1 h. The shortest is that of the bucket before, or none at
    /// all.
    pub up_to: Duration,
    /// How many of the delays lie in it, beside the weights of the others; 0 leaves it out.
    pub weight: u32,
}

/// A delay in seconds; `random` is a number from 0 up to 1.
pub(super) fn draw(buckets: &[Bucket], random: f64) -> f64 {
    let total: f64 = buckets.iter().map(|bucket| f64::from(bucket.weight)).sum();
    let (mut left, mut from) = (random * total, 0.0);
    for Bucket { up_to, weight } in buckets {
        let (up_to, weight) = (up_to.as_secs_f64(), f64::from(*weight));
        if left < weight {
            return (up_to - from).mul_add(left / weight, from);
        }
        left -= weight;
        from = up_to;
    }
    // A source that gives 1 means the very end.
    from
}

pub(super) fn check(buckets: &[Bucket], check: &mut Check) {
    check.range("histogram.buckets", buckets.len(), 1..=BUCKETS);
    let mut before = Duration::ZERO;
    for (at, bucket) in buckets.iter().enumerate() {
        // The first that is wrong is enough to go by.
        let least = before + Duration::from_nanos(u64::from(at > 0));
        if !(least..=LONGEST).contains(&bucket.up_to) {
            check.duration("histogram.up_to", bucket.up_to, least..=LONGEST);
            break;
        }
        before = bucket.up_to;
    }
    let has_weight = buckets.is_empty() || buckets.iter().any(|bucket| bucket.weight > 0);
    check.that(has_weight, "histogram.weight", "0 in each bucket", "above 0 in one");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{fault::Spread, rng::Rng};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_bucket_has_its_share_and_lies_evenly_between_its_bounds() {
        let spread = Spread::histogram([(MS * 10, 90), (MS * 20, 0), (MS * 120, 10)]);
        let rng = Rng::seeded(7);
        let drawn: Vec<_> = (0..100_000).map(|_| spread.draw(|| rng.draw())).collect();
        let between = |from, to| {
            let count = drawn.iter().filter(|delay| (MS * from..MS * to).contains(*delay)).count();
            i32::try_from(count).unwrap()
        };
        for (from, to, wanted) in [
            (0, 10, 90_000),
            (0, 5, 45_000),
            (9, 10, 9_000),
            (10, 20, 0),
            (20, 120, 10_000),
            (20, 45, 2_500),
        ] {
            let seen = between(from, to);
            assert!((seen - wanted).abs() < 1_000, "{seen} of {wanted} from {from} to {to} ms");
        }
        assert_eq!(between(0, 120), 100_000);
    }

    #[test]
    fn the_numbers_of_a_source_are_the_places_in_the_spread() {
        let spread = Spread::histogram([(MS * 10, 1), (MS * 20, 3)]);
        for (number, delay) in [
            (0.0, Duration::ZERO),
            (0.125, MS * 5),
            (0.25, MS * 10),
            (0.625, MS * 15),
            (1.0, MS * 20),
        ] {
            assert_eq!(spread.draw(|| number), delay, "{number}");
        }
        assert_eq!(Spread::histogram([]).draw(|| 0.5), Duration::ZERO);
    }
}
