use serde::Serialize;

/// What a series of samples looks like.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
}

impl Spread {
    /// Of one sample or more.
    pub(crate) fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: quantile(&sorted, 50),
            p10: quantile(&sorted, 10),
            p90: quantile(&sorted, 90),
        }
    }
}

/// The bounds between which the median of what was sampled lies in 95 of 100 cases, whatever its
/// distribution: so many samples from either end.
pub(crate) fn interval_of_median(samples: &[f64]) -> (f64, f64) {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let least = rank_below_median(sorted.len());
    (sorted[least], sorted[sorted.len() - 1 - least])
}

/// The largest rank that a fair coin, thrown `count` times, stays at or below in 2.5 % of cases.
fn rank_below_median(count: usize) -> usize {
    let exponent = i32::try_from(count).expect("so many samples are never taken");
    let mut probability = 0.5_f64.powi(exponent);
    let mut sum = probability;
    let mut rank = 0;
    while sum <= 0.025 {
        let next = probability * from(count - rank) / from(rank + 1);
        if sum + next > 0.025 {
            break;
        }
        sum += next;
        probability = next;
        rank += 1;
    }
    rank
}

#[expect(clippy::cast_precision_loss, reason = "a number of samples is small")]
fn from(count: usize) -> f64 {
    count as f64
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let scaled = (sorted.len() - 1) * percent;
    let (below, part) = (sorted[scaled / 100], scaled % 100);
    let above = sorted[(scaled / 100 + 1).min(sorted.len() - 1)];
    below + (above - below) * from(part) / 100.0
}

#[cfg(test)]
mod tests {
    use super::{Spread, interval_of_median};

    #[test]
    fn the_middle_of_an_even_number_of_samples_lies_between_two() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]);
        assert!((spread.median - 2.5).abs() < 1e-9);
        assert!((spread.p10 - 1.3).abs() < 1e-9);
        assert!((spread.p90 - 3.7).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_thirty_samples_is_from_the_tenth_to_the_twenty_first() {
        let samples: Vec<_> = (1..=30).map(f64::from).collect();
        assert_eq!(interval_of_median(&samples), (10.0, 21.0));
    }
}
