//! The instant at which a whole request is given up.

use std::time::Duration;

use tokio::time::Instant;

use crate::carry::Carry;

/// The instant at which a whole request is given up, attempts, waits and all.
///
/// It travels with the request (see [`Carry`]) and only ever shrinks: a layer may bring it
/// nearer, none may push it out.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::Deadline;
/// use tokio::time::Instant;
///
/// let now = Instant::now();
/// let mut request = http::Request::new(());
/// Deadline::at(now + Duration::from_secs(1)).shrink(&mut request);
/// Deadline::at(now + Duration::from_secs(9)).shrink(&mut request);
///
/// let deadline = Deadline::of(&request).expect("set above");
/// assert_eq!(deadline.remaining(now), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline at `instant`.
    #[must_use]
    pub const fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// The deadline that `request` carries.
    pub fn of(request: &impl Carry) -> Option<Self> {
        request.carried().deadline.map(Self)
    }

    /// Makes `request` carry this deadline, unless it carries an earlier one; returns the
    /// one it carries then.
    pub fn shrink(self, request: &mut impl Carry) -> Self {
        let mut carried = request.carried();
        match carried.deadline {
            Some(earlier) if earlier <= self.0 => Self(earlier),
            _ => {
                carried.deadline = Some(self.0);
                request.set_carried(carried);
                self
            }
        }
    }

    /// The instant.
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// The time left at `now`; zero when it has passed.
    pub fn remaining(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// Whether it has passed at `now`.
    pub fn has_passed(self, now: Instant) -> bool {
        self.0 <= now
    }
}
