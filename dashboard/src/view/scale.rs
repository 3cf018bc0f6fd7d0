//! From values to places in a drawing.

/// Maps values to places in a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

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

/// The smallest round number that is not below `value`, and at least 10.
///
/// Its half is a short number, too, for the mark in the middle.
pub(super) fn round_up(value: f64) -> f64 {
    let value = if value.is_finite() { value.max(10.0) } else { 10.0 };
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0].into_iter().map(|step| step * power);
    steps.into_iter().find(|end| *end >= value * (1.0 - 1e-9)).unwrap_or(value)
}

/// From 1 to the power of ten above all `values`, at least to 100. What is below 1 is drawn there:
/// among milliseconds it makes no difference that anybody would look for here.
pub(super) fn decades(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let high = values.filter(|value| value.is_finite()).fold(100.0, f64::max);
    [1.0, 10_f64.powf(high.log10().ceil())]
}

/// The powers of ten from `low` to `high`, both included.
pub(super) fn powers([low, high]: [f64; 2]) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(low), |power| Some(power * 10.0))
        .take_while(move |power| *power <= high * 1.001)
        .take(20)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Scale, decades, powers, round_up};

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6
    }

    #[test]
    fn a_scale_runs_either_way_and_ends_at_its_ends() {
        let down = Scale::linear([0.0, 1.0], [200.0, 100.0]);
        assert!(
            near(down.at(0.5), 150.0) && near(down.at(9.0), 100.0) && near(down.at(-9.0), 200.0)
        );
        assert!(near(down.at(f64::NAN), 200.0));
        let decades = Scale::log([1.0, 1_000.0], [0.0, 300.0]);
        assert!(near(decades.at(10.0), 100.0) && near(decades.at(0.0), 0.0));
    }

    #[test]
    fn ends_are_round() {
        for (value, end) in
            [(0.0, 10.0), (11.0, 12.0), (118.0, 120.0), (500.0, 600.0), (801.0, 1e3)]
        {
            assert!(near(round_up(value), end), "{value}: {}", round_up(value));
        }
        for (value, end) in [(4.3, 100.0), (2_015.0, 10_000.0), (f64::NAN, 100.0)] {
            let [low, high] = decades([value].into_iter());
            assert!(near(low, 1.0) && near(high, end), "{value}: {low} to {high}");
        }
        assert_eq!(powers([0.1, 100.0]).collect::<Vec<_>>().len(), 4);
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_values(value in 0.0_f64..1e9, ms in 0.01_f64..1e6) {
            prop_assert!(round_up(value) >= value * (1.0 - 1e-6));
            let [low, high] = decades([ms].into_iter());
            prop_assert!(low < high && high >= ms * 0.999);
            prop_assert!(powers([low, high]).count() <= 10);
        }
    }
}
