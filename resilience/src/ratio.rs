//! Shares of a whole.

use std::{error, fmt};

/// A share: 0.5 is one half, 2 is twice the whole.
///
/// Range: 0 to 1,000. Where a setting takes a share of calls it asks for at most 1, and
/// says so when it is built.
///
/// # Examples
///
/// ```
/// use resilience::Ratio;
///
/// const HALF: Ratio = Ratio::percent(50);
/// assert_eq!(Ratio::new(0.5)?, HALF);
/// assert_eq!(
///     Ratio::new(f64::NAN).unwrap_err().to_string(),
///     "ratio is NaN, but must be 0 to 1000",
/// );
/// # Ok::<(), resilience::RatioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Ratio(f64);

const MOST: f64 = 1_000.0;

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);
    /// The whole.
    pub const ONE: Self = Self(1.0);

    /// Checks `share`.
    ///
    /// # Errors
    ///
    /// [`RatioError`] when `share` is not a number from 0 to 1,000.
    pub const fn new(share: f64) -> Result<Self, RatioError> {
        if share >= 0.0 && share <= MOST { Ok(Self(share)) } else { Err(RatioError(share)) }
    }

    /// `percent` hundredths; above 100,000 % the highest share.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        let share = percent as f64 / 100.0;
        if share > MOST { Self(MOST) } else { Self(share) }
    }

    /// The share as a number.
    pub const fn as_f64(self) -> f64 {
        self.0
    }

    /// Whether `part` of `whole` is at least this share.
    pub(crate) fn is_reached_by(self, part: u64, whole: u64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "counts of calls stay far below 2^52")]
        let share = part as f64 / whole as f64;
        whole > 0 && share >= self.0
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A number that is no [`Ratio`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioError(f64);

impl fmt::Display for RatioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ratio is {}, but must be 0 to 1000", self.0)
    }
}

impl error::Error for RatioError {}
