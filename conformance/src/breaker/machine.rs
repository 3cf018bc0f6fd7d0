use resilience::{
    Name, Outcome, Rejected,
    circuit_breaker::{CallPermit, CircuitBreakerHandle},
};

use super::{Came, Settings, Took, Way};

/// The breaker alone, through permits.
#[derive(Debug)]
pub(crate) struct Machine(CircuitBreakerHandle);

impl Way for Machine {
    type Held = CallPermit;

    fn new(name: Name, settings: &Settings) -> Self {
        Self(CircuitBreakerHandle::standalone(name, settings.config.clone()))
    }

    fn handle(&self) -> &CircuitBreakerHandle {
        &self.0
    }

    async fn begin(&self, _: bool) -> Result<CallPermit, Rejected> {
        self.0.try_acquire()
    }

    async fn end(held: CallPermit, came: Came, took: Took) {
        match took {
            Took::Measured => held.finish(came.outcome()),
            Took::Reported(took) => held.finish_after(came.outcome(), took),
        }
    }

    fn release(held: CallPermit) {
        held.finish(Outcome::Ignored);
    }
}
