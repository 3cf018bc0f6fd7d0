use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    call_permit::CallPermit,
    config::Config,
    future::ResponseFuture,
    manual::{IllegalTransition, Move},
    meter::Calls,
    permit::Permit,
    shared::Shared,
    snapshot::Snapshot,
};
use crate::{
    classify::{AnyError, Classify},
    error::{Refusal, Rejected},
    event::Listener,
    holders::Holders,
    name::Name,
    time,
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
    shared: Holders<Shared>,
}

impl CircuitBreakerHandle {
    pub(super) const fn new(shared: Holders<Shared>) -> Self {
        Self { shared }
    }

    /// A closed breaker that no layer has.
    #[must_use]
    pub fn standalone(name: Name, config: impl Into<Arc<Config>>) -> Self {
        Self::new(Holders::new(Shared::new(name, config.into())))
    }

    /// Asks to make a call. The permit wants to know what came of it.
    ///
    /// # Errors
    ///
    /// [`Rejected`] when the circuit is open, or half-open and its probes are taken.
    pub fn try_acquire(&self) -> Result<CallPermit, Rejected> {
        let pass = self.shared.acquire(time::read).map_err(|refused| {
            self.shared.count_refusal();
            refused.by(self.shared.name())
        })?;
        Ok(CallPermit::new(Permit::new(self.shared.hold(), pass)))
    }

    /// Waits until the breaker admits a call.
    ///
    /// It is woken by a change of state, by the end of an open wait and by a probe that gives
    /// its place back, and asks again; who waits longest has no right to be first. An open
    /// breaker that only a hand can close is waited for, too.
    ///
    /// # Cancellation
    ///
    /// Whoever stops waiting holds nothing.
    ///
    /// # Panics
    ///
    /// When it has to wait for a time and there is no Tokio runtime with a timer.
    pub async fn acquire(&self) -> CallPermit {
        let pass = self.shared.acquire_in_turn().await;
        CallPermit::new(Permit::new(self.shared.hold(), pass))
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
                let permit = Permit::new(self.shared.hold(), pass);
                ResponseFuture::admitted(call, permit, classifier)
            }
            Err(refused) => {
                self.shared.count_refusal();
                ResponseFuture::refused(refused.by(self.shared.name()))
            }
        }
    }

    /// What the breaker looks like at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot(time::read())
    }

    /// The settings in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.shared.config())
    }

    /// Goes by `config` from here on, in the state that the breaker is in.
    ///
    /// - What the window holds stays, and is judged by the new thresholds at once: a breaker whose
    ///   failures are enough for them opens here. It begins empty where the settings ask for
    ///   other results than were kept: another [window](super::ConfigBuilder::window), another
    ///   limit for slow calls, and failures in a row, a rule with a window of its own or a share of
    ///   cancelled calls that come or go. Calls that run then count for nothing when they end.
    /// - In shadow mode a rule that was met is told of again when it is met by the new settings.
    /// - A state that was forced stays forced, and an open wait that runs keeps its end.
    /// - A half-open period begins anew where its rule or its limit is another one.
    /// - [`initial_state`](super::ConfigBuilder::initial_state) means nothing to a breaker that
    ///   has begun.
    ///
    /// Once its window was exchanged, a breaker takes a little longer for each call, because its
    /// results lie elsewhere.
    ///
    /// The settings that a breaker was made with stay in memory for as long as it lives, which saves
    /// one whose settings never change a step for each call: a function such as that of
    /// [`open_for_fn`](super::ConfigBuilder::open_for_fn) and what it holds is not dropped before the
    /// breaker, even if it is not asked any more. So do the first two windows. Settings and windows
    /// that came later are dropped when others take their place and no call uses them.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, Ratio, circuit_breaker::{CircuitBreakerHandle, Config}};
    ///
    /// let breaker = CircuitBreakerHandle::standalone(Name::from_static("disk"), Config::default());
    /// breaker.update(Config::builder().failure_rate(Ratio::percent(30)).build()?);
    /// assert_eq!(breaker.config().failure_rate(), Some(Ratio::percent(30)));
    /// # Ok::<(), resilience::ConfigErrors>(())
    /// ```
    pub fn update(&self, config: impl Into<Arc<Config>>) {
        let config = config.into();
        let Ok(()) = self.shared.update::<Infallible>(|_| Ok(Arc::clone(&config)), time::read());
    }

    /// Changes some of the settings, whatever else changes them at the same time. `change` may be
    /// asked again.
    #[cfg(feature = "wire")]
    pub(crate) fn update_with<E>(
        &self,
        change: impl Fn(&Config) -> Result<Config, E>,
    ) -> Result<(), E> {
        self.shared.update(|seen| change(seen).map(Arc::new), time::read())
    }

    /// How the calls through all breakers of this name ended, since the process began.
    pub fn calls(&self) -> Calls {
        Calls::of(self.shared.meter)
    }

    /// Calls `listener` with every event of the breaker, besides those added before.
    pub fn listen(&self, listener: Listener) {
        self.shared.listen(listener);
    }

    /// Moves the breaker by hand. Calls that began before count for nothing once the state
    /// has changed.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] when the settings are
    /// [strict](super::ConfigBuilder::strict_transitions) and a closed breaker is to be
    /// half-open.
    pub fn apply(&self, step: Move) -> Result<(), IllegalTransition> {
        self.shared.step(time::read(), |machine, moment| machine.apply(step, moment)).0
    }

    /// Opens the breaker for as long as after any opening.
    pub fn open(&self) {
        self.make(Move::Open);
    }

    /// Opens the breaker for `time`; one that is open already stays so for `time` from here on.
    pub fn open_for(&self, time: Duration) {
        self.make(Move::OpenFor(time));
    }

    /// Opens the breaker until `end`.
    pub fn open_until(&self, end: Instant) {
        self.make(Move::OpenUntil(end));
    }

    /// Makes the breaker half-open.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub fn half_open(&self) -> Result<(), IllegalTransition> {
        self.apply(Move::HalfOpen)
    }

    /// Has the breaker refuse all calls until the next move by hand.
    pub fn force_open(&self) {
        self.make(Move::ForceOpen);
    }

    /// Has the breaker admit all calls and count none, until the next move by hand.
    pub fn disable(&self) {
        self.make(Move::Disable);
    }

    /// Has the breaker admit and count all calls and only report what the rules say, until
    /// the next move by hand: shadow mode.
    pub fn metrics_only(&self) {
        self.make(Move::MetricsOnly);
    }

    /// Closes the breaker. One that is closed keeps its window.
    pub fn close(&self) {
        self.make(Move::Close);
    }

    /// Closes the breaker with an empty window, whatever its state.
    ///
    /// Results of calls that began before count for nothing.
    pub fn reset(&self) {
        self.make(Move::Reset);
    }

    fn make(&self, step: Move) {
        let made = self.apply(step);
        debug_assert!(made.is_ok(), "only a move to half-open is ever forbidden");
    }
}
