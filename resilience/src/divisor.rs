//! Division by a number that is known long before.

/// Divides by one number, exactly, without the processor's division, which takes as long as all
/// else that a window does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
    by: u64,
    /// 2^64 / `by`, rounded down; one less than that for 1.
    reciprocal: u64,
}

impl Divisor {
    /// # Panics
    ///
    /// When `by` is 0.
    pub(crate) fn new(by: u64) -> Self {
        let reciprocal = (1 << 64) / u128::from(by);
        Self { by, reciprocal: u64::try_from(reciprocal).unwrap_or(u64::MAX) }
    }

    #[inline]
    pub(crate) fn quotient(&self, number: u64) -> u64 {
        let product = u128::from(number) * u128::from(self.reciprocal);
        let estimate = (product >> 64) as u64;
        // The reciprocal is too small by less than one, and `number` is less than 2^64: the
        // estimate is too small by one at most.
        estimate + u64::from(number - estimate * self.by >= self.by)
    }

    #[inline]
    pub(crate) fn remainder(&self, number: u64) -> u64 {
        number - self.quotient(number) * self.by
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Divisor;

    #[test]
    fn the_ends_of_the_range_are_exact() {
        let ends = [0, 1, 2, 3, 10, 1 << 32, u64::MAX / 2, u64::MAX - 1, u64::MAX];
        for by in ends.into_iter().filter(|by| *by > 0) {
            let divisor = Divisor::new(by);
            for number in ends {
                assert_eq!(divisor.quotient(number), number / by, "{number} / {by}");
                assert_eq!(divisor.remainder(number), number % by, "{number} % {by}");
            }
        }
    }

    proptest! {
        #[test]
        fn it_divides_as_the_processor_does(
            by in (1..=u64::MAX, 0..64_u32).prop_map(|(by, shift)| (by >> shift).max(1)),
            times in any::<u64>(),
            beside in -2..=2_i64,
        ) {
            let divisor = Divisor::new(by);
            // Around the multiples it is that an estimate may be off.
            let number = (times / by * by).wrapping_add_signed(beside);
            prop_assert_eq!(divisor.quotient(number), number / by);
            prop_assert_eq!(divisor.remainder(number), number % by);
        }
    }
}
