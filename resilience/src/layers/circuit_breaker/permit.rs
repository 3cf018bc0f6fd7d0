use tokio::time::Instant;

use super::{
    admission::Pass,
    meter::{End, Ended},
    shared::Shared,
};
use crate::{holders::Hold, outcome::Outcome, time::Reading};

/// The right to make one call, given back exactly once.
///
/// A permit that is dropped without a result counts as cancelled.
#[derive(Debug)]
pub(super) struct Permit {
    shared: Hold<Shared>,
    pass: Option<Pass>,
}

impl Permit {
    pub(super) const fn new(shared: Hold<Shared>, pass: Pass) -> Self {
        Self { shared, pass: Some(pass) }
    }

    /// Gives the permit back from a call that came to `outcome`.
    #[inline(always)]
    pub(super) fn finish_with(&mut self, outcome: Outcome, now: impl Fn() -> Instant) {
        match &self.pass {
            // Nothing but what is needed is read of the pass, which was written a moment ago: to
            // copy it whole is to wait for its writing.
            Some(pass) if outcome == Outcome::Success && pass.is_ordinary() => {
                let (epoch, began) = (pass.epoch, pass.began);
                self.pass = None;
                self.shared.finish_success(epoch, began, now);
            }
            _ => self.finish(Ended::with(outcome), now),
        }
    }

    /// Gives the permit back with what the call came to.
    #[inline(never)]
    pub(super) fn finish(&mut self, ended: impl Into<Ended>, now: impl Fn() -> Instant) {
        if let Some(pass) = self.pass.take() {
            self.shared.finish(pass, ended.into(), now);
        }
    }

    /// Whether a result counts as nothing that a fault made.
    #[inline]
    pub(super) fn ignores_injected(&self) -> bool {
        self.shared.ignores_injected()
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
    #[inline(always)]
    pub(super) fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let guard = PanicGuard(self);
        let value = work();
        std::mem::forget(guard);
        value
    }
}

impl Drop for Permit {
    #[inline]
    fn drop(&mut self) {
        if self.pass.is_some() {
            let reading = Reading::default();
            self.finish(End::Cancelled, || reading.now());
        }
    }
}

/// Dropped only by unwinding: the ordinary way forgets it.
struct PanicGuard<'a>(&'a mut Permit);

impl Drop for PanicGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        let reading = Reading::default();
        self.0.finish(End::Panicked, || reading.now());
    }
}
