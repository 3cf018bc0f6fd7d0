//! Why a call brought no answer.

use std::{error, fmt, time::Duration};

/// Why a call brought no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// A policy refused, and nothing was sent.
    Refused {
        /// The policy's reason, such as `circuit_open`.
        reason: &'static str,
        /// When a retry makes sense, if the policy knows.
        retry_after: Option<Duration>,
    },
    /// A policy ended the call after it was sent.
    Ended {
        /// The policy's reason, such as `timed_out`.
        reason: &'static str,
        /// When a retry makes sense, if the policy knows.
        retry_after: Option<Duration>,
    },
    /// The call failed on its way.
    Transport(TransportError),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { reason, .. } => write!(f, "not sent: {reason}"),
            Self::Ended { reason, .. } => write!(f, "ended: {reason}"),
            Self::Transport(_) => f.write_str("the call failed on its way"),
        }
    }
}

impl error::Error for CallError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Refused { .. } | Self::Ended { .. } => None,
            Self::Transport(error) => Some(error),
        }
    }
}

/// What kind of failure on the way it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// No connection: nothing was sent.
    Connect,
    /// The transport's own limit passed.
    Timeout,
    /// The answer was longer than allowed.
    TooLarge,
    /// The connection broke or the answer was no HTTP.
    Other,
}

/// A call that failed on its way.
#[derive(Debug)]
pub struct TransportError {
    cause: Cause,
    source: Option<reqwest::Error>,
}

impl TransportError {
    /// What kind of failure it was.
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    pub(super) const fn too_large() -> Self {
        Self { cause: Cause::TooLarge, source: None }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        let cause = if error.is_connect() {
            Cause::Connect
        } else if error.is_timeout() {
            Cause::Timeout
        } else {
            Cause::Other
        };
        Self { cause, source: Some(error) }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            Cause::Connect => "cannot connect",
            Cause::Timeout => "no answer in time",
            Cause::TooLarge => "the answer is longer than allowed",
            Cause::Other => "the connection broke",
        })
    }
}

impl error::Error for TransportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|error| error as &(dyn error::Error + 'static))
    }
}
