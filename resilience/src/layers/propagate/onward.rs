use std::time::Duration;

use tokio::time::Instant;

use crate::deadline_value::Deadline;

/// The least that is worth sending: a header in milliseconds knows nothing shorter but zero, which
/// means that nobody waits.
const LEAST: Duration = Duration::from_millis(1);

/// The time that a request sent at `now` leaves to who is asked; `None`: too little.
pub(super) fn onward(deadline: Deadline, now: Instant, margin: Duration) -> Option<Duration> {
    deadline.remaining(now).checked_sub(margin).filter(|left| *left >= LEAST)
}
