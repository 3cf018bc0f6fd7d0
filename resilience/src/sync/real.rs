use std::{cell::Cell, cmp::Reverse, collections::BinaryHeap, sync::PoisonError, thread};

pub(crate) use arc_swap::ArcSwap;

pub(crate) use std::sync::{
    Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU32, AtomicU64, fence},
};

pub(crate) use tokio::sync::Notify;

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
    use std::{cell::RefCell, thread};

    use super::{GONE, thread_number};

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
