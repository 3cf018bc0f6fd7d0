use super::{HALF, is_later, tag_of, value_of, word};
use crate::sync::{AtomicU64, Ordering};

/// Failures in a row.
///
/// One word holds the epoch and the count. A success over no failures writes nothing, so
/// threads that succeed share the word without slowing each other.
#[derive(Debug, Default)]
pub(crate) struct Run {
    word: AtomicU64,
}

impl Run {
    #[inline]
    pub(crate) fn succeeded(&self, epoch: u64) {
        let tag = epoch as u32;
        let mut seen = self.word.load(Ordering::Relaxed);
        while tag_of(seen) == tag && value_of(seen) > 0 {
            let step = self.word.compare_exchange_weak(
                seen,
                word(tag, 0),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match step {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// Counts one failure and returns the length of the run; 0 for an epoch that is over.
    pub(crate) fn failed(&self, epoch: u64) -> u32 {
        let tag = epoch as u32;
        let mut seen = self.word.load(Ordering::Relaxed);
        loop {
            let length = match tag_of(seen) {
                same if same == tag => value_of(seen).saturating_add(1),
                newer if is_later(newer, tag, HALF) => return 0,
                _older => 1,
            };
            let step = self.word.compare_exchange_weak(
                seen,
                word(tag, length),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match step {
                Ok(_) => return length,
                Err(now) => seen = now,
            }
        }
    }

    pub(crate) fn length(&self, epoch: u64) -> u32 {
        let seen = self.word.load(Ordering::Relaxed);
        if tag_of(seen) == epoch as u32 { value_of(seen) } else { 0 }
    }
}
