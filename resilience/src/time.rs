//! The one place where this crate reads the clock.
//!
//! A clock read costs more than a whole closed breaker, and a stack of layers would make
//! one per layer. So the outermost of our layers opens an [`Entry`] when it is called, the
//! first layer that needs the time reads it, and every layer inside reuses that instant until
//! the outermost `call` returns. A poll has [`Reading`]s of its own: an inner future may run
//! anything while it is polled, a whole executor even, and must not find time standing still.
//! Nothing is read when no layer asks.
//!
//! The clock is Tokio's, so a paused test clock drives every layer. Under a running clock the
//! reuse is off by the time that the `call` of the layers inside takes, which is short unless
//! a service does its work there instead of in the future it returns.

use std::{cell::Cell, marker::PhantomData, time::Duration};

use tokio::time::Instant;

#[derive(Clone, Copy)]
struct Scope {
    depth: u32,
    now: Option<Instant>,
}

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope { depth: 0, now: None }) };
}

/// The time during one `call`, read at most once however many layers ask.
#[derive(Debug)]
#[must_use = "the shared reading ends when the entry is dropped"]
pub(crate) struct Entry {
    // The scope is the thread's: an entry that moved to another thread would close a foreign one.
    thread: PhantomData<*const ()>,
}

impl Entry {
    /// Joins the entry that is open on this thread, or opens one.
    #[inline]
    pub(crate) fn open() -> Self {
        SCOPE.with(|scope| {
            let Scope { depth, now } = scope.get();
            scope.set(Scope { depth: depth + 1, now });
        });
        Self { thread: PhantomData }
    }

    /// The instant of this entry.
    #[expect(clippy::unused_self, reason = "an open entry is the proof that the reading will end")]
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        SCOPE.with(|scope| {
            let Scope { depth, now } = scope.get();
            now.unwrap_or_else(|| {
                let now = read();
                scope.set(Scope { depth, now: Some(now) });
                now
            })
        })
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        SCOPE.with(|scope| {
            let Scope { depth, now } = scope.get();
            let depth = depth - 1;
            scope.set(Scope { depth, now: if depth == 0 { None } else { now } });
        });
    }
}

/// The time during one poll of one future, or of a part of it, read at most once.
#[derive(Debug, Default)]
pub(crate) struct Reading(Cell<Option<Instant>>);

impl Reading {
    /// The instant of this poll.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        self.0.get().unwrap_or_else(|| {
            let now = read();
            self.0.set(Some(now));
            now
        })
    }
}

/// `wait` after `now`, or so far off that nobody will see it.
#[inline]
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(24 * 365 * 100);
    now.checked_add(wait).unwrap_or_else(|| now + CENTURY)
}

/// Reads the clock, whatever entry is open.
#[inline]
pub(crate) fn read() -> Instant {
    #[cfg(test)]
    tests::count();
    Instant::now()
}

/// Nanoseconds from `origin` to `now`; zero when `now` is earlier.
#[inline]
pub(crate) fn nanos_since(origin: Instant, now: Instant) -> u64 {
    nanos(now.saturating_duration_since(origin))
}

/// `time` in nanoseconds, of which a word holds 584 years.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::{Entry, read};

    thread_local! {
        static READS: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        READS.with(|reads| reads.set(reads.get() + 1));
    }

    /// The clock reads that `work` makes on this thread.
    pub(crate) fn reads_of(work: impl FnOnce()) -> u32 {
        let before = READS.with(Cell::get);
        work();
        READS.with(Cell::get) - before
    }

    #[test]
    fn nested_entries_share_one_reading() {
        let reads = reads_of(|| {
            let outer = Entry::open();
            let inner = Entry::open();
            let first = inner.now();
            drop(inner);
            assert_eq!(outer.now(), first);
        });
        assert_eq!(reads, 1);
    }

    #[test]
    fn an_entry_that_nobody_asks_reads_nothing() {
        assert_eq!(reads_of(|| drop(Entry::open())), 0);
    }

    #[test]
    fn the_next_entry_reads_anew() {
        let reads = reads_of(|| {
            let _first = Entry::open().now();
            let _second = Entry::open().now();
            let _direct = read();
        });
        assert_eq!(reads, 3);
    }

    #[test]
    fn a_panic_inside_an_entry_closes_it() {
        let panicked = std::panic::catch_unwind(|| {
            let entry = Entry::open();
            let _now = entry.now();
            panic!("inside");
        });
        assert!(panicked.is_err());
        assert_eq!(reads_of(|| _ = Entry::open().now()), 1, "the old reading is gone");
    }
}
