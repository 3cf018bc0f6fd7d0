//! Which results count, in words that any thread may write at any time.
//!
//! A writer can be held up for as long as it likes between the moment it learns which
//! window is current and the moment it writes. So every word of a window carries a tag made
//! of the window's epoch and its place in time, and a writer that comes late finds a newer
//! tag and writes nothing. Starting a window over is then no sweep: the next epoch's tags
//! make everything older count as empty.

#![expect(
    clippy::cast_possible_truncation,
    reason = "tags are the low bits of what they are made of"
)]

mod count;
mod count_per_thread;
mod counts;
mod run;
mod sliding;
mod slow_call;
mod span;
mod tally;
mod time;

pub(crate) use count::CountWindow;
pub(crate) use count_per_thread::CountPerThread;
pub(crate) use run::Run;
pub(crate) use span::Results;
pub(crate) use tally::Tally;
pub(crate) use time::{Recorded, TimeWindow};

pub use counts::Counts;
pub use sliding::SlidingWindow;
pub use slow_call::SlowCall;
pub use span::Window;

/// What is counted of one result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
}

/// Whether tag `seen` is later than `mine` by less than `reach`, in arithmetic that wraps.
const fn is_later(seen: u32, mine: u32, reach: u32) -> bool {
    let ahead = seen.wrapping_sub(mine);
    ahead != 0 && ahead < reach
}

/// Half of the circle of tags: the reach where tags that meet are near each other.
const HALF: u32 = 1 << 31;

const fn tag_of(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn value_of(word: u64) -> u32 {
    word as u32
}

const fn word(tag: u32, value: u32) -> u64 {
    (tag as u64) << 32 | value as u64
}

#[cfg(test)]
#[cfg(resilience_model)]
mod models;
#[cfg(test)]
mod tests;
