use std::{
    num::{NonZeroU32, NonZeroU64},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::lenient;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Answers in place of the service with a code of gRPC.
    GrpcStatus {
        /// The number of the code, 1 to 16.
        code: u8,
    },
    /// Fails like a connection that was cut.
    Abort {},
    /// Adds a delay that differs from call to call before the call goes on.
    RandomLatency(LatencySpread),
    /// Never answers.
    Stall {},
    /// Is not ready for calls, so that callers wait.
    ReadinessStall {},
    /// Answers with a body that comes in pieces, with a pause before each.
    SlowBody {
        /// The bytes of a piece, 1 to 16,777,216.
        chunk: u32,
        /// 1 ms to 1 h.
        #[serde(with = "humantime_serde")]
        pause: Duration,
    },
    /// Answers with a body that breaks off.
    TruncatedBody {
        /// The bytes that come through.
        after: u64,
    },
    /// Panics where the answer is awaited.
    Panic {},
}

/// How a delay differs from call to call.
///
/// # Examples
///
/// ```
/// use resilience::wire::FaultKind;
///
/// let json = r#"{ "random_latency": { "normal": { "mean": "80ms", "deviation": "20ms" } } }"#;
/// let kind: FaultKind = serde_json::from_str(json)?;
/// assert!(matches!(kind, FaultKind::RandomLatency(_)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LatencySpread {
    /// Evenly between two.
    Uniform {
        /// The shortest.
        #[serde(with = "humantime_serde")]
        from: Duration,
        /// The longest, up to 1 h.
        #[serde(with = "humantime_serde")]
        to: Duration,
    },
    /// Around a mean; what falls below zero is no delay.
    Normal {
        /// Up to 1 h.
        #[serde(with = "humantime_serde")]
        mean: Duration,
        /// The standard deviation, up to 1 h.
        #[serde(with = "humantime_serde")]
        deviation: Duration,
    },
    /// Mostly short and now and then very long.
    Pareto {
        /// The shortest, above zero.
        #[serde(with = "humantime_serde")]
        least: Duration,
        /// Above 0, to 100: the smaller, the longer the tail.
        shape: f64,
    },
    /// As it was measured.
    Histogram {
        /// 1 to 64, the shortest first.
        buckets: Vec<LatencyBucket>,
    },
}

/// A part of a measured spread of delays, which begins where the one before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyBucket {
    /// The longest delay in it, up to 1 h.
    #[serde(with = "humantime_serde")]
    pub up_to: Duration,
    /// How many of the delays lie in it, beside the weights of the others.
    pub weight: u32,
}

/// A header that a request must have to be hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderMatch {
    /// Its name.
    pub name: String,
    /// Its value; absent: whichever it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A header whose value decides in the place of chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StickyBy {
    /// Its name, such as `x-tenant`: requests with the same value are all hit, or none of them.
    pub header: String,
    /// Another one chooses others.
    #[serde(default)]
    pub salt: u64,
}

/// How long a fault stays armed unless it is said.
const fn ten_minutes() -> Duration {
    Duration::from_mins(10)
}

/// A request to arm a fault for a limited time.
///
/// # Examples
///
/// ```
/// use resilience::wire::ArmFault;
///
/// let json = r#"{
///     "fault": { "latency": { "delay": "250ms" } },
///     "rate": 0.5,
///     "expires_in": "30s",
///     "path_prefix": "/users",
///     "max_active": 20,
///     "max_injected": 1000
/// }"#;
/// let arm: ArmFault = serde_json::from_str(json)?;
/// assert_eq!(arm.max_active.map(|most| most.get()), Some(20));
///
/// let none = r#"{ "fault": { "abort": {} }, "rate": 1, "expires_in": "30s", "max_active": 0 }"#;
/// assert!(serde_json::from_str::<ArmFault>(none).is_err(), "a fault that may hit nobody");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFault {
    /// What happens to a call that is hit.
    pub fault: FaultKind,
    /// The share of matching calls that are hit, 0 to 1, both exact.
    pub rate: f64,
    /// How long the fault stays armed before it disarms itself: 1 s to 24 h; absent: 10 min.
    #[serde(default = "ten_minutes", with = "humantime_serde")]
    pub expires_in: Duration,
    /// Hits only requests whose path begins so; absent: all requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    /// Hits only requests of this method; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Hits only requests with this header; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderMatch>,
    /// Has the value of a header decide who is hit; absent: chance does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky_by: Option<StickyBy>,
    /// The most calls that may be under the fault at once; absent: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_active: Option<NonZeroU32>,
    /// The calls hit after which the fault disarms itself; absent: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_injected: Option<NonZeroU64>,
    /// The most of all traffic that may be hit, 0 to 1, whatever `rate` and conditions say; absent:
    /// no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_share: Option<f64>,
}

impl ArmFault {
    /// Hits a share of all requests, without a bound.
    #[must_use]
    pub const fn new(fault: FaultKind, rate: f64, expires_in: Duration) -> Self {
        Self {
            fault,
            rate,
            expires_in,
            path_prefix: None,
            method: None,
            header: None,
            sticky_by: None,
            max_active: None,
            max_injected: None,
            max_share: None,
        }
    }
}

/// What a fault switch says of itself.
///
/// # Examples
///
/// One that has never been armed, as a service without the counts of a plan tells it:
///
/// ```
/// use resilience::wire::FaultStatus;
///
/// let status: FaultStatus = serde_json::from_str(r#"{ "armed": null, "injected": 0 }"#)?;
/// assert_eq!(status, FaultStatus::default());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultStatus {
    /// The armed fault with the time it has left in `expires_in`; `None` when idle.
    #[serde(default, deserialize_with = "lenient::read")]
    pub armed: Option<ArmFault>,
    /// The calls hit since the process started.
    pub injected: u64,
    /// Those among them that the fault armed last has hit, also when it is armed no more.
    #[serde(default)]
    pub injected_by_plan: u64,
    /// The calls that are under a fault at this moment, such as those being delayed.
    #[serde(default)]
    pub active: u64,
}
