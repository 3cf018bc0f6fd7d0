//! How many calls run, counted from the call to the end of its future.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Debug, Default)]
pub(super) struct Traffic(Arc<Mutex<Counts>>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) in_flight: usize,
    pub(super) most: usize,
    pub(super) dropped: usize,
}

impl Traffic {
    pub(super) fn begin(&self) -> Flight {
        let mut counts = self.lock();
        counts.in_flight += 1;
        counts.most = counts.most.max(counts.in_flight);
        drop(counts);
        Flight { traffic: self.clone(), has_ended: false }
    }

    pub(super) fn counts(&self) -> Counts {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that runs. Dropped without an end, it counts as dropped.
#[derive(Debug)]
pub(super) struct Flight {
    traffic: Traffic,
    has_ended: bool,
}

impl Flight {
    pub(super) fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut counts = self.traffic.lock();
        counts.in_flight -= 1;
        if !self.has_ended {
            counts.dropped += 1;
        }
    }
}
