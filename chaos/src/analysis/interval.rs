use serde::{Deserialize, Serialize};

/// The range in which a value lies with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The value that was measured.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The quantile of the normal distribution that leaves 2.5 % on each side.
const Z: f64 = 1.959_963_984_540_054;

/// The share `hits / of` with its Wilson interval; `None` without calls.
///
/// Unlike the textbook interval it stays inside 0 to 1 and keeps its width at the ends,
/// where most shares of a run lie.
pub fn wilson(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (hits, of) = (float(hits), float(of));
    let share = hits / of;
    let scale = 1.0 + Z * Z / of;
    let middle = (share + Z * Z / (2.0 * of)) / scale;
    let half = Z / scale * (share * (1.0 - share) / of + Z * Z / (4.0 * of * of)).sqrt();
    // At the ends the formula gives the end itself, but for the last digit.
    let low = if hits == 0.0 { 0.0 } else { middle - half };
    let high = if hits >= of { 1.0 } else { middle + half };
    Some(Interval { value: share, low, high })
}

/// The difference of two shares, `a - b`, with Newcombe's interval.
pub fn difference(a: Interval, b: Interval) -> Interval {
    let value = a.value - b.value;
    Interval {
        value,
        low: value - (a.value - a.low).hypot(b.high - b.value),
        high: value + (a.high - a.value).hypot(b.value - b.low),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 calls")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-5, "{found}, expected {expected}");
    }

    #[test]
    fn the_difference_is_that_of_newcombes_paper() {
        // Newcombe (1998), table II, method 10: 56/70 and 48/80.
        let found = difference(wilson(56, 70).unwrap(), wilson(48, 80).unwrap());
        close(found.value, 0.2);
        close(found.low, 0.0524);
        close(found.high, 0.3339);
    }

    #[test]
    fn no_failure_in_ten_still_leaves_room_for_some() {
        let interval = wilson(10, 10).unwrap();
        assert!(interval.high >= 1.0);
        close(interval.low, 0.7225);
        assert_eq!(wilson(0, 0), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share_and_stays_between_0_and_1(of in 1_u64..5_000, part in 0.0..=1.0_f64) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
            let hits = (float(of) * part) as u64;
            let interval = wilson(hits, of).unwrap();
            prop_assert!(interval.low >= -1e-12 && interval.high <= 1.0 + 1e-12);
            prop_assert!(interval.low <= interval.value && interval.value <= interval.high);
        }
    }
}
