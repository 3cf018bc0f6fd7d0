use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::futures::OwnedNotified;
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
    /// Wakes a caller that waits for the inner service when the breaker begins to refuse.
    closing: Option<Pin<Box<OwnedNotified>>>,
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
        Self { inner, shared, classifier, latch: Latch::Admit, was_asked: false, closing: None }
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
        loop {
            if let Err(rejected) = self.shared.peek(time::read) {
                // An earlier poll may have found the breaker closed.
                self.give_back();
                self.closing = None;
                self.latch = Latch::Refuse(rejected);
                return Poll::Ready(Ok(()));
            }
            self.was_asked = true;
            if let Poll::Ready(ready) = self.inner.poll_ready(cx) {
                self.closing = None;
                self.latch = Latch::Admit;
                return Poll::Ready(ready);
            }
            // The service may hang, and hold those who wait for it until somebody else's calls
            // have opened the breaker. A caller that has only begun to listen looks once more:
            // it may have opened in between.
            let listens = self.closing.is_some();
            let closing = self.closing.get_or_insert_with(|| Box::pin(self.shared.closing()));
            if closing.as_mut().poll(cx).is_ready() {
                self.closing = None;
            } else if listens {
                return Poll::Pending;
            }
        }
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
