use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a group is held against, the same for both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// The least share of orders acknowledged within [`within`](Self::within), in each
    /// phase that [expects orders](super::Expects::Orders).
    pub ok_share: f64,
    /// The time in which an order is answered: a later acknowledgement is not a success,
    /// and the 99th percentile stays below it in every phase.
    #[serde(with = "humantime_serde")]
    pub within: Duration,
    /// The bound on the 99th percentile of refusals where refusals are expected.
    #[serde(with = "humantime_serde")]
    pub refusal_p99: Duration,
    /// How soon after the restart of a killed service the last refusal comes: a breaker that
    /// stays open keeps from its callers what is there again.
    #[serde(with = "humantime_serde")]
    pub refusals_end: Duration,
    /// The generator's own lag, 99th percentile, above which nothing can be judged: the
    /// lag counts as latency of the system, so it must stay small beside `within`.
    #[serde(with = "humantime_serde")]
    pub generator_lag_p99: Duration,
}
