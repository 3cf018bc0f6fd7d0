use std::time::Duration;

use tokio::time::Instant;

use super::{CountPerThread, CountWindow, Counts, Mark, Recorded, TimeWindow};
use crate::config::Check;

/// Which results count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The last `size` results, exactly.
    Count {
        /// 1 to 1,000,000.
        size: u32,
    },
    /// The last `size` results of each thread that makes calls.
    ///
    /// On one thread it is the same as [`Count`](Self::Count); with T threads it looks at up to T
    /// times `size` results, and threads do not slow each other. Take it where several threads
    /// share a breaker at hundreds of thousands of calls a second, and `Count` or
    /// [`Time`](Self::Time) elsewhere. A thread that makes no more calls keeps its results in the
    /// window until the breaker changes its state, and they may outweigh those of the others: all
    /// threads should have calls all the time. Threads beyond twice the number of cores, and
    /// beyond 64, count as one together.
    ///
    /// A result takes 2 bits, or 4 when slow calls are told apart, and every failure adds all
    /// threads up.
    CountPerThread {
        /// 1 to 1,000,000.
        size: u32,
    },
    /// The results of the last `span`, in `buckets` equal parts that leave as a whole, on a
    /// grid that begins with the breaker. It covers between (B-1)/B and all of the span; a
    /// result exactly as old as the span is out. Each bucket takes 16 bytes, or 32 when slow
    /// calls are told apart, for each thread that makes calls, and every failure adds all
    /// of them up.
    Time {
        /// 1 ms per bucket to 24 h.
        span: Duration,
        /// 1 to 100,000; more than some hundred make failures slow.
        buckets: u32,
    },
}

impl Window {
    /// Asks that its numbers are in their ranges.
    pub(crate) fn check(self, check: &mut Check) {
        match self {
            Self::Count { size } | Self::CountPerThread { size } => {
                check.range("window.size", size, 1..=1_000_000);
            }
            Self::Time { span, buckets } => {
                check.range("window.buckets", buckets, 1..=100_000);
                let least = Duration::from_millis(1).saturating_mul(buckets.clamp(1, 100_000));
                check.duration("window.span", span, least..=Duration::from_hours(24));
            }
        }
    }

    /// What `calls` means as a minimum: a count window is never asked for more than it holds, and
    /// one for each thread for no more than it holds of one.
    pub(crate) const fn reachable(self, calls: u32) -> u32 {
        match self {
            Self::Count { size } | Self::CountPerThread { size } if size < calls => size,
            _ => calls,
        }
    }
}

/// The results in a [`Window`] of any sort.
#[derive(Debug)]
pub(crate) enum Results {
    Count(CountWindow),
    CountPerThread(CountPerThread),
    Time(TimeWindow),
}

impl Results {
    pub(crate) fn new(window: Window, origin: Instant, tells_slow: bool) -> Self {
        match window {
            Window::Count { size } => Self::Count(CountWindow::new(size, tells_slow)),
            Window::CountPerThread { size } => {
                Self::CountPerThread(CountPerThread::new(size, tells_slow))
            }
            Window::Time { span, buckets } => {
                Self::Time(TimeWindow::new(span, buckets, origin, tells_slow))
            }
        }
    }

    /// Starts over for `epoch`.
    pub(crate) fn begin(&self, epoch: u64) {
        // The others need no word: the tags of the next epoch are enough for a time window, and
        // each thread's results catch up by themselves.
        if let Self::Count(window) = self {
            window.begin(epoch);
        }
    }

    /// Counts a result of `epoch`, and tells whether older ones may have left by that; `None`
    /// when the epoch is over.
    #[inline]
    pub(crate) fn record(
        &self,
        epoch: u64,
        mark: Mark,
        now: impl FnOnce() -> Instant,
    ) -> Option<bool> {
        match self {
            Self::Count(window) => window.record(epoch, mark).then_some(false),
            Self::CountPerThread(window) => window.record(epoch, mark).then_some(false),
            Self::Time(window) => match window.record(epoch, mark, now()) {
                Recorded::Stale => None,
                recorded => Some(recorded == Recorded::Began),
            },
        }
    }

    /// The results of `epoch` in the window.
    pub(crate) fn counts(&self, epoch: u64, now: impl FnOnce() -> Instant) -> Counts {
        match self {
            Self::Count(window) => window.counts(epoch),
            Self::CountPerThread(window) => window.counts(epoch),
            Self::Time(window) => window.counts(epoch, now()),
        }
    }
}
