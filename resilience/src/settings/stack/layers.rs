use tower_layer::Layer;

use super::{
    StackSettings,
    optional::{Optional, OptionalService},
};
use crate::{
    budget::RetryBudget,
    circuit_breaker::{CircuitBreaker, CircuitBreakerHandle, CircuitBreakerLayer},
    deadline::{DeadlineLayer, DeadlineService},
    event::Listener,
    http::HttpClassifier,
    name::Name,
    retry::{HttpPolicy, Retry, RetryLayer},
    settings::{
        budget::{BudgetConfig, BudgetSettings},
        circuit_breaker::CircuitBreakerSettings,
        errors::SettingsErrors,
        retry::RetrySettings,
        switch::Switch,
    },
    timeout::{Timeout, TimeoutLayer},
};

/// The layers that [`StackSettings`] ask for, in the recommended order.
///
/// From the outside in: deadline, retry, circuit breaker, timeout. The
/// [table of the crate](crate#order) says why. The order is part of the type: there is no way to
/// build a stack in another one. [`RespondLayer`](crate::respond::RespondLayer) goes outside of it
/// and [`LiftLayer`](crate::lift::LiftLayer) inside, where they are needed.
///
/// # Sharing
///
/// Services made by this stack or its clones share one breaker and one budget, as with the layers
/// alone. Build one stack for each service that can fail on its own.
///
/// # Examples
///
/// ```
/// use resilience::{Name, settings::StackSettings};
///
/// let stack = StackSettings::per_endpoint().build(Name::from_static("users-1"))?;
/// let breaker = stack.breaker().expect("the preset has one");
/// assert_eq!(breaker.snapshot().name.as_str(), "users-1");
/// assert!(stack.budget().is_none(), "the preset does not retry");
/// # Ok::<(), resilience::settings::SettingsErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stack<C = HttpClassifier> {
    deadline: Optional<DeadlineLayer>,
    retry: Optional<RetryLayer<HttpPolicy<C>>>,
    breaker: Optional<CircuitBreakerLayer<C>>,
    timeout: Optional<TimeoutLayer>,
    settings: StackSettings,
}

type Timed<S> = OptionalService<Timeout<S>, S>;
type Guarded<S, C> = OptionalService<CircuitBreaker<Timed<S>, C>, Timed<S>>;
type Retried<S, C> = OptionalService<Retry<Guarded<S, C>, HttpPolicy<C>>, Guarded<S, C>>;

/// What a [`Stack`] makes of a service.
pub type StackService<S, C = HttpClassifier> =
    OptionalService<DeadlineService<Retried<S, C>>, Retried<S, C>>;

impl<C: Clone> Stack<C> {
    /// `all` is without a preset, and checked as a whole.
    pub(super) fn new(
        name: Name,
        all: &StackSettings,
        classifier: C,
    ) -> Result<Self, SettingsErrors> {
        let mut settings = all.clone();
        let deadline = all.deadline.as_ref().and_then(Switch::on);
        let deadline = deadline.map(|part| part.build(name)).transpose()?;

        let timeout = all.timeout.as_ref().and_then(Switch::on);
        let timeout = timeout.map(|part| part.build(name)).transpose()?;
        if let Some(Switch::On(part)) = &mut settings.timeout {
            part.spare_last_attempt.get_or_insert(false);
        }

        let mut breaker = None;
        if let Some(Switch::On(part)) = &mut settings.circuit_breaker {
            let config = part.build()?;
            *part = CircuitBreakerSettings::from(&config);
            breaker = Some(CircuitBreakerLayer::with_classifier(name, config, classifier.clone()));
        }

        let mut retry = None;
        // A preset may have one for retries that were switched off.
        let budget = settings.budget.take();
        if let Some(Switch::On(part)) = &mut settings.retry {
            let (config, policy) = (part.build()?, part.policy(classifier));
            *part = RetrySettings {
                idempotency: Some(part.idempotency.unwrap_or_default()),
                resend_unsent: Some(part.resend_unsent.unwrap_or(true)),
                ..RetrySettings::from(&config)
            };
            let layer = RetryLayer::with_policy(name, config, policy);
            let (layer, budget) = with_budget(layer, name, budget)?;
            settings.budget = Some(budget);
            retry = Some(layer);
        }
        Ok(Self {
            deadline: Optional(deadline),
            retry: Optional(retry),
            breaker: Optional(breaker),
            timeout: Optional(timeout),
            settings,
        })
    }
}

/// The layer with the budget that is asked for, and what that is.
fn with_budget<P>(
    layer: RetryLayer<P>,
    name: Name,
    budget: Option<Switch<BudgetSettings>>,
) -> Result<(RetryLayer<P>, Switch<BudgetSettings>), SettingsErrors> {
    let config = match budget {
        Some(Switch::Off) => return Ok((layer.without_budget(), Switch::Off)),
        Some(Switch::On(part)) => part.build()?,
        None => BudgetConfig::default(),
    };
    let settings = BudgetSettings::from(&config);
    Ok((layer.budget(config.budget(name)), Switch::On(settings)))
}

impl<C> Stack<C> {
    /// The settings in force, those of the preset and all defaults among them, as an operator
    /// should see them.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, settings::StackSettings};
    ///
    /// let settings: StackSettings = serde_json::from_str(r#"{ "retry": {} }"#)?;
    /// let stack = settings.build(Name::from_static("users"))?;
    /// let shown = serde_json::to_value(stack.settings())?;
    /// assert_eq!(shown["retry"]["backoff"]["initial"], "50ms");
    /// assert_eq!(shown["budget"]["ratio"], 0.2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn settings(&self) -> &StackSettings {
        &self.settings
    }

    /// A look at the breaker from outside, when there is one.
    pub fn breaker(&self) -> Option<CircuitBreakerHandle> {
        self.breaker.0.as_ref().map(CircuitBreakerLayer::handle)
    }

    /// The retry budget, when there is one.
    pub fn budget(&self) -> Option<&RetryBudget> {
        self.retry.0.as_ref().and_then(RetryLayer::shared_budget)
    }

    /// Calls `listener` with the events of every layer, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: &Listener) -> Self {
        self.deadline = self.deadline.map(|layer| layer.on_event(listener.clone()));
        self.retry = self.retry.map(|layer| layer.on_event(listener.clone()));
        self.breaker = self.breaker.map(|layer| layer.on_event(listener.clone()));
        self.timeout = self.timeout.map(|layer| layer.on_event(listener.clone()));
        self
    }
}

impl<S, C: Clone> Layer<S> for Stack<C> {
    type Service = StackService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let timed = self.timeout.layer(inner);
        let guarded = self.breaker.layer(timed);
        self.deadline.layer(self.retry.layer(guarded))
    }
}
