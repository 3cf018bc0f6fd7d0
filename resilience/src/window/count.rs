use std::ops::Range;

use super::{Counts, HALF, Mark, is_later, tag_of, value_of, word};
use crate::sync::{AtomicU64, Ordering};

/// How many results one word holds.
const LANE: u64 = 32;

const SEQUENCE: u64 = (1 << 48) - 1;

/// The last N results, exactly.
///
/// `head` holds 16 bits of the epoch and the number of results so far; taking a number and
/// checking the epoch is one step. A result's number is its place in a ring of words, each
/// a tag and 32 results, where a set bit is a failure: a success therefore moves the head
/// and writes no word, except the first of each word, which clears it. Slow results have a
/// ring of their own.
#[derive(Debug)]
pub(crate) struct CountWindow {
    size: u64,
    /// Apart from what callers only read.
    written: Box<Written>,
    slow: Option<Box<Ring>>,
}

/// What every result writes, on a line of its own: another window, of another thread perhaps, is
/// not to lie beside it.
#[derive(Debug)]
#[repr(align(64))]
struct Written {
    head: AtomicU64,
    failed: Box<Ring>,
}

type Ring = [AtomicU64];

impl CountWindow {
    /// A window of the last `size` results, which tells slow ones apart if it is to.
    pub(crate) fn new(size: u32, tells_slow: bool) -> Self {
        let size = u64::from(size);
        // One word more than the results fill: the window may begin and end inside a word.
        let words = size.div_ceil(LANE) + 1;
        let zeros = |number| (0..number).map(|_| AtomicU64::new(0)).collect();
        let written = Box::new(Written { head: AtomicU64::new(0), failed: zeros(words) });
        Self { size, written, slow: tells_slow.then(|| zeros(words)) }
    }

    /// Starts over for `epoch`. The caller makes sure that one epoch begins at a time.
    pub(crate) fn begin(&self, epoch: u64) {
        self.written.head.store(epoch << 48, Ordering::SeqCst);
    }

    /// Starts over for `epoch` unless it has begun, as several threads may that have seen different
    /// ones come. `is_over` is asked after the head was read: who has read one of a later epoch
    /// must find that this one is over, or it would turn it back.
    pub(super) fn begin_unless(&self, epoch: u64, is_over: impl Fn() -> bool) {
        let head = &self.written.head;
        // Pairs with the exchange below: what the thread knew that made the head is known here.
        let mut seen = head.load(Ordering::Acquire);
        while seen >> 48 != epoch & 0xffff && !is_over() {
            let (order, failed) = (Ordering::SeqCst, Ordering::Acquire);
            match head.compare_exchange(seen, epoch << 48, order, failed) {
                Ok(_) => return,
                Err(met) => seen = met,
            }
        }
    }

    /// Counts one result of `epoch`; `false` when that epoch is over.
    #[inline]
    pub(crate) fn record(&self, epoch: u64, mark: Mark) -> bool {
        let Some(number) = self.take_number(epoch) else { return false };
        self.write(&self.written.failed, epoch, number, mark.failed);
        if let Some(slow) = &self.slow {
            self.write(slow, epoch, number, mark.slow);
        }
        true
    }

    /// The results of `epoch` in the window.
    pub(crate) fn counts(&self, epoch: u64) -> Counts {
        let head = self.written.head.load(Ordering::SeqCst);
        if head >> 48 != epoch & 0xffff {
            return Counts::default();
        }
        let end = head & SEQUENCE;
        let total = end.min(self.size);
        let start = end - total;
        let set_in = |ring: &Ring| {
            let lanes = start / LANE..end.div_ceil(LANE);
            lanes.map(|lane| set_in_lane(ring, epoch, lane, start..end)).sum()
        };
        Counts {
            total,
            failed: set_in(&self.written.failed),
            slow: self.slow.as_deref().map_or(0, set_in),
        }
    }

    #[inline]
    fn take_number(&self, epoch: u64) -> Option<u64> {
        let mut seen = self.written.head.load(Ordering::Relaxed);
        loop {
            if seen >> 48 != epoch & 0xffff {
                return None;
            }
            // 2^48 results at ten million a second last 325 days; past that the last number
            // is reused, which blurs the window instead of touching the epoch.
            let next = (seen & !SEQUENCE) | ((seen & SEQUENCE) + 1).min(SEQUENCE);
            match self.written.head.compare_exchange_weak(
                seen,
                next,
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(seen & SEQUENCE),
                Err(met) => seen = met,
            }
        }
    }

    /// Writes whether the result `number` is set in `ring`.
    #[inline]
    fn write(&self, ring: &Ring, epoch: u64, number: u64, is_set: bool) {
        let (lane, bit) = (number / LANE, number % LANE);
        if is_set {
            self.set(ring, epoch, lane, 1 << bit);
        } else if bit == 0 {
            self.set(ring, epoch, lane, 0);
        }
    }

    /// Puts `results` into the word of `lane`, clearing it first if it held older ones.
    fn set(&self, ring: &Ring, epoch: u64, lane: u64, results: u32) {
        let mine = tag(epoch, lane);
        let slot = slot(ring, lane);
        // Pairs with the exchange below: who finds the word of a later epoch sees that its own
        // is over, and does not overwrite it.
        let mut seen = slot.load(Ordering::Acquire);
        loop {
            let next = match tag_of(seen) {
                same if same == mine => word(mine, value_of(seen) | results),
                // Another epoch's is the newer only if mine is over. A comparison of the tags
                // could not tell: a slot may have stayed untouched for any number of epochs.
                other if other >> 16 != mine >> 16 => {
                    if self.written.head.load(Ordering::SeqCst) >> 48 != epoch & 0xffff {
                        return;
                    }
                    word(mine, results)
                }
                newer if is_later(newer << 16, mine << 16, HALF) => return,
                _older => word(mine, results),
            };
            // Pairs with the loads in `counts`: of two failures that end at once, at least
            // one sees the other.
            match slot.compare_exchange_weak(seen, next, Ordering::SeqCst, Ordering::Acquire) {
                Ok(_) => return,
                Err(met) => seen = met,
            }
        }
    }
}

#[cfg(test)]
impl CountWindow {
    /// Writes the failure of a result whose number was taken at another time.
    pub(super) fn fail(&self, epoch: u64, number: u64) {
        self.write(&self.written.failed, epoch, number, true);
    }
}

fn slot(ring: &Ring, lane: u64) -> &AtomicU64 {
    &ring[(lane % ring.len() as u64) as usize]
}

/// The results set in `lane`, of those with these `numbers`: others may have come since the last
/// one was asked for, and there must not be more failures than results.
fn set_in_lane(ring: &Ring, epoch: u64, lane: u64, numbers: Range<u64>) -> u64 {
    let seen = slot(ring, lane).load(Ordering::SeqCst);
    if tag_of(seen) != tag(epoch, lane) {
        return 0;
    }
    let from = numbers.start.saturating_sub(lane * LANE);
    let to = (numbers.end - lane * LANE).min(LANE);
    u64::from((u64::from(value_of(seen)) & ((1 << to) - (1 << from))).count_ones())
}

/// 16 bits of the epoch over 16 bits of the lane.
const fn tag(epoch: u64, lane: u64) -> u32 {
    ((epoch as u32) << 16) | (lane as u32 & 0xffff)
}
