use tokio::time::Instant;

use super::config::{Config, Window};
use crate::window::{CountWindow, Counts, Mark, Recorded, TimeWindow};

/// The results that the rules of a closed breaker look at.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one per breaker; a box would add a step to each call"
)]
pub(super) enum Results {
    Count(CountWindow),
    Time(TimeWindow),
    /// No rule looks at a window.
    None,
}

impl Results {
    pub(super) fn new(config: &Config, origin: Instant) -> Self {
        let tells_slow = config.slow_call.is_some();
        match config.window {
            _ if config.failure_rate.is_none() && !tells_slow => Self::None,
            Window::Count { size } => Self::Count(CountWindow::new(size, tells_slow)),
            Window::Time { span, buckets } => {
                Self::Time(TimeWindow::new(span, buckets, origin, tells_slow))
            }
        }
    }

    /// Starts over for `epoch`.
    pub(super) fn begin(&self, epoch: u64) {
        // A time window needs no word: the tags of the next epoch are enough.
        if let Self::Count(window) = self {
            window.begin(epoch);
        }
    }

    /// Counts a result of `epoch`, and tells whether older ones may have left by that; `None`
    /// when the epoch is over.
    pub(super) fn record(&self, epoch: u64, mark: Mark, now: impl Fn() -> Instant) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Count(window) => window.record(epoch, mark).then_some(false),
            Self::Time(window) => match window.record(epoch, mark, now()) {
                Recorded::Stale => None,
                recorded => Some(recorded == Recorded::Began),
            },
        }
    }

    pub(super) fn counts(&self, epoch: u64, now: impl Fn() -> Instant) -> Counts {
        match self {
            Self::None => Counts::default(),
            Self::Count(window) => window.counts(epoch),
            Self::Time(window) => window.counts(epoch, now()),
        }
    }
}
