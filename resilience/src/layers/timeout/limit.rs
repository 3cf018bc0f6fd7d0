use std::time::Duration;

use tokio::time::Instant;

use crate::{
    deadline_value::Deadline,
    error::{Reason, Rejected},
    name::Name,
    time::after,
};

/// When one call ends at the latest, and what it is then called: what the layer decides by,
/// for code without Tower.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{Deadline, Reason, timeout::Limit};
/// use tokio::time::Instant;
///
/// let now = Instant::now();
/// let second = Duration::from_secs(1);
/// let limit = Limit::new(now, second, None);
/// assert_eq!((limit.due(), limit.reason()), (now + second, Reason::TimedOut));
///
/// let nearer = Limit::new(now, second, Some(Deadline::at(now + second / 2)));
/// assert_eq!((nearer.due(), nearer.reason()), (now + second / 2, Reason::DeadlineExceeded));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    due: Instant,
    reason: Reason,
    /// The time allowed, where it is what ends the call and not the request's deadline.
    own: Option<Duration>,
}

impl Limit {
    /// `limit` from `now` on, or the request's `deadline` if that comes earlier.
    #[inline]
    pub fn new(now: Instant, limit: Duration, deadline: Option<Deadline>) -> Self {
        let due = after(now, limit);
        match deadline.map(Deadline::instant) {
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

    /// When the call ends: an answer at this instant is still in time.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Why it ends then: it has timed out, its request's deadline is exceeded, or that had
    /// expired before and the call must not begin.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What the caller is told then.
    pub const fn rejected(&self, name: Name) -> Rejected {
        rejected(name, self.reason, self.own)
    }

    /// The time allowed, where it is what ends the call and not the request's deadline.
    pub(super) const fn own(&self) -> Option<Duration> {
        self.own
    }
}

pub(super) const fn rejected(name: Name, reason: Reason, own: Option<Duration>) -> Rejected {
    let rejected = Rejected::new(name, reason);
    match own {
        Some(limit) => rejected.with_limit(limit),
        None => rejected,
    }
}
