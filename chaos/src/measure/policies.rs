use serde::{Deserialize, Serialize};

/// What a service's policies did, counted by the service; `None` where it does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// Attempts after the first.
    pub retries: Option<u64>,
    /// Calls that came to a good end only by such an attempt.
    pub saved: Option<u64>,
    /// Attempts that were given up because they took too long.
    pub timed_out: Option<u64>,
    /// Times that the breaker opened.
    pub opened: Option<u64>,
}
