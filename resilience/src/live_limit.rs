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
