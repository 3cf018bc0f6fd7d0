use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

/// How a wait grows from one retry to the next.
#[derive(Clone)]
#[non_exhaustive]
pub enum Growth {
    /// Every wait is the first one.
    Fixed,
    /// The wait before retry `n` is `n` times the first one.
    Linear,
    /// Each wait is `factor` times the one before.
    Exponential {
        /// Range: 1 to 100.
        factor: f64,
    },
    /// Each wait is what a function answers; see [`Growth::custom`].
    Custom(Custom),
}

/// A function that knows the wait before a retry.
#[derive(Clone)]
pub struct Custom(Arc<dyn Fn(NonZeroU32) -> Option<Duration> + Send + Sync>);

impl Growth {
    /// Asks `wait` for the wait before each retry, the first being 1.
    ///
    /// Where it has no opinion and answers `None`, the wait is the first one. Jitter and the
    /// longest wait apply to its answer as to any other.
    #[must_use]
    pub fn custom(wait: impl Fn(NonZeroU32) -> Option<Duration> + Send + Sync + 'static) -> Self {
        Self::Custom(Custom(Arc::new(wait)))
    }

    /// The wait before `retry` in seconds, without a cap; infinite when no number holds it.
    pub(super) fn seconds(&self, initial: Duration, retry: NonZeroU32) -> f64 {
        let first = initial.as_secs_f64();
        match self {
            Self::Fixed => first,
            Self::Linear => first * f64::from(retry.get()),
            Self::Exponential { factor } => {
                let exponent = i32::try_from(retry.get() - 1).unwrap_or(i32::MAX);
                // Nothing stays nothing, also times infinity.
                if initial.is_zero() { 0.0 } else { first * factor.powi(exponent) }
            }
            Self::Custom(custom) => (custom.0)(retry).unwrap_or(initial).as_secs_f64(),
        }
    }
}

impl PartialEq for Growth {
    /// Functions are equal when they are the same one.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed, Self::Fixed) | (Self::Linear, Self::Linear) => true,
            (Self::Exponential { factor: one }, Self::Exponential { factor: other }) => {
                one.total_cmp(other).is_eq()
            }
            (Self::Custom(one), Self::Custom(other)) => Arc::ptr_eq(&one.0, &other.0),
            _ => false,
        }
    }
}

impl fmt::Debug for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed => f.write_str("Fixed"),
            Self::Linear => f.write_str("Linear"),
            Self::Exponential { factor } => {
                f.debug_struct("Exponential").field("factor", factor).finish()
            }
            Self::Custom(custom) => custom.fmt(f),
        }
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom(..)")
    }
}
