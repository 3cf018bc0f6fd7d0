use std::sync::{Arc, Mutex, PoisonError};

use super::{
    handle::CircuitBreakerHandle,
    manual::{IllegalTransition, Move},
};

/// Moves several circuit breakers by hand, all at once.
///
/// # Sharing
///
/// Clones are one group. It keeps its breakers alive.
///
/// # Examples
///
/// ```
/// use resilience::{Name, circuit_breaker::{BreakerGroup, CircuitBreakerLayer, Config, Move, State}};
///
/// let reads = CircuitBreakerLayer::new(Name::from_static("users-read"), Config::default());
/// let writes = CircuitBreakerLayer::new(Name::from_static("users-write"), Config::default());
/// let users: BreakerGroup = [reads.handle(), writes.handle()].into_iter().collect();
/// users.apply(Move::ForceOpen)?;
/// assert_eq!(writes.handle().snapshot().state, State::ForcedOpen);
/// # Ok::<(), resilience::circuit_breaker::IllegalTransition>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BreakerGroup {
    members: Arc<Mutex<Vec<CircuitBreakerHandle>>>,
}

impl BreakerGroup {
    /// An empty group.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a breaker, which stays in its state.
    pub fn add(&self, breaker: CircuitBreakerHandle) {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).push(breaker);
    }

    /// Moves all breakers of the group.
    ///
    /// # Errors
    ///
    /// The first [`IllegalTransition`]; the others are moved all the same.
    pub fn apply(&self, step: Move) -> Result<(), IllegalTransition> {
        // Without the lock: a listener may use the group.
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let made: Vec<_> = members.iter().map(|breaker| breaker.apply(step)).collect();
        made.into_iter().collect()
    }
}

impl FromIterator<CircuitBreakerHandle> for BreakerGroup {
    fn from_iter<I: IntoIterator<Item = CircuitBreakerHandle>>(breakers: I) -> Self {
        Self { members: Arc::new(Mutex::new(breakers.into_iter().collect())) }
    }
}
