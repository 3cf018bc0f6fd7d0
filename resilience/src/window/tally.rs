use super::{HALF, is_later, tag_of, value_of, word};
use crate::sync::{AtomicU64, Ordering};

/// How many there are at this moment, in one epoch.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    word: AtomicU64,
}

impl Tally {
    /// One more of `epoch`; nothing when that epoch is over.
    #[inline]
    pub(crate) fn add(&self, epoch: u64) {
        self.change(epoch, |count| count.saturating_add(1));
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

    #[inline]
    fn change(&self, epoch: u64, change: impl Fn(u32) -> u32) {
        let tag = epoch as u32;
        let step = |seen| match tag_of(seen) {
            same if same == tag => Some(word(tag, change(value_of(seen)))),
            newer if is_later(newer, tag, HALF) => None,
            _older => Some(word(tag, change(0))),
        };
        // A newer epoch changes nothing, and that is right.
        let _ = self.word.fetch_update(Ordering::SeqCst, Ordering::Relaxed, step);
    }
}
