use std::{
    cell::Cell,
    cmp::Reverse,
    collections::BinaryHeap,
    ops::Deref,
    sync::{Arc, PoisonError},
    thread,
};

use arc_swap::{ArcSwap, Guard};

pub(crate) use std::sync::{
    Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU32, AtomicU64, fence},
};

pub(crate) use tokio::sync::Notify;

/// A shared value that is exchanged as a whole.
///
/// To load it takes no lock, and threads that do are not in each other's way. Most values are never
/// exchanged: until then a load is a plain read. The first one stays for as long as this lives.
#[derive(Debug)]
pub(crate) struct Swap<T> {
    first: Arc<T>,
    later: OnceLock<ArcSwap<T>>,
}

impl<T> Swap<T> {
    pub(crate) const fn new(value: Arc<T>) -> Self {
        Self { first: value, later: OnceLock::new() }
    }

    #[inline]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> {
        match self.later.get() {
            None => Loaded::First(&self.first),
            Some(later) => load(later),
        }
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let mut value = Some(value);
        let first = || ArcSwap::new(value.take().expect("it is made once"));
        let later = self.later.get_or_init(first);
        if let Some(value) = value {
            later.store(value);
        }
    }
}

enum Loaded<'a, T> {
    First(&'a Arc<T>),
    Later(Guard<Arc<T>>),
}

/// Apart, so that callers stay short.
#[inline(never)]
fn load<T>(later: &ArcSwap<T>) -> Loaded<'_, T> {
    Loaded::Later(later.load())
}

impl<T> Deref for Loaded<'_, T> {
    type Target = Arc<T>;

    #[inline]
    fn deref(&self) -> &Arc<T> {
        match self {
            Self::First(first) => first,
            Self::Later(later) => later,
        }
    }
}

/// Of a thread that has not asked for one yet.
const NONE: usize = usize::MAX;

/// Of a thread that is ending: it has none of its own any more.
const GONE: usize = usize::MAX - 1;

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    static TAKEN: Taken = Taken::take();
}

/// Who has which number.
struct Numbers {
    given_back: BinaryHeap<Reverse<usize>>,
    next: usize,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { given_back: BinaryHeap::new(), next: 0 });

/// Gives a number back at the end of its thread. Who takes it then sees all that this one wrote.
struct Taken(usize);

impl Taken {
    fn take() -> Self {
        let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        let Numbers { given_back, next } = &mut *numbers;
        Self(given_back.pop().map_or_else(
            || {
                *next += 1;
                *next - 1
            },
            |Reverse(number)| number,
        ))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        NUMBER.set(GONE);
        let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.given_back.push(Reverse(self.0));
    }
}

/// The number of this thread: the least that no living thread has, when it first asked. A thread
/// that is ending has one that is larger than any other's.
#[inline]
pub(crate) fn thread_number() -> usize {
    let number = NUMBER.get();
    if number == NONE { first_number() } else { number }
}

#[cold]
fn first_number() -> usize {
    let number = TAKEN.try_with(|taken| taken.0).unwrap_or(GONE);
    NUMBER.set(number);
    number
}

/// How many threads can run at once.
///
/// Asked for once: the system reads files to tell.
pub(crate) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::Arc, thread};

    use super::{GONE, Swap, thread_number};

    #[test]
    fn a_value_that_is_exchanged_is_loaded_from_then_on_and_kept_by_who_has_it() {
        let swap = Swap::new(Arc::new(1));
        let first = swap.load();
        for next in 2..5 {
            let last = Arc::downgrade(&swap.load());
            swap.store(Arc::new(next));
            assert_eq!(**swap.load(), next);
            assert_eq!(last.upgrade().is_some(), next == 2, "none but the first stays");
        }
        assert_eq!(**first, 1);
    }

    #[test]
    fn a_value_stored_by_one_of_two_threads_at_once_is_the_last() {
        for _ in 0..1_000 {
            let swap = Swap::new(Arc::new(0));
            thread::scope(|scope| {
                for value in 1..=2 {
                    let swap = &swap;
                    scope.spawn(move || swap.store(Arc::new(value)));
                }
            });
            assert!((1..=2).contains(&**swap.load()));
        }
    }

    #[test]
    fn threads_that_live_at_once_have_different_numbers_and_keep_them() {
        let mine = thread_number();
        let other = thread::scope(|scope| scope.spawn(thread_number).join()).unwrap();
        assert_ne!(mine, other);
        assert_eq!(mine, thread_number());
    }

    #[test]
    fn the_number_of_a_thread_that_has_ended_is_given_to_another() {
        let next = || thread::scope(|scope| scope.spawn(thread_number).join()).unwrap();
        // Other tests hold numbers meanwhile, but not that many.
        assert!((0..2_000).map(|_| next()).max() < Some(1_000));
    }

    #[test]
    fn a_thread_that_is_ending_shares_its_number_with_none() {
        struct Asks(thread::ThreadId);
        impl Drop for Asks {
            fn drop(&mut self) {
                assert_eq!(self.0, thread::current().id());
                SEEN.lock().unwrap().push(thread_number());
            }
        }
        static SEEN: std::sync::Mutex<Vec<usize>> = std::sync::Mutex::new(Vec::new());
        thread_local! {
            static LAST: RefCell<Option<Asks>> = const { RefCell::new(None) };
        }
        // Destructors run from the last to the first or the other way: either is tried.
        for asks_first in [true, false] {
            let work = move || {
                let keep = || LAST.set(Some(Asks(thread::current().id())));
                if asks_first {
                    keep();
                }
                let number = thread_number();
                if !asks_first {
                    keep();
                }
                number
            };
            let number = thread::spawn(work).join().unwrap();
            let seen = SEEN.lock().unwrap().pop().unwrap();
            assert!(seen == number || seen == GONE, "{seen}");
        }
    }
}
