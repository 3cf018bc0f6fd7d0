//! The time by which everything that was seen is put in order.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::KEPT;

/// The time since the dashboard started, and three minutes more: ages that services tell reach
/// back before the start, and time has no negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    /// A clock that starts at this moment.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time.
    pub(super) fn now(self) -> Duration {
        Duration::from_secs(KEPT) + self.0.elapsed()
    }
}
