use std::time::Duration;

use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
};

/// What happens to a call that is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call goes on after `delay`.
    Latency {
        /// Up to 1 h.
        delay: Duration,
    },
    /// The call is rejected with [`Reason::InjectedError`](crate::Reason::InjectedError).
    Error {
        /// The HTTP status that a server answers with, 400 to 599.
        status: u16,
    },
    /// The call is rejected with [`Reason::InjectedAbort`](crate::Reason::InjectedAbort).
    Abort,
}

impl Fault {
    /// The fault as a label, such as `latency`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Error { .. } => "error",
            Self::Abort => "abort",
        }
    }
}

/// A fault, which share of the calls it hits, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    fault: Fault,
    rate: Ratio,
    expires_in: Duration,
    path_prefix: Option<String>,
}

impl FaultPlan {
    /// Hits `rate` of all calls with `fault` for `expires_in` from the moment it is armed.
    ///
    /// The rates 0 and 1 are exact: none, all.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when `rate` is above 1, `expires_in` is not 1 s to 24 h, the delay is
    /// above 1 h, or the status is not 400 to 599.
    pub fn new(fault: Fault, rate: Ratio, expires_in: Duration) -> Result<Self, ConfigErrors> {
        let mut check = Check::default();
        check.range("rate", rate, Ratio::ZERO..=Ratio::ONE);
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        check.duration("expires_in", expires_in, second..=day);
        match fault {
            Fault::Latency { delay } => {
                check.duration("delay", delay, Duration::ZERO..=Duration::from_hours(1));
            }
            Fault::Error { status } => check.range("status", status, 400..=599),
            Fault::Abort => {}
        }
        check.finish(Self { fault, rate, expires_in, path_prefix: None })
    }

    /// Hits only requests whose path begins with `prefix`.
    ///
    /// A layer whose [`Target`](super::Target) knows no paths then hits nothing.
    #[must_use]
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = Some(prefix.into());
        self
    }

    /// The fault.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The share of matching calls that are hit.
    pub const fn rate(&self) -> Ratio {
        self.rate
    }

    /// How long it stays armed.
    pub const fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The beginning of the paths that are hit; `None` for all.
    pub fn prefix(&self) -> Option<&str> {
        self.path_prefix.as_deref()
    }

    /// Whether chance hits a call; `random` gives 0 up to 1.
    #[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "injects nothing"))]
    pub(super) fn hits(&self, random: impl FnOnce() -> f64) -> bool {
        random() < self.rate.as_f64()
    }
}
