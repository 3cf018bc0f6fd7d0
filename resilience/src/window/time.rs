use std::time::Duration;

use tokio::time::Instant;

use super::{Counts, Mark, is_later, tag_of, value_of, word};
use crate::{
    divisor::Divisor,
    stripes::Stripes,
    sync::{AtomicU64, OnceLock, Ordering, fence},
    time::nanos_since,
};

/// The results of the last stretch of time, in buckets that leave as a whole.
///
/// The buckets lie on a grid that begins with the window. With B buckets the window covers
/// between (B-1)/B and all of its span; a result exactly one span old is out.
#[derive(Debug)]
pub(crate) struct TimeWindow {
    origin: Instant,
    /// By the nanoseconds of a bucket.
    bucket: Divisor,
    /// By the number of buckets.
    ring: Divisor,
    buckets: u32,
    /// How many buckets ahead a tag counts as later. A bucket that nobody touched for so long
    /// that its tag has come round must count as old; a writer is never held up that long.
    reach: u32,
    /// How many kinds of results are told apart.
    kinds: usize,
    /// Those of a thread are made by its first result: a window that nobody uses is small.
    stripes: Stripes<OnceLock<Cells>>,
}

/// For each bucket a word of tag and count for each kind.
type Cells = Box<[AtomicU64]>;

/// The bits of a kind's number.
const FAILED: usize = 1;
const SLOW: usize = 2;

/// What recording a result found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Counted beside others in its bucket.
    Joined,
    /// Counted as the first of its kind, on this stripe, in its bucket: older buckets may
    /// have left since the last look, and a rate may have risen by that.
    Began,
    /// Not counted: the window has moved on.
    Stale,
}

impl TimeWindow {
    /// A window of `span`, in `buckets` equal parts, on a grid from `origin`, which tells slow
    /// results apart if it is to.
    pub(crate) fn new(span: Duration, buckets: u32, origin: Instant, tells_slow: bool) -> Self {
        let kinds = if tells_slow { 4 } else { 2 };
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self {
            origin,
            bucket: Divisor::new((span / u64::from(buckets)).max(1)),
            ring: Divisor::new(buckets.into()),
            buckets,
            reach: buckets.saturating_mul(32).max(2_048),
            kinds,
            stripes: Stripes::new(OnceLock::new()),
        }
    }

    /// Counts one result of `epoch` that ended at `now`.
    #[inline]
    pub(crate) fn record(&self, epoch: u64, mark: Mark, now: Instant) -> Recorded {
        let place = self.place(epoch, now);
        let tells_slow = self.kinds > SLOW;
        let kind = usize::from(mark.failed) * FAILED + usize::from(mark.slow && tells_slow) * SLOW;
        let stripe = self.stripes.mine(OnceLock::new).stripe;
        let cells = stripe.get().unwrap_or_else(|| self.begin(stripe));
        let cell = &cells[self.ring.remainder(place.into()) as usize * self.kinds + kind];
        let mut seen = cell.load(Ordering::Relaxed);
        loop {
            let (next, recorded) = match tag_of(seen) {
                same if same == place => {
                    (word(place, value_of(seen).saturating_add(1)), Recorded::Joined)
                }
                newer if is_later(newer, place, self.reach) => return Recorded::Stale,
                _older => (word(place, 1), Recorded::Began),
            };
            // Pairs with the loads in `counts`: of two failures that end at once, at least
            // one sees the other, so a threshold that both reach together is not missed.
            match cell.compare_exchange(seen, next, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return recorded,
                Err(met) => seen = met,
            }
        }
    }

    #[cfg(all(test, resilience_model))]
    pub(super) fn widen(&self) {
        self.stripes.widen(OnceLock::new);
    }

    /// The results of `epoch` that are in the window at `now`.
    pub(crate) fn counts(&self, epoch: u64, now: Instant) -> Counts {
        let place = self.place(epoch, now);
        let live = |cell: &AtomicU64| {
            let seen = cell.load(Ordering::SeqCst);
            let age = place.wrapping_sub(tag_of(seen));
            // A result that another thread dated a moment later is in the window as well.
            let is_live = age < self.buckets || is_later(tag_of(seen), place, self.buckets);
            if is_live { u64::from(value_of(seen)) } else { 0 }
        };
        let mut counts = Counts::default();
        // Pairs with the one in `begin`.
        fence(Ordering::SeqCst);
        for stripe in self.stripes.iter().filter_map(OnceLock::get) {
            for (number, cell) in stripe.iter().enumerate() {
                let (count, kind) = (live(cell), number % self.kinds);
                counts.total += count;
                counts.failed += count * u64::from(kind & FAILED != 0);
                counts.slow += count * u64::from(kind & SLOW != 0);
            }
        }
        counts
    }

    #[cold]
    fn begin<'a>(&self, stripe: &'a OnceLock<Cells>) -> &'a Cells {
        let words = self.buckets as usize * self.kinds;
        let cells = stripe.get_or_init(|| (0..words).map(|_| AtomicU64::new(0)).collect());
        // Of two threads that each begin a stripe, write it, pass a fence and add all up, at
        // least one finds that of the other.
        fence(Ordering::SeqCst);
        cells
    }

    /// The bucket's number on a line where every epoch begins two windows later than the one
    /// before: what an older epoch counted is thereby out, even if a writer that learnt too late
    /// of the change dated it a window later than the reader's clock.
    #[inline]
    fn place(&self, epoch: u64, now: Instant) -> u32 {
        let index = self.bucket.quotient(nanos_since(self.origin, now));
        index.wrapping_add(epoch.wrapping_mul(2 * u64::from(self.buckets))) as u32
    }
}
