use std::time::Duration;

use crate::config::{Check, ConfigErrors};

// Amazon's and Google's advice: begin near a round trip, double, cut where a person gives up.
const INITIAL: Duration = Duration::from_millis(50);
const FACTOR: f64 = 2.0;
const AT_MOST: Duration = Duration::from_secs(10);

/// How chance varies a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything from nothing to the whole wait. It spreads callers best: they come neither in
    /// step nor in waves (Brooker, "Exponential Backoff And Jitter", 2015).
    #[default]
    Full,
    /// The wait itself.
    None,
}

/// The waits between attempts: the first, growing by a factor, up to the longest.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::retry::{Backoff, Jitter};
///
/// let backoff = Backoff::builder()
///     .initial(Duration::from_millis(10))
///     .factor(3.0)
///     .at_most(Duration::from_millis(50))
///     .jitter(Jitter::None)
///     .build()?;
/// assert_eq!(backoff.initial(), Duration::from_millis(10));
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    factor: f64,
    at_most: Duration,
    jitter: Jitter,
}

impl Backoff {
    /// Starts from the defaults.
    pub const fn builder() -> BackoffBuilder {
        BackoffBuilder {
            backoff: Self {
                initial: INITIAL,
                factor: FACTOR,
                at_most: AT_MOST,
                jitter: Jitter::Full,
            },
        }
    }

    /// No wait at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { initial: Duration::ZERO, factor: 1.0, at_most: Duration::ZERO, jitter: Jitter::None }
    }

    /// The first wait.
    pub const fn initial(&self) -> Duration {
        self.initial
    }

    /// The factor from one wait to the next.
    pub const fn factor(&self) -> f64 {
        self.factor
    }

    /// The longest wait.
    pub const fn at_most(&self) -> Duration {
        self.at_most
    }

    /// How chance varies a wait.
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The wait before retry number `retry`, the first being 1.
    ///
    /// `random` gives a number from 0 up to 1 and is asked only when there is jitter. The
    /// wait is never above the longest and does not overflow, however high the number.
    pub(super) fn delay(&self, retry: u32, random: impl FnOnce() -> f64) -> Duration {
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        // Compared as a float: growth soon passes what a duration can hold.
        let wait = if exponent == 0 {
            self.initial.min(self.at_most)
        } else if seconds < self.at_most.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else {
            self.at_most
        };
        match self.jitter {
            Jitter::None => wait,
            Jitter::Full if wait.is_zero() => wait,
            Jitter::Full => wait.mul_f64(random().clamp(0.0, 1.0)),
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::builder().backoff
    }
}

/// Builds a [`Backoff`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct BackoffBuilder {
    backoff: Backoff,
}

impl BackoffBuilder {
    /// Sets the first wait. Choose it near the time of one good answer.
    ///
    /// Range: 0 to 1 h. Default: 50 ms.
    pub const fn initial(mut self, wait: Duration) -> Self {
        self.backoff.initial = wait;
        self
    }

    /// Sets the factor from one wait to the next; 1 keeps the wait the same.
    ///
    /// Range: 1 to 10. Default: 2.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.backoff.factor = factor;
        self
    }

    /// Sets the longest wait; jitter does not pass it.
    ///
    /// Range: 0 to 24 h. Default: 10 s.
    pub const fn at_most(mut self, wait: Duration) -> Self {
        self.backoff.at_most = wait;
        self
    }

    /// Sets how chance varies a wait. Default: full.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.backoff.jitter = jitter;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<Backoff, ConfigErrors> {
        let mut check = Check::default();
        let Backoff { initial, factor, at_most, .. } = self.backoff;
        check.duration("initial", initial, Duration::ZERO..=Duration::from_hours(1));
        check.range("factor", factor, 1.0..=10.0);
        check.duration("at_most", at_most, Duration::ZERO..=Duration::from_hours(24));
        check.finish(self.backoff)
    }
}
