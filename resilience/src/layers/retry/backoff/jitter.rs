use std::time::Duration;

use crate::ratio::Ratio;

/// How chance varies a wait.
///
/// Without chance all callers that failed together come back together. Full, equal and
/// decorrelated are those of Brooker, "Exponential Backoff And Jitter" (2015).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything from nothing to the whole wait. It spreads callers best: they come neither in
    /// step nor in waves.
    #[default]
    Full,
    /// Anything from half of the wait to all of it: never at once.
    Equal,
    /// Anything from the first wait to three times the wait before. The growth is that of
    /// chance alone.
    Decorrelated,
    /// The wait, more or less by up to this share of it. Range: 0 to 1.
    Within(Ratio),
    /// The wait itself.
    None,
}

impl Jitter {
    /// Varies a wait of `seconds`, which is cut at `at_most`.
    ///
    /// Shares of the whole are taken of the wait as it is cut: a wait that is varied first and
    /// cut then would mostly be the longest one, for all callers alike. What varies to both
    /// sides is cut at last, so that nothing passes the longest wait.
    pub(super) fn vary(
        self,
        seconds: f64,
        at_most: Duration,
        initial: Duration,
        previous: Option<Duration>,
        random: impl FnOnce() -> f64,
    ) -> Duration {
        let cut = |seconds: f64| {
            // Compared as floats: growth soon passes what a duration can hold.
            if seconds < at_most.as_secs_f64() {
                Duration::try_from_secs_f64(seconds).unwrap_or(at_most).min(at_most)
            } else {
                at_most
            }
        };
        let wait = cut(seconds);
        if wait.is_zero() && self != Self::Decorrelated {
            return wait;
        }
        let draw = || match random() {
            random if random.is_nan() => 1.0,
            random => random.clamp(0.0, 1.0),
        };
        // The longest durations, rounded to a float and back, are more than a duration holds.
        let part = |share: f64| cut(wait.as_secs_f64() * share);
        match self {
            Self::None => wait,
            Self::Full => part(draw()),
            Self::Equal => part(draw().mul_add(0.5, 0.5)),
            Self::Within(share) => {
                let by = share.as_f64() * draw().mul_add(2.0, -1.0);
                cut(seconds * (1.0 + by))
            }
            Self::Decorrelated => {
                let first = initial.as_secs_f64();
                let reach = (previous.unwrap_or(initial).as_secs_f64() * 3.0).max(first);
                cut((reach - first).mul_add(draw(), first))
            }
        }
    }
}
