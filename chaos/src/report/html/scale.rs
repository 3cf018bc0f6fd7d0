/// Maps values to places on the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

/// What keeps a rounding error from moving a value to the next step.
const SLACK: f64 = 1e-9;

impl Scale {
    /// Equal differences take equal room: `low` lies at `from`, `high` at `to`.
    pub(super) const fn linear([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        Self { low, high, from, to, logarithmic: false }
    }

    /// Equal ratios take equal room. Both ends must be above zero.
    pub(super) const fn log([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        Self { low, high, from, to, logarithmic: true }
    }

    /// The place of `value`; what lies beyond an end is drawn at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let measure = |value: f64| if self.logarithmic { value.log10() } else { value };
        let span = measure(self.high) - measure(self.low);
        if span <= 0.0 || value.is_nan() {
            return self.from;
        }
        let value = value.clamp(self.low, self.high);
        self.from + (measure(value) - measure(self.low)) / span * (self.to - self.from)
    }
}

/// The smallest range with ends of 1, 2 or 5 times a power of ten that holds all `values`
/// above zero; without any, 1 to 10.
pub(super) fn decades(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let positive = values.filter(|value| *value > 0.0 && value.is_finite());
    let ends = positive.fold(None, |ends: Option<[f64; 2]>, value| {
        Some(ends.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)]))
    });
    let Some([low, high]) = ends else { return [1.0, 10.0] };
    let (low, high) = (round_down(low), round_up(high));
    // A single value would leave no room to draw in.
    if low < high { [low, high] } else { [low, low * 10.0] }
}

fn power_below(value: f64) -> f64 {
    10_f64.powf((value.log10() + SLACK).floor())
}

fn round_down(value: f64) -> f64 {
    let power = power_below(value);
    let step = [5.0, 2.0].into_iter().find(|step| step * power <= value * (1.0 + SLACK));
    step.unwrap_or(1.0) * power
}

fn round_up(value: f64) -> f64 {
    let power = power_below(value);
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= value * (1.0 - SLACK));
    step.unwrap_or(10.0) * power
}

/// Where a logarithmic axis from `low` to `high` is marked: at powers of ten, and at 2 and 5
/// times these when there are fewer than three.
pub(super) fn log_ticks([low, high]: [f64; 2]) -> Vec<f64> {
    let within = |value: &f64| *value >= low * (1.0 - SLACK) && *value <= high * (1.0 + SLACK);
    let mut powers = vec![power_below(low)];
    while let Some(last) = powers.last().copied()
        && last * 10.0 <= high * (1.0 + SLACK)
    {
        powers.push(last * 10.0);
    }
    let whole: Vec<_> = powers.iter().copied().filter(within).collect();
    if whole.len() >= 3 {
        return whole;
    }
    let steps = powers.into_iter().flat_map(|power| [power, 2.0 * power, 5.0 * power]);
    steps.filter(within).collect()
}

/// Where an axis from zero to `end` is marked: at most `most` equal steps of 1, 2 or 5 times
/// a power of ten, zero included.
pub(super) fn even_ticks(end: f64, most: u32) -> Vec<f64> {
    if end <= 0.0 || !end.is_finite() {
        return vec![0.0];
    }
    let step = round_up(end / f64::from(most.max(1)));
    (0..=most).map(|number| f64::from(number) * step).filter(|at| *at <= end + SLACK).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn a_linear_scale_puts_the_middle_in_the_middle_and_runs_either_way() {
        let down = Scale::linear([0.0, 1.0], [200.0, 100.0]);
        assert!(
            near(down.at(0.0), 200.0) && near(down.at(0.5), 150.0) && near(down.at(1.0), 100.0)
        );
    }

    #[test]
    fn a_logarithmic_scale_gives_each_decade_the_same_room() {
        let scale = Scale::log([1.0, 1_000.0], [0.0, 300.0]);
        assert!(near(scale.at(1.0), 0.0) && near(scale.at(10.0), 100.0));
        assert!(near(scale.at(100.0), 200.0) && near(scale.at(1_000.0), 300.0));
    }

    #[test]
    fn what_lies_beyond_an_end_is_drawn_at_the_end() {
        let scale = Scale::log([1.0, 100.0], [0.0, 10.0]);
        assert!(near(scale.at(0.0), 0.0) && near(scale.at(-4.0), 0.0) && near(scale.at(1e9), 10.0));
        assert!(near(scale.at(f64::NAN), 0.0));
        assert!(near(Scale::linear([3.0, 3.0], [7.0, 9.0]).at(3.0), 7.0), "a range of one value");
    }

    #[test]
    fn the_range_of_a_logarithmic_axis_is_rounded_outwards() {
        let range = |values: &[f64]| format!("{:?}", decades(values.iter().copied()));
        assert_eq!(range(&[4.3, 2_015.0]), "[2.0, 5000.0]");
        assert_eq!(range(&[1.0, 1_000.0]), "[1.0, 1000.0]");
        assert_eq!(range(&[]), "[1.0, 10.0]");
        assert_eq!(range(&[0.0, -3.0, f64::NAN]), "[1.0, 10.0]");
        assert_eq!(range(&[10.0]), "[10.0, 100.0]");
    }

    #[test]
    fn a_long_logarithmic_axis_is_marked_at_powers_of_ten_and_a_short_one_between_too() {
        assert_eq!(log_ticks([2.0, 5_000.0]), [10.0, 100.0, 1_000.0]);
        assert_eq!(log_ticks([2.0, 50.0]), [2.0, 5.0, 10.0, 20.0, 50.0]);
    }

    #[test]
    fn an_even_axis_is_marked_at_round_steps() {
        assert_eq!(even_ticks(80.0, 10), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]);
        assert_eq!(even_ticks(21.2, 5), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(even_ticks(0.0, 5), [0.0]);
    }

    proptest! {
        #[test]
        fn a_larger_value_never_lies_before_a_smaller_one(
            low in 0.001_f64..1e3, factor in 1.0_f64..1e4, a in 0.0_f64..1e7, b in 0.0_f64..1e7,
        ) {
            let (small, large) = (a.min(b), a.max(b));
            for scale in [
                Scale::log([low, low * factor], [0.0, 100.0]),
                Scale::linear([low, low * factor], [0.0, 100.0]),
            ] {
                prop_assert!(scale.at(small) <= scale.at(large));
                prop_assert!((0.0..=100.0).contains(&scale.at(a)));
            }
        }

        #[test]
        fn an_axis_holds_its_values_and_its_marks(a in 0.001_f64..1e6, b in 0.001_f64..1e6) {
            let [low, high] = decades([a, b].into_iter());
            prop_assert!(low <= a.min(b) * (1.0 + 1e-6) && high >= a.max(b) * (1.0 - 1e-6));
            let ticks = log_ticks([low, high]);
            prop_assert!((2..=20).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.iter().all(|t| *t >= low * 0.999 && *t <= high * 1.001));
            let even = even_ticks(a, 10);
            prop_assert!((2..=11).contains(&even.len()), "{even:?}");
        }
    }
}
