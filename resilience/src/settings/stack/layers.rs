use std::sync::Mutex;

use tower_layer::{Identity, Layer};

use super::{
    StackSettings,
    handle::{Policies, StackHandle},
    optional::{Optional, OptionalService},
    parts::Parts,
};
use crate::{
    budget::RetryBudget,
    circuit_breaker::{CircuitBreaker, CircuitBreakerHandle, CircuitBreakerLayer},
    deadline::{DeadlineLayer, DeadlineService},
    event::Listener,
    http::HttpClassifier,
    name::Name,
    retry::{HttpPolicy, Retry, RetryLayer},
    settings::{errors::SettingsErrors, switch::Switch},
    timeout::{Timeout, TimeoutLayer},
};

/// The layers that [`StackSettings`] ask for, in the recommended order.
///
/// From the outside in: deadline, retry, circuit breaker, timeout. The
/// [table of the crate](crate#order) says why. The order is part of the type: there is no way to
/// build a stack in another one. What stands between retry and breaker, such as
/// [`TraceLayer`](crate::trace::TraceLayer), is given to [`around_attempts`](Self::around_attempts). Where requests come in with the time that their sender waits, put
/// [`DeadlineLayer::http`] around it, and where others must be told, `PropagateLayer` inside. [`RespondLayer`](crate::respond::RespondLayer) goes outside of it
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
pub struct Stack<C = HttpClassifier, A = Identity> {
    name: Name,
    deadline: Optional<DeadlineLayer>,
    retry: Optional<RetryLayer<HttpPolicy<C>>>,
    around_attempts: A,
    breaker: Optional<CircuitBreakerLayer<C>>,
    timeout: Optional<TimeoutLayer>,
    settings: StackSettings,
}

type Timed<S> = OptionalService<Timeout<S>, S>;
type Guarded<S, C> = OptionalService<CircuitBreaker<Timed<S>, C>, Timed<S>>;
type Attempted<S, C, A> = <A as Layer<Guarded<S, C>>>::Service;
type Retried<S, C, A> =
    OptionalService<Retry<Attempted<S, C, A>, HttpPolicy<C>>, Attempted<S, C, A>>;

/// What a [`Stack`] makes of a service.
pub type StackService<S, C = HttpClassifier, A = Identity> =
    OptionalService<DeadlineService<Retried<S, C, A>>, Retried<S, C, A>>;

impl<C: Clone> Stack<C> {
    /// `all` is without a preset, and checked as a whole.
    pub(super) fn new(
        name: Name,
        all: &StackSettings,
        classifier: C,
    ) -> Result<Self, SettingsErrors> {
        let parts = Parts::of(all)?;
        let timeout = all.timeout.as_ref().and_then(Switch::on);
        let retry = all.retry.as_ref().and_then(Switch::on).zip(parts.retry);
        let retry = retry.map(|(part, config)| {
            let layer = RetryLayer::with_policy(name, config, part.policy(classifier.clone()));
            match parts.budget {
                Some(budget) => layer.budget(budget.budget(name)),
                None => layer.without_budget(),
            }
        });
        let breaker = parts
            .breaker
            .map(|config| CircuitBreakerLayer::with_classifier(name, config, classifier));
        Ok(Self {
            name,
            deadline: Optional(parts.deadline.map(|limit| DeadlineLayer::new(name, limit))),
            retry: Optional(retry),
            around_attempts: Identity::new(),
            breaker: Optional(breaker),
            timeout: Optional(timeout.map(|part| part.build(name)).transpose()?),
            settings: parts.settings,
        })
    }
}

impl<C, A> Stack<C, A> {
    /// Puts `layer` around each attempt: directly inside retry, and outside of the breaker. Several are
    /// joined by [`tower_layer::Stack`] or Tower's `ServiceBuilder`. One that was given before is
    /// replaced. Default: none.
    ///
    /// It is no part of the settings, because it is made of code.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, settings::StackSettings, trace::TraceLayer};
    ///
    /// const USERS: Name = Name::from_static("users-2");
    /// let stack = StackSettings::http_client().build(USERS)?;
    /// let traced = stack.around_attempts(TraceLayer::http(USERS));
    /// # let _ = traced;
    /// # Ok::<(), resilience::settings::SettingsErrors>(())
    /// ```
    #[must_use]
    pub fn around_attempts<B>(self, layer: B) -> Stack<C, B> {
        let Self { name, deadline, retry, around_attempts: _, breaker, timeout, settings } = self;
        Stack { name, deadline, retry, around_attempts: layer, breaker, timeout, settings }
    }

    /// The settings by which it was built, those of the preset and all defaults among them, as an
    /// operator should see them. Those of a stack that was [changed](StackHandle::update) its
    /// handle tells.
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

    /// Changes the settings while calls run.
    pub fn handle(&self) -> StackHandle {
        StackHandle::new(Policies {
            name: self.name,
            deadline: self.deadline.0.as_ref().map(DeadlineLayer::handle),
            retry: self.retry.0.as_ref().map(RetryLayer::handle),
            breaker: self.breaker(),
            timeout: self.timeout.0.as_ref().map(TimeoutLayer::handle),
            settings: Mutex::new(self.settings.clone()),
        })
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

impl<S, C: Clone, A: Layer<Guarded<S, C>>> Layer<S> for Stack<C, A> {
    type Service = StackService<S, C, A>;

    fn layer(&self, inner: S) -> Self::Service {
        let timed = self.timeout.layer(inner);
        let attempted = self.around_attempts.layer(self.breaker.layer(timed));
        self.deadline.layer(self.retry.layer(attempted))
    }
}
