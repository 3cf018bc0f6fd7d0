use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::{Counts, Mark, Results, SlowCall, Window};
use crate::config::{Check, ConfigErrors};

/// The window of a circuit breaker, for policies of your own.
///
/// It counts as a breaker does, and adds up how long the calls took.
///
/// # Sharing
///
/// One owner records. Behind a lock it can be shared: its threads are as one, and
/// [`Window::CountPerThread`] is the same as [`Window::Count`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::circuit_breaker::{SlidingWindow, Window};
/// use tokio::time::Instant;
///
/// let now = Instant::now();
/// let mut last_two = SlidingWindow::new(Window::Count { size: 2 }, None, now)?;
/// for failed in [true, false, false] {
///     last_two.record(failed, Duration::from_millis(10), now);
/// }
/// assert_eq!(last_two.counts(now).failure_rate(), Some(0.0));
/// assert_eq!(last_two.total_duration(now), Duration::from_millis(20));
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Debug)]
pub struct SlidingWindow {
    window: Window,
    slow: Option<SlowCall>,
    origin: Instant,
    results: Results,
    /// Each with its place: the number of the result, or that of its bucket.
    durations: VecDeque<(u64, Duration)>,
    recorded: u64,
}

impl SlidingWindow {
    /// An empty window. The buckets of a time window lie on a grid that begins at `origin`.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when a number of `window` is out of its range.
    pub fn new(
        window: Window,
        slow: Option<SlowCall>,
        origin: Instant,
    ) -> Result<Self, ConfigErrors> {
        let mut check = Check::default();
        window.check(&mut check);
        check.finish(())?;
        // The durations beside the results have one order for all threads.
        let window = match window {
            Window::CountPerThread { size } => Window::Count { size },
            window => window,
        };
        Ok(Self {
            window,
            slow,
            origin,
            results: Results::new(window, origin, slow.is_some()),
            durations: VecDeque::new(),
            recorded: 0,
        })
    }

    /// Adds the result of a call that ended at `now`. Instants must not go back.
    pub fn record(&mut self, failed: bool, took: Duration, now: Instant) {
        let slow = self.slow.is_some_and(|slow| slow.is_slow(took));
        self.results.record(0, Mark { failed, slow }, || now);
        let place = self.place(now);
        self.recorded += 1;
        match self.durations.back_mut() {
            Some((last, sum)) if *last == place => *sum = sum.saturating_add(took),
            _ => self.durations.push_back((place, took)),
        }
        self.drop_old(now);
    }

    /// The times that are kept apart.
    #[cfg(test)]
    pub(super) fn parts(&self) -> usize {
        self.durations.len()
    }

    /// The results in the window at `now`.
    pub fn counts(&self, now: Instant) -> Counts {
        self.results.counts(0, || now)
    }

    /// How long the calls in the window at `now` took together.
    pub fn total_duration(&mut self, now: Instant) -> Duration {
        self.drop_old(now);
        self.durations.iter().fold(Duration::ZERO, |sum, (_, took)| sum.saturating_add(*took))
    }

    /// How long a call in the window at `now` took on average; `None` without one.
    pub fn average_duration(&mut self, now: Instant) -> Option<Duration> {
        let calls = u32::try_from(self.counts(now).total).unwrap_or(u32::MAX);
        (calls > 0).then(|| self.total_duration(now) / calls)
    }

    /// The place at which a result of `now` is put.
    fn place(&self, now: Instant) -> u64 {
        match self.window {
            Window::Count { .. } | Window::CountPerThread { .. } => self.recorded,
            Window::Time { span, buckets } => {
                let bucket = (span / buckets).as_nanos().max(1);
                let age = now.saturating_duration_since(self.origin).as_nanos();
                u64::try_from(age / bucket).unwrap_or(u64::MAX)
            }
        }
    }

    fn drop_old(&mut self, now: Instant) {
        let (place, size) = match self.window {
            Window::Count { size } | Window::CountPerThread { size } => {
                (self.recorded, u64::from(size) + 1)
            }
            Window::Time { buckets, .. } => (self.place(now), u64::from(buckets)),
        };
        while self.durations.front().is_some_and(|(old, _)| old + size <= place) {
            self.durations.pop_front();
        }
    }
}
