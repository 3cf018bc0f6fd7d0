//! State that each thread writes on a line of its own.
//!
//! One line that two threads write makes both together slower than one, and a step that other
//! threads may take as well costs five nanoseconds more than a plain write. A stripe per clone of
//! a service would be no way out, because services are cloned per request. So stripes belong to
//! threads: the state starts with one, of the first thread that comes, and widens when a second
//! one does. Readers add all of them up.

use std::fmt;

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU32, OnceLock, Ordering, cores, fence, thread_number};

/// The most threads with a stripe of their own: past this, summing costs more than sharing.
const MOST: usize = 64;

/// One `T` per thread that needs one.
pub(crate) struct Stripes<T> {
    /// One more than the number of the thread that has the first stripe.
    owner: AtomicU32,
    first: T,
    /// What every thread uses once there are two.
    rest: OnceLock<Box<Rest<T>>>,
}

struct Rest<T> {
    /// By the numbers of the threads.
    own: Box<[OnceLock<Box<CachePadded<T>>>]>,
    /// For the threads beyond.
    shared: CachePadded<T>,
}

/// The stripe that a thread writes.
#[derive(Debug)]
pub(crate) struct Mine<'a, T> {
    pub(crate) stripe: &'a T,
    /// Whether no other thread writes it.
    pub(crate) alone: bool,
}

impl<T> Stripes<T> {
    pub(crate) fn new(first: T) -> Self {
        Self { owner: AtomicU32::new(0), first, rest: OnceLock::new() }
    }

    /// The stripe of this thread, made by `make` if it has none yet.
    #[inline]
    pub(crate) fn mine(&self, make: impl Fn() -> T) -> Mine<'_, T> {
        let me = thread_number();
        let stripe = match self.rest.get() {
            None if self.owner.load(Ordering::Relaxed) as usize == me + 1 => Some(&self.first),
            None => None,
            Some(rest) => rest.own.get(me).and_then(|own| own.get()).map(|own| &***own),
        };
        match stripe {
            Some(stripe) => Mine { stripe, alone: true },
            None => self.begin(me, make),
        }
    }

    /// The same where the thread that has the first stripe stays there when others come: for what
    /// a thread must find again, and is on a line of its own as the first stripe, too. Not for
    /// stripes that are asked for by `mine`.
    #[inline]
    pub(crate) fn kept(&self, make: impl Fn() -> T) -> &T {
        let me = thread_number();
        if self.owner.load(Ordering::Relaxed) as usize == me + 1 {
            return &self.first;
        }
        let own = self.rest.get().and_then(|rest| rest.own.get(me)?.get());
        own.map_or_else(|| self.begin_kept(me, make), |own| &***own)
    }

    #[cold]
    fn begin_kept(&self, me: usize, make: impl Fn() -> T) -> &T {
        if self.claim(me) { &self.first } else { self.join(me, make).stripe }
    }

    #[cold]
    fn begin(&self, me: usize, make: impl Fn() -> T) -> Mine<'_, T> {
        if self.rest.get().is_none() && self.claim(me) {
            return Mine { stripe: &self.first, alone: true };
        }
        self.join(me, make)
    }

    /// Takes the first stripe for the thread `me`, if nobody has.
    fn claim(&self, me: usize) -> bool {
        // One that is ending has a number that is too large.
        u32::try_from(me + 1).is_ok_and(|owner| {
            let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            self.owner.compare_exchange(0, owner, order, failed).is_ok()
        })
    }

    /// The stripe of the thread `me` beside the first one.
    fn join(&self, me: usize, make: impl Fn() -> T) -> Mine<'_, T> {
        let rest = self.widened(&make);
        let mine = match rest.own.get(me) {
            Some(own) => {
                let stripe = own.get_or_init(|| Box::new(CachePadded::new(make())));
                Mine { stripe: &***stripe, alone: true }
            }
            None => Mine { stripe: &*rest.shared, alone: false },
        };
        // For who adds all up behind a fence of its own and must miss no stripe: whoever comes
        // here for a stripe, made by itself or by another thread, writes it behind this one.
        fence(Ordering::SeqCst);
        mine
    }

    /// Gives every thread a stripe of its own from now on, as the second one that comes does.
    #[cfg(all(test, resilience_model))]
    pub(crate) fn widen(&self, make: impl Fn() -> T) {
        let _ = self.widened(make);
    }

    /// Makes all stripes that there can be.
    #[cfg(all(test, resilience_model))]
    pub(crate) fn fill(&self, make: impl Fn() -> T) {
        for own in &self.widened(&make).own {
            own.get_or_init(|| Box::new(CachePadded::new(make())));
        }
    }

    fn widened(&self, make: impl Fn() -> T) -> &Rest<T> {
        self.rest.get_or_init(|| {
            let threads = (2 * cores()).min(MOST);
            let own = (0..threads).map(|_| OnceLock::new()).collect();
            Box::new(Rest { own, shared: CachePadded::new(make()) })
        })
    }

    /// All stripes, for a sum.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let rest = self.rest.get();
        let own = rest.map_or(&[][..], |rest| &rest.own).iter().filter_map(OnceLock::get);
        let shared = rest.map(|rest| &*rest.shared);
        std::iter::once(&self.first).chain(own.map(|own| &***own)).chain(shared)
    }
}

