use serde::{Deserialize, Serialize};

use super::fault::ArmFault;

/// What the header `x-fault-plan` of a request holds: a fault for that request alone.
///
/// # Examples
///
/// ```
/// use resilience::wire::HeaderFault;
///
/// let json = r#"{
///     "run": "nightly-17",
///     "policy": "users-api",
///     "expires": 1790000000,
///     "plan": { "fault": { "abort": {} }, "rate": 1 }
/// }"#;
/// let fault: HeaderFault = serde_json::from_str(json)?;
/// assert_eq!(fault.run, "nightly-17");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderFault {
    /// The run that it belongs to, for the log: a name like that of a policy.
    pub run: String,
    /// The layer that it is for; others pass the request on.
    pub policy: String,
    /// Until when it is good, in seconds of Unix time; at most 24 h ahead.
    pub expires: u64,
    /// What happens to the request; its rate and conditions hold as they do for an armed plan.
    pub plan: ArmFault,
}
