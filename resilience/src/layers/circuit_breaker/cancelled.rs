use std::fmt;

use crate::ratio::Ratio;

/// What a call says of the service that is dropped before its answer, or whose permit is.
///
/// A caller that gives up may have had its own reasons, so by default it says nothing. But
/// where a limit of time stands outside of the breaker, a service that hangs is seen by
/// nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Cancelled {
    /// Nothing: a probe's place is free again.
    #[default]
    Ignore,
    /// A failure.
    Failure,
    /// A failure, once such calls are at least this share of all in the breaker's window and
    /// there are at least the minimum of calls; nothing before, nor as a probe.
    FailureFrom(Ratio),
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignore => f.write_str("ignored"),
            Self::Failure => f.write_str("failures"),
            Self::FailureFrom(rate) => write!(f, "failures from a share of {rate} on"),
        }
    }
}
