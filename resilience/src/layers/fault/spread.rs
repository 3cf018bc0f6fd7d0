use std::{sync::Arc, time::Duration};

use super::histogram::{self, Bucket};
use crate::config::Check;

/// The longest delay.
pub(super) const LONGEST: Duration = Duration::from_hours(1);

/// A delay that differs from call to call.
///
/// What is drawn beyond an hour is an hour.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::fault::Spread;
///
/// let [ten, thirty] = [10, 30].map(Duration::from_millis);
/// let between = Spread::Uniform { from: ten, to: thirty };
/// assert_eq!(between.draw(|| 0.5), Duration::from_millis(20));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Spread {
    /// Each delay between two is as likely as any other.
    Uniform {
        /// The shortest, up to `to`.
        from: Duration,
        /// The longest, up to 1 h.
        to: Duration,
    },
    /// Around a mean, as the sum of many small delays is; what falls below zero is no delay.
    Normal {
        /// Up to 1 h.
        mean: Duration,
        /// The standard deviation, up to 1 h: two of three delays are no further from the mean.
        deviation: Duration,
    },
    /// Mostly short and now and then very long, as the delays of a network are.
    Pareto {
        /// The shortest, above zero and up to 1 h.
        least: Duration,
        /// How quickly long delays get rare, above 0, to 100. By 1.16 four of five delays make
        /// a fifth of the time; from 2 on the tail is short.
        shape: f64,
    },
    /// As it was measured. See [`Spread::histogram`].
    Histogram {
        /// 1 to 64, each with a longer delay than the one before, and a weight in one of them.
        buckets: Arc<[Bucket]>,
    },
}

impl Spread {
    /// Delays that lie as those of a measured histogram: one of the buckets by its weight, and any
    /// delay in it as likely as another.
    ///
    /// Each is the longest delay of a bucket and its weight, the shortest bucket first. It begins
    /// where the one before it ends, the first at no delay at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience::{Ratio, fault::{Fault, FaultPlan, Spread}};
    ///
    /// let ms = Duration::from_millis;
    /// let spread = Spread::histogram([(ms(10), 90), (ms(100), 9), (ms(2_000), 1)]);
    /// assert_eq!(spread.draw(|| 0.45), ms(5));
    /// let fault = Fault::RandomLatency { spread };
    /// FaultPlan::new(fault, Ratio::ONE, Duration::from_secs(60))?;
    /// # Ok::<(), resilience::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn histogram(buckets: impl IntoIterator<Item = (Duration, u32)>) -> Self {
        let bucket = |(up_to, weight)| Bucket { up_to, weight };
        Self::Histogram { buckets: buckets.into_iter().map(bucket).collect() }
    }

    /// A delay; `random` gives numbers from 0 up to 1.
    pub fn draw(&self, random: impl Fn() -> f64) -> Duration {
        let seconds = match self {
            Self::Histogram { buckets } => histogram::draw(buckets, random()),
            Self::Uniform { from, to } => {
                (to.as_secs_f64() - from.as_secs_f64()).mul_add(random(), from.as_secs_f64())
            }
            Self::Normal { mean, deviation } => {
                // Box and Muller: two even numbers make a normal one.
                let (distance, angle) = (1.0 - random(), random());
                let drawn = (-2.0 * distance.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
                deviation.as_secs_f64().mul_add(drawn, mean.as_secs_f64())
            }
            // The inverse of its distribution.
            Self::Pareto { least, shape } => {
                least.as_secs_f64() / (1.0 - random()).powf(1.0 / *shape)
            }
        };
        Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).unwrap_or(LONGEST)
    }

    pub(super) fn check(&self, check: &mut Check) {
        match *self {
            Self::Uniform { from, to } => {
                check.duration("uniform.to", to, Duration::ZERO..=LONGEST);
                check.duration("uniform.from", from, Duration::ZERO..=to);
            }
            Self::Normal { mean, deviation } => {
                check.duration("normal.mean", mean, Duration::ZERO..=LONGEST);
                check.duration("normal.deviation", deviation, Duration::ZERO..=LONGEST);
            }
            Self::Histogram { ref buckets } => histogram::check(buckets, check),
            Self::Pareto { least, shape } => {
                check.duration("pareto.least", least, Duration::from_nanos(1)..=LONGEST);
                check.that(shape > 0.0 && shape <= 100.0, "pareto.shape", shape, "above 0, to 100");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, time::Duration};

    use super::{LONGEST, Spread};
    use crate::rng::Rng;

    const MS: Duration = Duration::from_millis(1);

    fn drawn(spread: &Spread) -> Vec<Duration> {
        let rng = Rng::seeded(7);
        let mut drawn: Vec<_> = (0..10_001).map(|_| spread.draw(|| rng.draw())).collect();
        drawn.sort();
        drawn
    }

    /// The share of `drawn` up to `limit`.
    fn share(drawn: &[Duration], limit: Duration) -> f64 {
        let up_to = drawn.partition_point(|delay| *delay <= limit);
        #[expect(clippy::cast_precision_loss, reason = "ten thousand is exact")]
        let [up_to, all] = [up_to, drawn.len()].map(|count| count as f64);
        up_to / all
    }

    #[test]
    fn an_even_spread_has_as_many_delays_in_each_part() {
        let drawn = drawn(&Spread::Uniform { from: MS * 10, to: MS * 20 });
        assert!(drawn[0] >= MS * 10 && drawn[10_000] <= MS * 20);
        for part in 1..10 {
            let wanted = f64::from(part) / 10.0;
            assert!((share(&drawn, MS * (10 + part)) - wanted).abs() < 0.02, "{part}");
        }
    }

    #[test]
    fn a_normal_spread_has_its_mean_in_the_middle_and_two_of_three_within_a_deviation() {
        let drawn = drawn(&Spread::Normal { mean: MS * 100, deviation: MS * 10 });
        assert!(drawn[5_000].abs_diff(MS * 100) < MS);
        let within = share(&drawn, MS * 110) - share(&drawn, MS * 90);
        assert!((within - 0.683).abs() < 0.02, "{within}");
    }

    #[test]
    fn a_normal_spread_has_no_delay_below_zero() {
        assert_eq!(drawn(&Spread::Normal { mean: MS, deviation: MS * 100 })[0], Duration::ZERO);
    }

    #[test]
    fn a_pareto_spread_has_the_tail_of_its_shape() {
        let drawn = drawn(&Spread::Pareto { least: MS, shape: 2.0 });
        assert!(drawn[0] >= MS);
        // P(delay > x) = (least / x)^shape
        for (limit, beyond) in [(2, 0.25), (4, 0.0625), (10, 0.01)] {
            let seen = 1.0 - share(&drawn, MS * limit);
            assert!((seen - beyond).abs() < 0.02, "{seen} beyond {limit} ms");
        }
    }

    #[test]
    fn no_number_that_a_source_may_give_makes_a_delay_that_is_too_long() {
        let numbers = RefCell::new([0.0, 1.0, 1.0 - f64::EPSILON, f64::NAN].into_iter().cycle());
        let draw = || numbers.borrow_mut().next().unwrap();
        for spread in [
            Spread::Uniform { from: Duration::ZERO, to: LONGEST },
            Spread::Normal { mean: LONGEST, deviation: LONGEST },
            Spread::Pareto { least: LONGEST, shape: 1e-9 },
            Spread::histogram([(LONGEST, 1)]),
        ] {
            for _ in 0..64 {
                assert!(spread.draw(draw) <= LONGEST, "{spread:?}");
            }
        }
    }
}
