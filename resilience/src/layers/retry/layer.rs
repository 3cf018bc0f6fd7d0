use std::sync::{Arc, Weak};

use tower_layer::Layer;

#[cfg(feature = "keyed")]
use super::budget_by::BudgetBy;
use super::{
    choose_budget::OneBudget,
    config::Config,
    handle::RetryHandle,
    on_failure::OnFailure,
    service::{Retry, Shared},
};
#[cfg(feature = "keyed")]
use crate::budget::keyed::KeyedRetryBudget;
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
pub struct RetryLayer<P = OnFailure, B = OneBudget> {
    shared: Holders<Shared>,
    policy: P,
    budgets: B,
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
        let shared = registered(Shared::new(name, config, budget));
        Self { shared, policy, budgets: OneBudget }
    }
}

impl<P, B> RetryLayer<P, B> {
    /// Takes tokens from `budget` instead.
    #[must_use]
    pub fn budget(self, budget: RetryBudget) -> RetryLayer<P> {
        self.paid_by(Some(budget))
    }

    /// Retries without a budget: an outage then multiplies the traffic by the attempts.
    #[must_use]
    pub fn without_budget(self) -> RetryLayer<P> {
        self.paid_by(None)
    }

    /// Takes tokens for each request from the budget that its key has in `budgets`, where `keys`
    /// says which key that is.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{
    ///     Name, budget::{TokenBudget, keyed::KeyedRetryBudget}, keyed::by_number,
    ///     retry::{Config, RetryLayer},
    /// };
    ///
    /// #[derive(Clone)]
    /// struct Ask { shard: u64 }
    ///
    /// const SHARDS: Name = Name::from_static("shards");
    /// let budgets = KeyedRetryBudget::new(SHARDS, TokenBudget::default());
    /// let layer = RetryLayer::new(SHARDS, Config::default())
    ///     .budget_by(by_number(|ask: &Ask| ask.shard), budgets);
    /// ```
    #[cfg(feature = "keyed")]
    #[must_use]
    pub fn budget_by<K>(self, keys: K, budgets: KeyedRetryBudget) -> RetryLayer<P, BudgetBy<K>> {
        let known = budgets.clone();
        self.with_budgets(BudgetBy::new(keys, budgets)).change(|shared| {
            shared.budget = None;
            shared.keyed_budget = Some(known);
        })
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

    /// The budget, when there is one for all requests.
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

    fn paid_by(self, budget: Option<RetryBudget>) -> RetryLayer<P> {
        self.with_budgets(OneBudget).change(|shared| {
            shared.budget = budget;
            #[cfg(feature = "keyed")]
            {
                shared.keyed_budget = None;
            }
        })
    }

    fn with_budgets<C>(self, budgets: C) -> RetryLayer<P, C> {
        RetryLayer { shared: self.shared, policy: self.policy, budgets }
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

impl<S, P: Clone, B: Clone> Layer<S> for RetryLayer<P, B> {
    type Service = Retry<S, P, B>;

    fn layer(&self, inner: S) -> Self::Service {
        let (policy, budgets) = (self.policy.clone(), self.budgets.clone());
        Retry::new(inner, self.shared.clone(), policy, budgets)
    }
}
