//! What a call came to, in the words that policies decide by.

use std::time::Duration;

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The service did its work.
    Success,
    /// The service failed: counts against it, and may be worth a retry.
    Failure,
    /// The service failed and says for how long: a failure that is not worth a retry before.
    Unavailable {
        /// How long it asks to wait.
        retry_after: Duration,
    },
    /// The call says nothing about the service, such as a refusal made on this side.
    Ignored,
    /// The service is up and asks for fewer calls.
    RateLimited {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
}
