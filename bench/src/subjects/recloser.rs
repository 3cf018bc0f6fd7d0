use std::{
    task::{Context, Poll},
    time::Duration,
};

use recloser::{AnyError, AsyncRecloser, Error, Recloser, RecloserFuture};
use tower_service::Service;

use super::tower_resilience::count;

pub(crate) const NAME: &str = "recloser";

/// A service whose calls go through a breaker of recloser, which knows futures and no services.
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    breaker: AsyncRecloser,
}

impl<S, R> Service<R> for Guarded<S>
where
    S: Service<
            R,
            Future: Future<Output = Result<<S as Service<R>>::Response, <S as Service<R>>::Error>>,
        >,
{
    type Response = S::Response;
    type Error = Error<S::Error>;
    type Future = RecloserFuture<S::Future, AnyError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Error::Inner)
    }

    fn call(&mut self, request: R) -> Self::Future {
        self.breaker.call(self.inner.call(request))
    }
}

/// A rate over the last `size` results.
pub(crate) fn count_window<S>(size: u32, wait: Duration, inner: S) -> Guarded<S> {
    let breaker = Recloser::custom()
        .error_rate(0.5)
        .closed_len(count(size))
        .half_open_len(1)
        .open_wait(wait)
        .build();
    Guarded { inner, breaker: breaker.into() }
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
