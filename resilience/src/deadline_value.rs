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
    #[inline]
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
    #[inline]
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// The time left at `now`; zero when it has passed.
    pub fn remaining(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// Whether it has passed at `now`.
    #[inline]
    pub fn has_passed(self, now: Instant) -> bool {
        self.0 <= now
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Deadline;
    use crate::carry::{Carried, Carry, Carrying};

    const TICK: Duration = Duration::from_nanos(1);

    #[test]
    fn it_only_shrinks() {
        let now = Instant::now();
        let [soon, later] = [1, 2].map(|s| Deadline::at(now + Duration::from_secs(s)));
        let mut request = Carrying::new(());
        assert_eq!(Deadline::of(&request), None);
        assert_eq!(later.shrink(&mut request), later);
        assert_eq!(soon.shrink(&mut request), soon, "nearer");
        assert_eq!(later.shrink(&mut request), soon, "never out again");
        assert_eq!(Deadline::of(&request), Some(soon));
    }

    #[test]
    fn what_else_the_request_carries_stays() {
        let mut request = Carrying::new(());
        request.set_carried(Carried { is_last_attempt: true, ..Carried::default() });
        Deadline::at(Instant::now()).shrink(&mut request);
        assert!(request.carried().is_last_attempt);
    }

    #[test]
    fn it_has_passed_at_its_instant_and_not_before() {
        let at = Instant::now() + Duration::from_secs(1);
        let deadline = Deadline::at(at);
        assert!(!deadline.has_passed(at.checked_sub(TICK).unwrap()));
        assert!(deadline.has_passed(at));
        assert_eq!(deadline.remaining(at.checked_sub(TICK).unwrap()), TICK);
        assert_eq!(deadline.remaining(at + TICK), Duration::ZERO);
    }
}
