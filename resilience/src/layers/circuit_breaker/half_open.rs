use std::fmt;

use crate::{config::Check, ratio::Ratio};

/// What a product of floats may be away from the true one.
pub(super) const ROUNDING: f64 = 1e-6;

/// How a half-open breaker comes to its verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum HalfOpen {
    /// Admits `calls` probes and judges them together when all have ended: by the failure rate
    /// and the slow-call rate. A breaker that looks at failures in another way, and has no
    /// failure rate, reopens by any failure; one that looks at slow calls alone by none.
    PermittedCalls {
        /// 1 to 1,000.
        calls: u32,
    },
    /// Admits `of` probes and asks for `successes` among them; decides as soon as the
    /// verdict is certain.
    Ratio {
        /// 1 to `of`.
        successes: u32,
        /// 1 to 1,000.
        of: u32,
    },
    /// Closes after so many successes and reopens after so many failures, whichever comes
    /// first.
    Thresholds {
        /// 1 to 1,000.
        successes: u32,
        /// 1 to 1,000.
        failures: u32,
        /// The probes admitted in one half-open period: as many as a verdict may take, to
        /// 2,000; `None` for all calls.
        calls: Option<u32>,
    },
    /// Lets a growing share of the calls through: the share `first`, then `factor` times as
    /// many, and so on until the share would be all of them, when the breaker closes. Each
    /// share is held until `calls` of its probes have ended, and they are judged together as
    /// [`PermittedCalls`](Self::PermittedCalls) are; a bad share reopens the breaker.
    ///
    /// For a service that a sudden return of all its callers would bring down again.
    Shares {
        /// 0.001 to 0.5.
        first: Ratio,
        /// 2 to 100.
        factor: u32,
        /// 1 to 1,000.
        calls: u32,
    },
}

impl HalfOpen {
    /// The probes admitted in one half-open period, where that is limited.
    pub(super) const fn calls(self) -> Option<u32> {
        match self {
            Self::PermittedCalls { calls } => Some(calls),
            Self::Ratio { of, .. } => Some(of),
            Self::Thresholds { calls, .. } => calls,
            Self::Shares { .. } => None,
        }
    }

    /// The share of the calls that stage `number` admits, from 0 on; `None` when all pass.
    pub(super) fn share(self, number: u32) -> Option<f64> {
        let Self::Shares { first, factor, .. } = self else { return None };
        let growth = f64::from(factor).powi(i32::try_from(number).unwrap_or(i32::MAX));
        // A product of floats may be a little below the whole that it stands for.
        Some(first.as_f64() * growth).filter(|share| *share < 1.0 - ROUNDING)
    }

    /// Asks that its numbers are in their ranges.
    pub(super) fn check(self, check: &mut Check) {
        let fits = match self {
            Self::PermittedCalls { calls } => (1..=1_000).contains(&calls),
            Self::Ratio { successes, of } => {
                (1..=1_000).contains(&of) && (1..=of).contains(&successes)
            }
            Self::Thresholds { successes, failures, calls } => {
                let in_range = (1..=1_000).contains(&successes) && (1..=1_000).contains(&failures);
                // Fewer could all end without a verdict.
                in_range
                    && calls.is_none_or(|calls| (successes + failures - 1..=2_000).contains(&calls))
            }
            Self::Shares { first, factor, calls } => {
                (0.001..=0.5).contains(&first.as_f64())
                    && (2..=100).contains(&factor)
                    && (1..=1_000).contains(&calls)
            }
        };
        check.that(fits, "half_open", self, "within the ranges of its kind");
    }
}

impl fmt::Display for HalfOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PermittedCalls { calls } => write!(f, "{calls} calls"),
            Self::Ratio { successes, of } => write!(f, "{successes} of {of}"),
            Self::Thresholds { successes, failures, calls: None } => {
                write!(f, "{successes} successes or {failures} failures")
            }
            Self::Thresholds { successes, failures, calls: Some(calls) } => {
                write!(f, "{successes} successes or {failures} failures of {calls} calls")
            }
            Self::Shares { first, factor, calls } => {
                write!(f, "a share of {first}, growing {factor}-fold after {calls} calls")
            }
        }
    }
}
