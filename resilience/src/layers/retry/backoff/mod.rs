mod growth;
mod jitter;

use std::{num::NonZeroU32, time::Duration};

pub use growth::{Custom, Growth};
pub use jitter::Jitter;

use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
};

// Amazon's and Google's advice: begin near a round trip, double, cut where a person gives up.
const INITIAL: Duration = Duration::from_millis(50);
const FACTOR: f64 = 2.0;
const AT_MOST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(24);

/// The waits between attempts: how they grow from the first one, and how long they may be.
///
/// # Examples
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use resilience::retry::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(Duration::from_millis(10))
///     .factor(3.0)
///     .at_most(Duration::from_millis(50))
///     .jitter(Jitter::None)
///     .build()?;
/// let waits: Vec<_> = (1..=3)
///     .filter_map(NonZeroU32::new)
///     .map(|retry| backoff.delay(retry, None, || 0.5).as_millis())
///     .collect();
/// assert_eq!(waits, [10, 30, 50]);
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    growth: Growth,
    at_most: Duration,
    jitter: Jitter,
}

impl Backoff {
    /// Starts from the defaults.
    pub const fn builder() -> BackoffBuilder {
        Self::exponential(INITIAL)
    }

    /// Waits that double from `initial` on, unless another factor is set.
    pub const fn exponential(initial: Duration) -> BackoffBuilder {
        BackoffBuilder::new(initial, Growth::Exponential { factor: FACTOR })
    }

    /// Waits of the same length.
    pub const fn fixed(wait: Duration) -> BackoffBuilder {
        BackoffBuilder::new(wait, Growth::Fixed)
    }

    /// Waits that grow by `initial` each time.
    pub const fn linear(initial: Duration) -> BackoffBuilder {
        BackoffBuilder::new(initial, Growth::Linear)
    }

    /// No wait at all.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            initial: Duration::ZERO,
            growth: Growth::Fixed,
            at_most: Duration::ZERO,
            jitter: Jitter::None,
        }
    }

    /// The first wait.
    pub const fn initial(&self) -> Duration {
        self.initial
    }

    /// How a wait grows.
    pub const fn growth(&self) -> &Growth {
        &self.growth
    }

    /// The longest wait.
    pub const fn at_most(&self) -> Duration {
        self.at_most
    }

    /// How chance varies a wait.
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The wait before `retry`, the first being 1.
    ///
    /// `previous` is the wait before the retry before, which decorrelated jitter goes by.
    /// `random` gives a number from 0 up to 1 and is asked only when there is something to
    /// vary; what lies outside counts as the nearest of the two, and no number (NaN) as 1. The
    /// wait is never above the longest and does not overflow, however high the number.
    pub fn delay(
        &self,
        retry: NonZeroU32,
        previous: Option<Duration>,
        random: impl FnOnce() -> f64,
    ) -> Duration {
        if self.at_most.is_zero() {
            return Duration::ZERO;
        }
        let seconds = self.growth.seconds(self.initial, retry);
        self.jitter.vary(seconds, self.at_most, self.initial, previous, random)
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
    needs_wait: bool,
}

impl BackoffBuilder {
    const fn new(initial: Duration, growth: Growth) -> Self {
        let backoff = Backoff { initial, growth, at_most: AT_MOST, jitter: Jitter::Full };
        Self { backoff, needs_wait: false }
    }

    /// Sets the first wait. Choose it near the time of one good answer.
    ///
    /// Range: 0 to 24 h. Default: 50 ms.
    pub const fn initial(mut self, wait: Duration) -> Self {
        self.backoff.initial = wait;
        self
    }

    /// Sets the factor from one wait to the next, and lets waits grow by it.
    ///
    /// Range: 1 to 100. Default: 2.
    pub fn factor(self, factor: f64) -> Self {
        self.growth(Growth::Exponential { factor })
    }

    /// Sets how a wait grows. Default: exponential, by a factor of 2.
    pub fn growth(mut self, growth: Growth) -> Self {
        self.backoff.growth = growth;
        self
    }

    /// Sets the longest wait; jitter does not pass it.
    ///
    /// Range: 0 to 24 h, or [`Duration::MAX`] for none. Default: 10 s.
    pub const fn at_most(mut self, wait: Duration) -> Self {
        self.backoff.at_most = wait;
        self
    }

    /// Sets how chance varies a wait. Default: full.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.backoff.jitter = jitter;
        self
    }

    /// Refuses a first wait of nothing. Default: allowed, as some tests want it.
    pub const fn needs_wait(mut self) -> Self {
        self.needs_wait = true;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming every setting that is out of its range.
    pub fn build(self) -> Result<Backoff, ConfigErrors> {
        let mut check = Check::default();
        let Backoff { initial, growth, at_most, jitter } = &self.backoff;
        let shortest = if self.needs_wait { Duration::from_nanos(1) } else { Duration::ZERO };
        check.duration("initial", *initial, shortest..=LONGEST);
        if let Growth::Exponential { factor } = growth {
            check.range("factor", *factor, 1.0..=100.0);
        }
        if *at_most != Duration::MAX {
            check.duration("at_most", *at_most, Duration::ZERO..=LONGEST);
        }
        if let Jitter::Within(share) = jitter {
            check.range("jitter", *share, Ratio::ZERO..=Ratio::ONE);
        }
        check.finish(self.backoff)
    }
}

#[cfg(test)]
mod tests;
