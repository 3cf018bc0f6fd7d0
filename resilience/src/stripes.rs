//! State that each thread writes on a line of its own.
//!
//! One line that two threads write makes both together slower than one. A stripe per clone
//! of a service would be no way out, because services are cloned per request. So stripes
//! belong to threads: the state starts with one, and when a writer meets another on it, it
//! widens once to as many stripes as the machine has cores. Readers add all of them up.

use std::fmt;

use crossbeam_utils::CachePadded;

use crate::sync::{OnceLock, cores, thread_index};

/// The most stripes of one state: past this, summing costs more than sharing a line.
const MOST: usize = 64;

/// One `T` per thread that needs one.
pub(crate) struct Stripes<T> {
    first: CachePadded<T>,
    rest: OnceLock<Box<[CachePadded<T>]>>,
}

impl<T> Stripes<T> {
    pub(crate) fn new(first: T) -> Self {
        Self { first: CachePadded::new(first), rest: OnceLock::new() }
    }

    /// The stripe of this thread.
    pub(crate) fn mine(&self) -> &T {
        match self.rest.get() {
            None => &self.first,
            Some(rest) => &rest[thread_index() & (rest.len() - 1)],
        }
    }

    /// Adds stripes, made by `make`; called by a writer that met another one.
    ///
    /// The first stripe stays and keeps counting in every sum.
    #[cold]
    pub(crate) fn widen(&self, make: impl Fn() -> T) {
        self.rest.get_or_init(|| {
            let stripes = cores().next_power_of_two().min(MOST);
            (0..stripes).map(|_| CachePadded::new(make())).collect()
        });
    }

    /// All stripes, for a sum.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let rest = self.rest.get().map_or(&[][..], |rest| rest);
        std::iter::once(&*self.first).chain(rest.iter().map(|stripe| &**stripe))
    }
}

impl<T> fmt::Debug for Stripes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes").field("count", &self.iter().count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Stripes;

    fn sum(stripes: &Stripes<AtomicU64>) -> u64 {
        stripes.iter().map(|stripe| stripe.load(Ordering::Relaxed)).sum()
    }

    #[test]
    fn what_was_counted_before_widening_is_kept() {
        let stripes = Stripes::new(AtomicU64::new(0));
        stripes.mine().fetch_add(5, Ordering::Relaxed);
        stripes.widen(AtomicU64::default);
        stripes.mine().fetch_add(2, Ordering::Relaxed);
        stripes.widen(AtomicU64::default);
        assert_eq!(sum(&stripes), 7, "the second widening changes nothing");
    }

    #[test]
    fn threads_that_widen_at_once_lose_no_count() {
        let stripes = Stripes::new(AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for n in 0..1_000 {
                        if n == 500 {
                            stripes.widen(AtomicU64::default);
                        }
                        stripes.mine().fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(sum(&stripes), 8_000);
    }
}
