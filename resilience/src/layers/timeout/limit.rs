use std::time::Duration;

use tokio::time::Instant;

use crate::{error::Reason, time::after};

/// When a call ends at the latest, and what it is then called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) due: Instant,
    pub(super) reason: Reason,
    /// The time allowed, where it is what ends the call and not the request's deadline.
    pub(super) own: Option<Duration>,
}

impl Limit {
    /// `limit` from `now` on, or the request's `deadline` if that comes earlier.
    pub(super) fn new(now: Instant, limit: Duration, deadline: Option<Instant>) -> Self {
        let due = after(now, limit);
        match deadline {
            Some(deadline) if deadline < due => {
                let reason = if deadline <= now {
                    Reason::DeadlineExpired
                } else {
                    Reason::DeadlineExceeded
                };
                Self { due: deadline, reason, own: None }
            }
            _ => Self { due, reason: Reason::TimedOut, own: Some(limit) },
        }
    }
}
