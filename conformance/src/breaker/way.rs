use std::future::Future;

use resilience::{Name, Rejected, circuit_breaker::CircuitBreakerHandle};
use tokio::time::Duration;

use super::{Came, Settings};

/// How a call comes to have taken as long as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Took {
    /// The clock has moved.
    Measured,
    /// The case says so, and the clock stands still.
    Reported(Duration),
}

/// A way for calls to reach a breaker.
pub(crate) trait Way: Sized {
    /// A call that was admitted and has not ended; dropped, it is dropped by its caller.
    type Held: std::fmt::Debug;

    /// Makes the breaker.
    fn new(name: Name, settings: &Settings) -> Self;

    /// The breaker, to be looked at and moved by hand.
    fn handle(&self) -> &CircuitBreakerHandle;

    /// Begins a call that will say how long it took, or not.
    fn begin(&self, is_measured: bool) -> impl Future<Output = Result<Self::Held, Rejected>>;

    /// Ends a call.
    fn end(held: Self::Held, came: Came, took: Took) -> impl Future<Output = ()>;

    /// Ends a call without a verdict.
    fn release(held: Self::Held);
}
