//! The JSON shapes that services, dashboards and the `chaos` tool exchange.
//!
//! They live apart from the layers, so that a tool can speak to a service without
//! linking the layers' configuration. Durations are human text, such as `"250ms"`.
//! An unknown field is an error: a misspelt `rate` must not arm a fault at its default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a fault does to a call that it hits.
///
/// # Examples
///
/// ```
/// use resilience::wire::FaultKind;
///
/// let kind: FaultKind = serde_json::from_str(r#"{"latency":{"delay":"2s"}}"#)?;
/// assert_eq!(kind, FaultKind::Latency { delay: std::time::Duration::from_secs(2) });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// Adds `delay` before the call goes on.
    Latency {
        /// The time added, as human text.
        #[serde(with = "humantime_serde")]
        delay: Duration,
    },
    /// Answers in place of the service with an HTTP status.
    Error {
        /// The status, 400 to 599.
        status: u16,
    },
    /// Fails like a connection that was cut.
    Abort {},
}

/// A request to arm a fault for a limited time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFault {
    /// What happens to a call that is hit.
    pub fault: FaultKind,
    /// The share of matching calls that are hit, 0 to 1, both exact.
    pub rate: f64,
    /// How long the fault stays armed before it disarms itself: 1 s to 24 h.
    #[serde(with = "humantime_serde")]
    pub expires_in: Duration,
    /// Hits only requests whose path begins so; absent: all requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
}

/// What a fault switch says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultStatus {
    /// The armed fault with the time it has left in `expires_in`; `None` when idle.
    pub armed: Option<ArmFault>,
    /// The calls hit since the process started.
    pub injected: u64,
}
