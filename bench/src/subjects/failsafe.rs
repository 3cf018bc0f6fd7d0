use std::{
    task::{Context, Poll},
    time::Duration,
};

use failsafe::{
    Any, Config, Error, FailurePolicy, StateMachine, backoff,
    failure_policy::{consecutive_failures, success_rate_over_time_window},
    futures::{CircuitBreaker, ResponseFuture},
};
use tower_service::Service;

use super::{IN_A_ROW, MIN_CALLS, SPAN};

pub(crate) const NAME: &str = "failsafe";

/// A service whose calls go through a breaker of failsafe, which knows futures and no services.
pub(crate) struct Guarded<S, P> {
    inner: S,
    breaker: StateMachine<P, ()>,
}

impl<S: Clone, P> Clone for Guarded<S, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), breaker: self.breaker.clone() }
    }
}

impl<S, P, R> Service<R> for Guarded<S, P>
where
    S: Service<R>,
    P: FailurePolicy + Send + Sync,
{
    type Response = S::Response;
    type Error = Error<S::Error>;
    type Future = ResponseFuture<S::Future, P, (), Any>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Error::Inner)
    }

    fn call(&mut self, request: R) -> Self::Future {
        self.breaker.call(self.inner.call(request))
    }
}

pub(crate) fn consecutive<S>(
    wait: Duration,
    inner: S,
) -> Guarded<S, impl FailurePolicy + Send + Sync + 'static> {
    let policy = consecutive_failures(IN_A_ROW, backoff::constant(wait));
    Guarded { inner, breaker: Config::new().failure_policy(policy).build() }
}

/// A rate over a span, in failsafe's five slices.
pub(crate) fn time_window<S>(
    wait: Duration,
    inner: S,
) -> Guarded<S, impl FailurePolicy + Send + Sync + 'static> {
    let policy = success_rate_over_time_window(0.5, MIN_CALLS, SPAN, backoff::constant(wait));
    Guarded { inner, breaker: Config::new().failure_policy(policy).build() }
}

pub(crate) fn is_refusal<E>(error: &Error<E>) -> bool {
    matches!(error, Error::Rejected)
}

/// What tower's layers want to see of it.
pub(crate) fn boxed(error: Error<tower::BoxError>) -> tower::BoxError {
    match error {
        Error::Inner(error) => error,
        Error::Rejected => "refused".into(),
    }
}
