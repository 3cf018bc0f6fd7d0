//! A limit of time that is changed while calls run.

use std::time::Duration;

use crate::{
    sync::{AtomicU64, Ordering},
    time::nanos,
};

/// Nobody has set a limit.
const UNSET: u64 = u64::MAX;

/// The longest limit that can be set; what is beyond becomes this.
#[cfg(all(feature = "admin", feature = "settings"))]
pub(crate) const LONGEST: Duration = Duration::from_nanos(UNSET - 1);

/// What the layers of a name go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InForce {
    /// What was set, else that of the layer that was used last; none has been when it is absent.
    pub(crate) limit: Option<Duration>,
    /// Whether it holds for all layers of the name. Otherwise each has its own.
    pub(crate) is_set: bool,
}

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
        self.made.store(word(Some(limit)), Ordering::Relaxed);
    }

    /// The limit in force.
    pub(crate) fn in_force(&self) -> InForce {
        self.in_force_with(self.set.load(Ordering::Relaxed))
    }

    fn in_force_with(&self, set: u64) -> InForce {
        let is_set = set != UNSET;
        let word = if is_set { set } else { self.made.load(Ordering::Relaxed) };
        InForce { limit: (word != UNSET).then(|| Duration::from_nanos(word)), is_set }
    }

    /// Goes by what `change` makes of the limit in force, whoever else sets one meanwhile. It may
    /// be asked again.
    #[cfg(all(feature = "admin", feature = "settings"))]
    pub(crate) fn update<E>(
        &self,
        change: impl Fn(InForce) -> Result<InForce, E>,
    ) -> Result<(), E> {
        loop {
            let seen = self.set.load(Ordering::Relaxed);
            let wanted = change(self.in_force_with(seen))?;
            let set = word(wanted.limit.filter(|_| wanted.is_set));
            let order = Ordering::Relaxed;
            if self.set.compare_exchange(seen, set, order, order).is_ok() {
                return Ok(());
            }
        }
    }

    pub(crate) fn set(&self, limit: Option<Duration>) {
        self.set.store(word(limit), Ordering::Relaxed);
    }
}

fn word(limit: Option<Duration>) -> u64 {
    limit.map_or(UNSET, |limit| nanos(limit).min(UNSET - 1))
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

    use super::{InForce, LiveLimit};

    #[test]
    fn a_change_that_another_came_before_is_made_again_from_what_that_one_set() {
        let [made, other, wanted] = [1, 2, 3].map(Duration::from_secs);
        let limit = LiveLimit::default();
        limit.made(made);
        let seen = RefCell::new(Vec::new());
        let set = |limit| InForce { limit: Some(limit), is_set: true };
        let change = |known: InForce| {
            seen.borrow_mut().push(known);
            if !known.is_set {
                limit.set(Some(other));
            }
            Ok::<_, Infallible>(set(wanted))
        };
        let Ok(()) = limit.update(change);
        let of_layer = InForce { limit: Some(made), is_set: false };
        assert_eq!(*seen.borrow(), [of_layer, set(other)]);
        assert_eq!(limit.in_force(), set(wanted));
        assert_eq!(limit.update(|_| Err("refused")), Err("refused"));
        assert_eq!(limit.in_force(), set(wanted));
    }
}
