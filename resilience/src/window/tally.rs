use super::{HALF, is_later, tag_of, value_of, word};
use crate::sync::{AtomicU64, Ordering};

/// How many there are at this moment, in one epoch.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    word: AtomicU64,
}

impl Tally {
    /// One more of `epoch`; nothing when that epoch is over.
    pub(crate) fn add(&self, epoch: u64) {
        self.change(epoch, more);
    }

    /// The same where no other thread ever changes it.
    #[inline]
    pub(crate) fn add_alone(&self, epoch: u64) {
        if let Some(next) = next(self.word.load(Ordering::Relaxed), epoch, more) {
            self.word.store(next, Ordering::Relaxed);
        }
    }

    /// One less of `epoch`; nothing when that epoch is over.
    pub(crate) fn remove(&self, epoch: u64) {
        self.change(epoch, |count| count.saturating_sub(1));
    }

    /// Makes it `count` of `epoch`; nothing when that epoch is over.
    pub(crate) fn set(&self, epoch: u64, count: u32) {
        self.change(epoch, |_| count);
    }

    /// How many of `epoch` there are.
    #[inline]
    pub(crate) fn count(&self, epoch: u64) -> u32 {
        let seen = self.word.load(Ordering::SeqCst);
        if tag_of(seen) == epoch as u32 { value_of(seen) } else { 0 }
    }

    fn change(&self, epoch: u64, change: impl Fn(u32) -> u32) {
        // A newer epoch changes nothing, and that is right.
        let step = |seen| next(seen, epoch, &change);
        let _ = self.word.fetch_update(Ordering::SeqCst, Ordering::Relaxed, step);
    }
}

const fn more(count: u32) -> u32 {
    count.saturating_add(1)
}

/// The word after `seen` when the count of `epoch` changes; `None` when that epoch is over.
fn next(seen: u64, epoch: u64, change: impl Fn(u32) -> u32) -> Option<u64> {
    let tag = epoch as u32;
    match tag_of(seen) {
        same if same == tag => Some(word(tag, change(value_of(seen)))),
        newer if is_later(newer, tag, HALF) => None,
        _older => Some(word(tag, change(0))),
    }
}
