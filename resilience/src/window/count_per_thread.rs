use std::cmp::Ordering::{Equal, Greater, Less};

use super::{CountWindow, Counts, Mark};
use crate::{
    stripes::Stripes,
    sync::{AtomicU64, OnceLock, Ordering, fence},
};

/// The last N results of each thread.
///
/// A shard for each thread, which catches up with an epoch at its own first result of it: the
/// start of an epoch then needs no walk over all of them, and no word that all threads write.
#[derive(Debug)]
pub(crate) struct CountPerThread {
    size: u32,
    tells_slow: bool,
    /// That of a thread is made by its first result.
    stripes: Stripes<OnceLock<Shard>>,
}

/// What one thread counts, or those that have no stripe of their own together.
#[derive(Debug)]
struct Shard {
    /// The epoch of the results here, over its number for `window`.
    ///
    /// A window knows 16 bits of an epoch, and a shard may miss any number of them while its
    /// thread does something else. So the epoch is kept whole, and those that have results here
    /// are numbered one after another.
    epoch: AtomicU64,
    window: CountWindow,
}

/// The bits of a number; 2^48 epochs are left over it.
const BITS: u32 = 16;

impl CountPerThread {
    /// A window of the last `size` results of each thread, which tells slow ones apart if it is to.
    pub(crate) fn new(size: u32, tells_slow: bool) -> Self {
        Self { size, tells_slow, stripes: Stripes::new(OnceLock::new()) }
    }

    /// Counts one result of `epoch`; `false` when that epoch is known to be over.
    #[inline]
    pub(crate) fn record(&self, epoch: u64, mark: Mark) -> bool {
        // A thread that went on to another stripe would leave results that nothing pushes out.
        let stripe = self.stripes.kept(OnceLock::new);
        stripe.get().unwrap_or_else(|| self.begin(stripe)).record(epoch, mark)
    }

    /// The results of `epoch` in the windows of all threads.
    pub(crate) fn counts(&self, epoch: u64) -> Counts {
        // Pairs with the one in `begin`.
        fence(Ordering::SeqCst);
        let shards = self.stripes.iter().filter_map(OnceLock::get);
        shards.map(|shard| shard.counts(epoch)).fold(Counts::default(), |sum, counts| Counts {
            total: sum.total + counts.total,
            failed: sum.failed + counts.failed,
            slow: sum.slow + counts.slow,
        })
    }

    #[cold]
    fn begin<'a>(&self, stripe: &'a OnceLock<Shard>) -> &'a Shard {
        let shard = stripe.get_or_init(|| Shard {
            epoch: AtomicU64::new(0),
            window: CountWindow::new(self.size, self.tells_slow),
        });
        // Of two threads that each begin a stripe, write it, pass a fence and add all up, at
        // least one finds that of the other.
        fence(Ordering::SeqCst);
        shard
    }
}

impl Shard {
    #[inline]
    fn record(&self, epoch: u64, mark: Mark) -> bool {
        let Some(number) = self.number(epoch) else { return false };
        self.window.record(number, mark) || self.begin_and_record(epoch, number, mark)
    }

    /// Counts a result where the window has another number than the shard: the thread that gave
    /// `epoch` its number may not have come further yet.
    #[cold]
    fn begin_and_record(&self, epoch: u64, number: u64, mark: Mark) -> bool {
        self.window.begin_unless(number, || self.number(epoch).is_none());
        self.window.record(number, mark)
    }

    /// The number of `epoch`, which begins if it is later than what is here; `None` when it is
    /// earlier.
    #[inline]
    fn number(&self, epoch: u64) -> Option<u64> {
        // This and the exchange pair with the fence in `counts`: a success that does not look, and
        // so passes no fence itself, must be found by the failure that waits for it.
        let mut seen = self.epoch.load(Ordering::SeqCst);
        loop {
            let next = match (seen >> BITS).cmp(&epoch) {
                Greater => return None,
                Equal => return Some(number_of(seen)),
                Less => epoch << BITS | number_of(seen + 1),
            };
            let order = Ordering::SeqCst;
            match self.epoch.compare_exchange(seen, next, order, order) {
                Ok(_) => return Some(number_of(next)),
                Err(met) => seen = met,
            }
        }
    }

    fn counts(&self, epoch: u64) -> Counts {
        let seen = self.epoch.load(Ordering::SeqCst);
        if seen >> BITS == epoch { self.window.counts(number_of(seen)) } else { Counts::default() }
    }
}

const fn number_of(word: u64) -> u64 {
    word & ((1 << BITS) - 1)
}
