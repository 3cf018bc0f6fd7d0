use std::sync::Arc;

use tokio::time::Instant;

use super::{
    admission::Pass,
    meter::{End, Ended},
    shared::Shared,
};
use crate::time::Reading;

/// The right to make one call, given back exactly once.
///
/// A permit that is dropped without a result counts as cancelled.
#[derive(Debug)]
pub(super) struct Permit {
    shared: Arc<Shared>,
    pass: Option<Pass>,
}

impl Permit {
    pub(super) const fn new(shared: Arc<Shared>, pass: Pass) -> Self {
        Self { shared, pass: Some(pass) }
    }

    /// Gives the permit back with what the call came to.
    pub(super) fn finish(&mut self, ended: impl Into<Ended>, now: impl Fn() -> Instant) {
        if let Some(pass) = self.pass.take() {
            self.shared.finish(pass, ended.into(), now);
        }
    }

    /// When the call counts as slow though it has not ended, if it does.
    pub(super) fn overdue_at(&self) -> Option<Instant> {
        self.pass.as_ref().and_then(|pass| self.shared.overdue_at(pass))
    }

    /// The call runs for longer than is slow.
    pub(super) fn is_overdue(&mut self, now: impl Fn() -> Instant) {
        if let Some(pass) = &mut self.pass {
            self.shared.is_overdue(pass, now);
        }
    }

    /// Runs a part of the call; a panic in it is a failure of the call, and goes on.
    pub(super) fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let guard = PanicGuard(self);
        let value = work();
        std::mem::forget(guard);
        value
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let reading = Reading::default();
        self.finish(End::Cancelled, || reading.now());
    }
}

/// Dropped only by unwinding: the ordinary way forgets it.
struct PanicGuard<'a>(&'a mut Permit);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        let reading = Reading::default();
        self.0.finish(End::Panicked, || reading.now());
    }
}
