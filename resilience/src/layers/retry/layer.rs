use std::sync::{Arc, Weak};

use tower_layer::Layer;

use super::{
    config::Config,
    handle::RetryHandle,
    on_failure::OnFailure,
    service::{Retry, Shared},
};
use crate::{
    budget::{RetryBudget, TokenBudget},
    event::Listener,
    holders::Holders,
    name::Name,
    registry::{self, Instance},
    rng::Rng,
};

/// Tries failed calls of a service again.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Services made by this layer or its clones share its budget.
#[derive(Clone, Debug)]
pub struct RetryLayer<P = OnFailure> {
    shared: Holders<Shared>,
    policy: P,
}

impl RetryLayer {
    /// Retries every failure of requests that can be cloned, with a budget of its own.
    ///
    /// Every request is taken to be safe to send twice, and every response for a success, also
    /// one with an HTTP status that says otherwise: for HTTP use `http`.
    #[must_use]
    pub fn new(name: Name, config: Config) -> Self {
        Self::with_policy(name, config, OnFailure::default())
    }
}

#[cfg(feature = "http")]
impl RetryLayer<super::HttpPolicy> {
    /// Retries HTTP requests that may be sent twice, with a budget of its own.
    #[must_use]
    pub fn http(name: Name, config: Config) -> Self {
        Self::with_policy(name, config, super::HttpPolicy::default())
    }
}

impl<P> RetryLayer<P> {
    /// Retries what `policy` decides, with a budget of its own.
    #[must_use]
    pub fn with_policy(name: Name, config: Config, policy: P) -> Self {
        let budget = Some(RetryBudget::token(name, TokenBudget::default()));
        Self { shared: registered(Shared::new(name, config, budget)), policy }
    }

    /// Takes tokens from `budget` instead.
    #[must_use]
    pub fn budget(self, budget: RetryBudget) -> Self {
        self.change(|shared| shared.budget = Some(budget))
    }

    /// Retries without a budget: an outage then multiplies the traffic by the attempts.
    #[must_use]
    pub fn without_budget(self) -> Self {
        self.change(|shared| shared.budget = None)
    }

    /// Draws jitter from `rng` instead of one seeded by the system.
    #[must_use]
    pub fn rng(self, rng: Rng) -> Self {
        self.change(|shared| shared.rng = rng)
    }

    /// Calls `listener` with every retry and every one not made, besides those added before.
    #[must_use]
    pub fn on_event(self, listener: Listener) -> Self {
        self.change(|shared| shared.listeners.add(listener))
    }

    /// The budget, when there is one.
    pub fn shared_budget(&self) -> Option<&RetryBudget> {
        self.shared.budget.as_ref()
    }

    /// A look at the retries from outside, to change them while calls run.
    ///
    /// The methods that build the layer make another one of it, of which an earlier handle knows
    /// nothing: ask for it last.
    pub fn handle(&self) -> RetryHandle {
        RetryHandle::new(Arc::clone(self.shared.value()))
    }

    fn change(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        // Services made before keep what they have.
        let mut shared = Shared::clone(&self.shared);
        change(&mut shared);
        self.shared = registered(shared);
        self
    }
}

fn registered(shared: Shared) -> Holders<Shared> {
    let shared = Arc::new(shared);
    let weak: Weak<dyn Instance> = Arc::downgrade(&shared) as _;
    registry::register(shared.name, weak);
    Holders::new(shared)
}

impl<S, P: Clone> Layer<S> for RetryLayer<P> {
    type Service = Retry<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::new(inner, self.shared.clone(), self.policy.clone())
    }
}