impl<T> fmt::Debug for Stripes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes").field("count", &self.iter().count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicU64, Ordering},
        },
        thread,
    };

    use super::{MOST, Stripes};

    fn sum(stripes: &Stripes<AtomicU64>) -> u64 {
        stripes.iter().map(|stripe| stripe.load(Ordering::Relaxed)).sum()
    }

    /// Adds one as a counter does.
    fn add(stripes: &Stripes<AtomicU64>) -> bool {
        let mine = stripes.mine(AtomicU64::default);
        if mine.alone {
            let seen = mine.stripe.load(Ordering::Relaxed);
            mine.stripe.store(seen + 1, Ordering::Relaxed);
        } else {
            mine.stripe.fetch_add(1, Ordering::Relaxed);
        }
        mine.alone
    }

    #[test]
    fn one_thread_has_one_stripe_and_nothing_beside_it() {
        let stripes = Stripes::new(AtomicU64::new(0));
        assert!(add(&stripes) && add(&stripes));
        assert_eq!((sum(&stripes), stripes.iter().count()), (2, 1));
    }

    #[test]
    fn what_was_counted_before_a_second_thread_came_is_kept() {
        let stripes = Stripes::new(AtomicU64::new(0));
        assert!(add(&stripes));
        thread::scope(|scope| scope.spawn(|| add(&stripes)).join()).unwrap();
        add(&stripes);
        assert_eq!(sum(&stripes), 3);
        // Threads of other tests may hold the numbers that have stripes of their own.
        assert!(stripes.iter().count() > 1, "it has widened");
    }

    #[test]
    fn a_stripe_that_is_kept_is_that_of_its_thread_whoever_comes() {
        let stripes = Stripes::new(AtomicU64::new(0));
        let mine = || std::ptr::from_ref(stripes.kept(AtomicU64::default)).addr();
        let first = mine();
        let other = thread::scope(|scope| {
            scope.spawn(|| [mine(), mine()].map(|own| assert_ne!(own, first))).join()
        });
        other.unwrap();
        assert_eq!(mine(), first);
    }

    #[test]
    fn more_threads_than_stripes_lose_no_count() {
        let stripes = Stripes::new(AtomicU64::new(0));
        let threads = 2 * MOST;
        let all_are_there = Barrier::new(threads);
        let alone: Vec<bool> = thread::scope(|scope| {
            let count = || {
                all_are_there.wait();
                let alone = (0..1_000).map(|_| add(&stripes)).fold(false, |_, alone| alone);
                // A thread that ends would leave its stripe to another.
                all_are_there.wait();
                alone
            };
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(sum(&stripes), threads as u64 * 1_000);
        assert!(alone.contains(&false), "they do not all have one of their own");
    }
}
