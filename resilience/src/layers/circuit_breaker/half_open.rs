use std::fmt;

/// How a half-open breaker comes to its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HalfOpen {
    /// Admits `calls` probes and judges them together when all have ended: by the failure
    /// rate, or, without that rule, failing on any failure.
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
}

impl HalfOpen {
    /// The probes admitted in one half-open period.
    pub(super) const fn calls(self) -> u32 {
        match self {
            Self::PermittedCalls { calls } => calls,
            Self::Ratio { of, .. } => of,
        }
    }
}

impl fmt::Display for HalfOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PermittedCalls { calls } => write!(f, "{calls} calls"),
            Self::Ratio { successes, of } => write!(f, "{successes} of {of}"),
        }
    }
}
