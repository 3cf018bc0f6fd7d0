use tokio::time::Instant;

use super::{keeper::Keeper, key::Key};
use crate::sync::{AtomicU64, Ordering, fence};

/// Used since the hand last passed.
const USED: u64 = u64::MAX;
/// No longer in the map.
const GONE: u64 = u64::MAX - 1;

/// A key with what is kept for it.
#[derive(Debug)]
pub(crate) struct Member<T> {
    pub(crate) key: Key,
    pub(crate) value: T,
    /// `USED`, or since when it is not used: when the hand last passed, in nanoseconds. Read by
    /// every call, and written by the first one after the hand.
    mark: AtomicU64,
}

/// What the hand looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quest {
    pub(super) at: Instant,
    /// The same, in nanoseconds.
    pub(super) now: u64,
    /// For how long a key that leaves was not used, where room is not needed.
    pub(super) idle_for: u64,
    pub(super) needs_room: bool,
}

/// What becomes of a key that the hand finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    /// It leaves because it was not used for long.
    Idle,
    /// It leaves because its place is needed.
    Evicted,
}

impl<T> Member<T> {
    pub(super) fn new(key: Key, value: T, now: u64) -> Self {
        // Not marked as used: a key that is seen once has no second chance. It has the first, all
        // of the hand's way round.
        Self { key, value, mark: AtomicU64::new(now) }
    }

    /// Marks it as used; `false` when it is no longer in the map.
    #[inline]
    pub(crate) fn touch(&self) -> bool {
        self.mark.load(Ordering::Relaxed) == USED || self.touch_first()
    }

    /// The first use since the hand passed: those that follow write nothing.
    #[cold]
    fn touch_first(&self) -> bool {
        let is_there = |mark| (mark != GONE).then_some(USED);
        self.mark.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_there).is_ok()
    }

    /// What becomes of it, when the hand comes by; only one hand may. One that leaves is gone.
    pub(super) fn judge(&self, quest: Quest, keeper: &impl Keeper<Value = T>) -> Fate {
        let since = self.mark.load(Ordering::Relaxed);
        if since == USED {
            // A use that comes in between is taken for one before: it was at most a moment ago.
            self.mark.store(quest.now, Ordering::Relaxed);
            return Fate::Stays;
        }
        let is_idle = quest.now.saturating_sub(since) >= quest.idle_for;
        if !(is_idle || quest.needs_room) {
            return Fate::Stays;
        }
        // Before the look at the value, which so sees what the last share was used for: pairs with
        // the drop of that.
        let is_held = keeper.is_held(&self.value);
        fence(Ordering::Acquire);
        if !keeper.may_leave(&self.value, is_idle, quest.at) {
            return Fate::Stays;
        }
        let next = if is_held { quest.now } else { GONE };
        // Fails when it was used just now.
        let order = Ordering::Relaxed;
        match self.mark.compare_exchange(since, next, order, order) {
            Ok(_) if is_held => Fate::Stays,
            Ok(_) if is_idle => Fate::Idle,
            Ok(_) => Fate::Evicted,
            Err(_) => Fate::Stays,
        }
    }
}
