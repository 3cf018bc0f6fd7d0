use std::{ops::Deref, sync::Arc};

use super::{ArcSwap, OnceLock};

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
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self { first: value, later: OnceLock::new() }
    }

    #[inline]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> {
        match self.later.get() {
            None => Loaded::First(&self.first),
            Some(later) => Loaded::Later(load(later)),
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

/// Apart, so that callers stay short.
#[inline(never)]
fn load<T>(later: &ArcSwap<T>) -> impl Deref<Target = Arc<T>> {
    later.load()
}

enum Loaded<'a, T, L> {
    First(&'a Arc<T>),
    Later(L),
}

impl<T, L: Deref<Target = Arc<T>>> Deref for Loaded<'_, T, L> {
    type Target = Arc<T>;

    #[inline]
    fn deref(&self) -> &Arc<T> {
        match self {
            Self::First(first) => first,
            Self::Later(later) => later,
        }
    }
}

#[cfg(test)]
#[cfg(not(resilience_model))]
mod tests {
    use std::{sync::Arc, thread};

    use super::Swap;

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
}
