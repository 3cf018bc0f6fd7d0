use std::time::Duration;

use tokio::time::Instant;

use crate::error::Reason;

/// When a call ends at the latest, and what it is then called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) due: Instant,
    pub(super) reason: Reason,
}

impl Limit {
    /// `limit` from `now` on, or the request's `deadline` if that comes earlier.
    pub(super) fn new(now: Instant, limit: Duration, deadline: Option<Instant>) -> Self {
        // A limit past the end of time is none; the deadline, if any, is then the earlier.
        let due = now.checked_add(limit);
        match (due, deadline) {
            (Some(due), Some(deadline)) if deadline < due => Self::deadline(deadline),
            (Some(due), _) => Self { due, reason: Reason::TimedOut },
            (None, Some(deadline)) => Self::deadline(deadline),
            (None, None) => Self { due: now + CENTURY, reason: Reason::TimedOut },
        }
    }

    const fn deadline(due: Instant) -> Self {
        Self { due, reason: Reason::DeadlineExceeded }
    }
}

const CENTURY: Duration = Duration::from_hours(24 * 365 * 100);
