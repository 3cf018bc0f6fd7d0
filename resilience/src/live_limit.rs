//! A limit of time that is changed while calls run.

use std::time::Duration;

use crate::{
    sync::{AtomicU64, Ordering},
    time::nanos,
};

/// Nobody has set a limit.
const UNSET: u64 = u64::MAX;

/// What somebody has set in place of the limits with which layers were made.
///
/// It is one for all layers of a name. They have nothing else in common, and to share ownership of
/// something would cost each clone of a service more than the rest of the layer.
#[derive(Debug)]
pub(crate) struct LiveLimit {
    /// In nanoseconds.
    set: AtomicU64,
    /// Of the layer that was used last to make a service.
    made: AtomicU64,
}

impl LiveLimit {
    /// The limit of a layer that was made with `own`.
    #[inline]
    pub(crate) fn or(&self, own: Duration) -> Duration {
        match self.set.load(Ordering::Relaxed) {
            UNSET => own,
            nanos => Duration::from_nanos(nanos),
        }
    }

    pub(crate) fn made(&self, limit: Duration) {
        self.made.store(nanos(limit).min(UNSET - 1), Ordering::Relaxed);
    }

    /// The limit in force, and whether it was set.
    pub(crate) fn in_force(&self) -> (Option<Duration>, bool) {
        let read = |word: &AtomicU64| match word.load(Ordering::Relaxed) {
            UNSET => None,
            nanos => Some(Duration::from_nanos(nanos)),
        };
        match read(&self.set) {
            None => (read(&self.made), false),
            set => (set, true),
        }
    }

    /// Sets what `change` makes of the limit in force, whoever else sets one meanwhile. It may be
    /// asked again.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn update<E>(
        &self,
        change: impl Fn(Option<Duration>) -> Result<Duration, E>,
    ) -> Result<(), E> {
        loop {
            let seen = self.set.load(Ordering::Relaxed);
            let known = [seen, self.made.load(Ordering::Relaxed)];
            let known = known.into_iter().find(|word| *word != UNSET).map(Duration::from_nanos);
            let word = nanos(change(known)?).min(UNSET - 1);
            let order = Ordering::Relaxed;
            if self.set.compare_exchange(seen, word, order, order).is_ok() {
                return Ok(());
            }
        }
    }

    pub(crate) fn set(&self, limit: Option<Duration>) {
        let word = limit.map_or(UNSET, |limit| nanos(limit).min(UNSET - 1));
        self.set.store(word, Ordering::Relaxed);
    }
}

impl Default for LiveLimit {
    fn default() -> Self {
        Self { set: AtomicU64::new(UNSET), made: AtomicU64::new(UNSET) }
    }
}

#[cfg(test)]
#[cfg(all(feature = "admin", feature = "settings"))]
mod tests {
    use std::{cell::RefCell, convert::Infallible, time::Duration};

    use super::LiveLimit;

    #[test]
    fn a_change_that_another_came_before_is_made_again_from_what_that_one_set() {
        let [made, other, wanted] = [1, 2, 3].map(Duration::from_secs);
        let limit = LiveLimit::default();
        limit.made(made);
        let seen = RefCell::new(Vec::new());
        let change = |known| {
            seen.borrow_mut().push(known);
            if known == Some(made) {
                limit.set(Some(other));
            }
            Ok::<_, Infallible>(wanted)
        };
        let Ok(()) = limit.update(change);
        assert_eq!(*seen.borrow(), [Some(made), Some(other)]);
        assert_eq!(limit.in_force(), (Some(wanted), true));
        assert_eq!(limit.update(|_| Err("refused")), Err("refused"));
        assert_eq!(limit.in_force(), (Some(wanted), true));
    }
}
