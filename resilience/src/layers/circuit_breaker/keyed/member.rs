use tokio::time::Instant;

use super::{super::shared::Shared, key::Key};
use crate::{
    event::State,
    holders::Holders,
    sync::{AtomicU64, Ordering},
    time::nanos_since,
};

/// Used since the hand last passed.
const USED: u64 = u64::MAX;
/// No longer in the map.
const GONE: u64 = u64::MAX - 1;

/// A key with its breaker.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) breaker: Holders<Shared>,
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
    /// The state in which a breaker knows nothing that a new one would not do.
    pub(super) resting: State,
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

impl Member {
    pub(super) fn new(key: Key, breaker: Holders<Shared>, now: u64) -> Self {
        // Not marked as used: a key that is seen once has no second chance. It has the first, all
        // of the hand's way round.
        Self { key, breaker, mark: AtomicU64::new(now) }
    }

    /// Marks it as used; `false` when it is no longer in the map.
    #[inline]
    pub(super) fn touch(&self) -> bool {
        self.mark.load(Ordering::Relaxed) == USED || self.touch_first()
    }

    /// The first use since the hand passed: those that follow write nothing.
    #[cold]
    fn touch_first(&self) -> bool {
        let is_there = |mark| (mark != GONE).then_some(USED);
        self.mark.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_there).is_ok()
    }

    /// What becomes of it, when the hand comes by; only one hand may. One that leaves is gone.
    pub(super) fn judge(&self, quest: Quest) -> Fate {
        let since = self.mark.load(Ordering::Relaxed);
        if since == USED {
            // A use that comes in between is taken for one before: it was at most a moment ago.
            self.mark.store(quest.now, Ordering::Relaxed);
            return Fate::Stays;
        }
        let is_idle = quest.now.saturating_sub(since) >= quest.idle_for;
        if !(is_idle || quest.needs_room) || !self.may_be_forgotten(is_idle, quest) {
            return Fate::Stays;
        }
        let is_held = self.breaker.is_held();
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

    /// Whether nothing is lost with the breaker that matters.
    fn may_be_forgotten(&self, is_idle: bool, quest: Quest) -> bool {
        let sight = self.breaker.gate.look(Ordering::Acquire);
        // Without a call, an open breaker whose wait is over stays as it is. If it never left, then
        // hosts that are gone for good would in the end have all the places.
        let awaits_probes = || {
            let until = self.breaker.refuse_until.load(Ordering::Acquire);
            sight.is_half_open() || until <= nanos_since(self.breaker.origin, quest.at)
        };
        sight.state() == quest.resting || (is_idle && !sight.passes() && awaits_probes())
    }
}
