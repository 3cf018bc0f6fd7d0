use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::futures::OwnedNotified;
use tower_service::Service;

use super::{admission::Pass, future::ResponseFuture, permit::Permit, shared::Shared};
use crate::{
    classify::Classify,
    error::{Refusal, Rejected},
    holders::Holders,
    time::{self, Entry},
};

/// Refuses calls while its breaker is open.
///
/// Made by [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
#[derive(Debug)]
pub struct CircuitBreaker<S, C> {
    inner: S,
    shared: Holders<Shared>,
    classifier: C,
    /// What `poll_ready` promised to the next `call`: that it will be refused, though the wait
    /// may end before it is made, because the inner service was not asked whether it is ready.
    refusal: Option<Rejected>,
    /// Whether the inner service was asked for readiness, and may hold a place for the call.
    was_asked: bool,
    /// Wakes a caller that waits for the inner service when the breaker begins to refuse.
    closing: Option<Pin<Box<OwnedNotified>>>,
}

impl<S, C> CircuitBreaker<S, C> {
    pub(super) const fn new(inner: S, shared: Holders<Shared>, classifier: C) -> Self {
        Self { inner, shared, classifier, refusal: None, was_asked: false, closing: None }
    }
}

impl<S: Clone, C> CircuitBreaker<S, C> {
    /// A pass where not every call gets one.
    #[cold]
    fn admit(&mut self) -> Result<Pass, Rejected> {
        let admitted = match self.refusal.take() {
            Some(rejected) => Err(rejected),
            None => self.shared.acquire(|| Entry::open().now()),
        };
        if admitted.is_err() {
            self.give_back();
            self.shared.count_refusal();
        }
        admitted
    }

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
        Self::new(self.inner.clone(), self.shared.clone(), self.classifier.clone())
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

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        loop {
            if let Err(rejected) = self.shared.peek(time::read) {
                // An earlier poll may have found the breaker closed.
                self.give_back();
                self.closing = None;
                self.refusal = Some(rejected);
                return Poll::Ready(Ok(()));
            }
            self.was_asked = true;
            if let Poll::Ready(ready) = self.inner.poll_ready(cx) {
                self.closing = None;
                self.refusal = None;
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

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        // A closed breaker that times nothing asks for no time, and opens no entry.
        let is_refused = self.refusal.is_some();
        let pass = if is_refused { None } else { self.shared.pass(|| Entry::open().now()) };
        let pass = match pass {
            Some(pass) => pass,
            None => match self.admit() {
                Ok(pass) => pass,
                Err(rejected) => return ResponseFuture::refused(rejected),
            },
        };
        self.was_asked = false;
        let mut permit = Permit::new(self.shared.hold(), pass);
        let classifier = self.classifier.clone();
        let response = permit.watch(|| self.inner.call(request));
        ResponseFuture::admitted(response, permit, classifier)
    }
}
