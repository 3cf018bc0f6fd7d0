use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    call_permit::CallPermit, config::Config, future::ResponseFuture, history::Transition,
    permit::Permit, shared::Shared,
};
use crate::{
    classify::{AnyError, Classify},
    error::{Refusal, Rejected},
    event::State,
    name::Name,
    time,
    window::Counts,
};

/// Looks at one circuit breaker, resets it, and makes calls through it, without Tower.
///
/// # Sharing
///
/// A handle keeps its breaker alive, and sees what all services that share it do.
///
/// # Examples
///
/// ```
/// use resilience::{Name, circuit_breaker::{CircuitBreakerLayer, Config, State}};
///
/// let layer = CircuitBreakerLayer::new(Name::from_static("users-api"), Config::default());
/// assert_eq!(layer.handle().snapshot().state, State::Closed);
/// ```
///
/// Around any future, and around code that blocks:
///
/// ```
/// use resilience::{BoxError, Name, circuit_breaker::{CircuitBreakerHandle, Config}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let config = Config::builder().consecutive_failures(1).build()?;
/// let disk = CircuitBreakerHandle::standalone(Name::from_static("disk"), config);
/// let answer = disk.call(async { Ok::<_, BoxError>(42) }).await?;
/// assert_eq!(answer, 42);
///
/// let read = || std::fs::read("/nowhere").map(drop);
/// assert!(disk.try_acquire()?.run(read).is_err());
/// assert!(disk.try_acquire().is_err(), "the circuit is open");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreakerHandle {
    shared: Arc<Shared>,
}

impl CircuitBreakerHandle {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// A closed breaker that no layer has.
    #[must_use]
    pub fn standalone(name: Name, config: Config) -> Self {
        Self::new(Shared::new(name, config))
    }

    /// Asks to make a call. The permit wants to know what came of it.
    ///
    /// # Errors
    ///
    /// [`Rejected`] when the circuit is open, or half-open and its probes are taken.
    pub fn try_acquire(&self) -> Result<CallPermit, Rejected> {
        let pass = self.shared.acquire(time::read).inspect_err(|_| self.shared.refused())?;
        Ok(CallPermit::new(Permit::new(Arc::clone(&self.shared), pass)))
    }

    /// Makes `call`, which counts as a failure when it ends with an error.
    ///
    /// Whether it is admitted is decided here and not at the first poll; a refused call is
    /// dropped without being polled.
    ///
    /// # Errors
    ///
    /// Those of the call, or a rejection.
    pub fn call<F, T, E>(&self, call: F) -> ResponseFuture<F, AnyError>
    where
        F: Future<Output = Result<T, E>>,
        E: Refusal,
    {
        self.call_with(AnyError, call)
    }

    /// Makes `call`, which counts as `classifier` says.
    ///
    /// # Errors
    ///
    /// Those of the call, or a rejection.
    pub fn call_with<F, C, T, E>(&self, classifier: C, call: F) -> ResponseFuture<F, C>
    where
        F: Future<Output = Result<T, E>>,
        C: Classify<T, E>,
        E: Refusal,
    {
        match self.shared.acquire(time::read) {
            Ok(pass) => {
                let permit = Permit::new(Arc::clone(&self.shared), pass);
                ResponseFuture::admitted(call, permit, classifier)
            }
            Err(rejected) => {
                self.shared.refused();
                ResponseFuture::refused(rejected)
            }
        }
    }

    /// What the breaker looks like at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot(time::read())
    }

    /// Closes the breaker with an empty window, whatever its state.
    ///
    /// Results of calls that began before count for nothing.
    pub fn reset(&self) {
        self.shared.reset(time::read());
    }
}

/// What a breaker looked like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The breaker.
    pub name: Name,
    /// The state that the next call would find.
    pub state: State,
    /// Since when.
    pub since: Instant,
    /// The moment at which it looked so.
    pub at: Instant,
    /// The time left until probes are let through, when open.
    pub time_left: Option<Duration>,
    /// The results that count: those in the window when closed, those of the probes when
    /// half-open.
    pub counts: Counts,
    /// The length of the run of failures, when that rule is on.
    pub failures_in_a_row: u32,
    /// The probes that would still be admitted, when half-open.
    pub free_probes: u32,
    /// The last changes of state, the newest first; at most 32.
    pub transitions: Vec<Transition>,
}
