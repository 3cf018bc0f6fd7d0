use std::time::Duration;

use super::{meter::Ended, permit::Permit};
use crate::{outcome::Outcome, time::Reading};

/// The right to make one call through a breaker, without Tower.
///
/// From [`try_acquire`](super::CircuitBreakerHandle::try_acquire) or
/// [`acquire`](super::CircuitBreakerHandle::acquire) of the handle. It is given back exactly once: with what the call came to, or by a drop.
///
/// # Cancellation
///
/// Dropped without a result it counts as cancelled, which says nothing about the service unless
/// [`cancelled`](super::ConfigBuilder::cancelled) is set, and gives a probe's place
/// back. A panic of the call is not seen unless it runs in [`run`](Self::run): say so with [`failed`](Self::failed).
#[derive(Debug)]
#[must_use = "a permit that is dropped at once counts as a cancelled call"]
pub struct CallPermit(Permit);

impl CallPermit {
    pub(super) const fn new(permit: Permit) -> Self {
        Self(permit)
    }

    /// Gives the permit back with what the call came to.
    pub fn finish(mut self, outcome: Outcome) {
        let reading = Reading::default();
        self.0.finish(Ended::with(outcome), || reading.now());
    }

    /// Gives the permit back with what the call came to, and how long it took by your own
    /// measure; without one it is the life of the permit.
    pub fn finish_after(mut self, outcome: Outcome, took: Duration) {
        let reading = Reading::default();
        self.0.finish(Ended::with(outcome).after(took), || reading.now());
    }

    /// The call succeeded.
    pub fn succeeded(self) {
        self.finish(Outcome::Success);
    }

    /// The call failed.
    pub fn failed(self) {
        self.finish(Outcome::Failure);
    }

    /// Makes a call that blocks, and counts an error as a failure. A panic counts as one, too,
    /// and goes on.
    ///
    /// # Errors
    ///
    /// Those of the call.
    ///
    /// # Panics
    ///
    /// When the call does.
    pub fn run<T, E>(mut self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let result = self.0.watch(call);
        self.finish(if result.is_ok() { Outcome::Success } else { Outcome::Failure });
        result
    }
}
