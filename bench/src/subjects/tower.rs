use std::{
    future::{Ready, ready},
    sync::Arc,
    time::Duration,
};

use tower::{
    BoxError,
    retry::{
        Policy, Retry,
        budget::{Budget, TpsBudget},
    },
    timeout::Timeout,
    util::MapErr,
};

use super::{ATTEMPT, WHOLE};

pub(crate) const NAME: &str = "tower";

/// Retries what failed, twice at most, from a budget.
#[derive(Clone)]
pub(crate) struct Budgeted {
    budget: Arc<TpsBudget>,
    left: u32,
}

/// A budget that lets every call be retried once.
pub(crate) fn budget() -> TpsBudget {
    TpsBudget::new(Duration::from_secs(10), 10, 1.0)
}

impl<R: Clone, T, E> Policy<R, T, E> for Budgeted {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut R, result: &mut Result<T, E>) -> Option<Self::Future> {
        if result.is_ok() {
            self.budget.deposit();
            return None;
        }
        if self.left == 0 || !self.budget.withdraw() {
            return None;
        }
        self.left -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &R) -> Option<R> {
        Some(request.clone())
    }
}

pub(crate) fn retry<S>(inner: S) -> Retry<Budgeted, S> {
    Retry::new(Budgeted { budget: Arc::new(budget()), left: 2 }, inner)
}

pub(crate) fn timeout<S>(inner: S) -> Timeout<S> {
    Timeout::new(inner, ATTEMPT)
}

/// A whole stack around an attempt whose error is made one that the layers know.
pub(crate) type Around<S, E> = Timeout<Retry<Budgeted, MapErr<S, fn(E) -> BoxError>>>;

/// A whole stack around an attempt that goes through somebody else's breaker.
pub(crate) fn around<S, E>(attempt: S, boxed: fn(E) -> BoxError) -> Around<S, E> {
    Timeout::new(retry(MapErr::new(attempt, boxed)), WHOLE)
}
