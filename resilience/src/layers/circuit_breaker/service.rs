use std::{
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tower_service::Service;

use super::{future::ResponseFuture, permit::Permit, shared::Shared};
use crate::{
    classify::Classify,
    error::{Refusal, Rejected},
    time::{self, Entry},
};

/// Refuses calls while its breaker is open.
///
/// Made by [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
#[derive(Debug)]
pub struct CircuitBreaker<S, C> {
    inner: S,
    shared: Arc<Shared>,
    classifier: C,
    latch: Latch,
    /// Whether the inner service was asked for readiness, and may hold a place for the call.
    was_asked: bool,
}

/// What `poll_ready` promised to the next `call`.
#[derive(Clone, Debug)]
enum Latch {
    /// The inner service is ready.
    Admit,
    /// The call will be refused, though the wait may end before it is made: the inner
    /// service was not asked whether it is ready.
    Refuse(Rejected),
}

impl<S, C> CircuitBreaker<S, C> {
    pub(super) const fn new(inner: S, shared: Arc<Shared>, classifier: C) -> Self {
        Self { inner, shared, classifier, latch: Latch::Admit, was_asked: false }
    }
}

impl<S: Clone, C> CircuitBreaker<S, C> {
    /// Frees the place that the inner service may hold for a call that is not made.
    fn give_back(&mut self) {
        if mem::take(&mut self.was_asked) {
            self.inner = self.inner.clone();
        }
    }
}

impl<S: Clone, C: Clone> Clone for CircuitBreaker<S, C> {
    fn clone(&self) -> Self {
        // Readiness belongs to the instance that was polled.
        Self::new(self.inner.clone(), Arc::clone(&self.shared), self.classifier.clone())
    }
}

impl<S, C, Request> Service<Request> for CircuitBreaker<S, C>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    C: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if let Err(rejected) = self.shared.peek(time::read) {
            // An earlier poll may have found the breaker closed.
            self.give_back();
            self.latch = Latch::Refuse(rejected);
        } else {
            self.was_asked = true;
            ready!(self.inner.poll_ready(cx))?;
            self.latch = Latch::Admit;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let entry = Entry::open();
        let admitted = match mem::replace(&mut self.latch, Latch::Admit) {
            Latch::Refuse(rejected) => Err(rejected),
            Latch::Admit => self.shared.acquire(|| entry.now()),
        };
        match admitted {
            Ok(pass) => {
                self.was_asked = false;
                let mut permit = Permit::new(Arc::clone(&self.shared), pass);
                let response = permit.watch(|| self.inner.call(request));
                ResponseFuture::admitted(response, permit, self.classifier.clone())
            }
            Err(rejected) => {
                self.give_back();
                self.shared.count_refusal();
                ResponseFuture::refused(rejected)
            }
        }
    }
}
