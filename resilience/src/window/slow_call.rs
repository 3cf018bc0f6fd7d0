use std::time::Duration;

/// When a call is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowCall {
    threshold: Duration,
    is_inclusive: bool,
}

impl SlowCall {
    /// A call that takes `threshold` or longer is slow.
    #[must_use]
    pub const fn at_least(threshold: Duration) -> Self {
        Self { threshold, is_inclusive: true }
    }

    /// A call that takes longer than `threshold` is slow, as in resilience4j.
    #[must_use]
    pub const fn longer_than(threshold: Duration) -> Self {
        Self { threshold, is_inclusive: false }
    }

    /// The time from which on, or beyond which, a call is slow.
    pub const fn threshold(self) -> Duration {
        self.threshold
    }

    /// The shortest time that is slow.
    pub(crate) const fn least(self) -> Duration {
        let beyond = if self.is_inclusive { Duration::ZERO } else { Duration::from_nanos(1) };
        self.threshold.saturating_add(beyond)
    }

    /// Whether a call of this length is slow.
    pub fn is_slow(self, took: Duration) -> bool {
        took >= self.least()
    }
}
