use crate::sync::{AtomicU64, Ordering};

/// The number of slots into which the life of a deposit is divided.
pub(super) const SLOTS: u64 = 10;

// One more than there are slots: the oldest living slot begins at a mark, too.
const MARKS: usize = 11;

/// What one thread has deposited since the budget began, and how much of it at the start of
/// each recent slot.
///
/// Both only ever grow. That makes the expiry of a slot nothing but a reading of its mark,
/// and lets any thread write at any time without undoing another's step.
#[derive(Debug, Default)]
pub(super) struct Deposits {
    sum: AtomicU64,
    slot: AtomicU64,
    marks: [AtomicU64; MARKS],
}

impl Deposits {
    /// Adds `units` in `slot`; `alone`: no other thread ever does.
    #[inline]
    pub(super) fn add(&self, units: u64, slot: u64, alone: bool) {
        if self.slot.load(Ordering::Acquire) < slot {
            self.enter(slot);
        }
        let add = |sum: u64| sum.saturating_add(units);
        // Both pair with the loads in `enter` and `sum`.
        if alone {
            self.sum.store(add(self.sum.load(Ordering::Relaxed)), Ordering::Release);
        } else {
            let add = |sum| Some(add(sum));
            let _ = self.sum.fetch_update(Ordering::Release, Ordering::Relaxed, add);
        }
    }

    /// Everything deposited so far.
    pub(super) fn sum(&self) -> u64 {
        // Who sees a deposit sees the slot that it was made in: it must not look expired.
        self.sum.load(Ordering::Acquire)
    }

    /// What was deposited before `slot` began.
    pub(super) fn sum_before(&self, slot: u64) -> u64 {
        if self.slot.load(Ordering::Acquire) < slot {
            self.sum()
        } else {
            self.marks[index(slot)].load(Ordering::Relaxed)
        }
    }

    /// Marks where the slots up to `slot` began.
    #[cold]
    fn enter(&self, slot: u64) {
        // The sum first, with the slots that those who deposited it had entered: it then holds
        // nothing of a slot that is marked here. Otherwise a deposit of this very moment would
        // count as one from before all that have passed, and be out at once.
        let sum = self.sum.load(Ordering::Acquire);
        let known = self.slot.load(Ordering::Acquire);
        for passed in (known + 1..=slot).rev().take(MARKS) {
            // Two threads that enter at once write the same sum but for what a third deposits
            // late, whose clock is behind; the greater one dates that to its own slot.
            self.marks[index(passed)].fetch_max(sum, Ordering::Relaxed);
        }
        // Pairs with the loads of `slot`: who sees the slot sees its mark.
        self.slot.fetch_max(slot, Ordering::Release);
    }
}

fn index(slot: u64) -> usize {
    // The remainder is below 11.
    usize::try_from(slot % MARKS as u64).unwrap_or(0)
}
