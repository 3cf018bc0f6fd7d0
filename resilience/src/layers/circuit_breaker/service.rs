use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::futures::OwnedNotified;
use tower_service::Service;

use super::{
    admission::{Pass, Refused},
    future::ResponseFuture,
    permit::Permit,
    shared::Shared,
};
use crate::{
    classify::Classify,
    error::Refusal,
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
    refusal: Option<Refused>,
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
    /// A pass where not every call gets one, or calls are timed.
    #[inline(never)]
    fn admit(&mut self, entry: &Entry) -> Result<Pass, Refused> {
        let admitted = match self.refusal.take() {
            Some(refused) => Err(refused),
            None => self.shared.acquire(|| entry.now()),
        };
        if admitted.is_err() {
            self.give_back();
            self.shared.count_refusal();
        }
        admitted
    }

    /// Asks the inner service whether it is ready; `None`: the breaker may refuse by now.
    #[inline(always)]
    fn ask<E>(
        &mut self,
        poll_ready: impl FnOnce(&mut S, &mut Context<'_>) -> Poll<Result<(), E>>,
        cx: &mut Context<'_>,
    ) -> Option<Poll<Result<(), E>>> {
        self.was_asked = true;
        let ready = poll_ready(&mut self.inner, cx);
        if ready.is_pending() {
            return self.listens(cx).then_some(Poll::Pending);
        }
        if self.closing.is_some() {
            self.closing = None;
        }
        self.refusal = None;
        Some(ready)
    }

    /// Asks in turn the breaker and the inner service, until one of them has something to say.
    #[cold]
    fn poll_ready_beyond<E>(
        &mut self,
        poll_ready: impl Fn(&mut S, &mut Context<'_>) -> Poll<Result<(), E>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), E>> {
        loop {
            if let Err(refused) = self.shared.peek(time::read) {
                // An earlier poll may have found the breaker closed.
                self.give_back();
                self.closing = None;
                self.refusal = Some(refused);
                return Poll::Ready(Ok(()));
            }
            if let Some(ready) = self.ask(&poll_ready, cx) {
                return ready;
            }
        }
    }

    /// Has the caller woken when the breaker begins to refuse; `false` when it may have begun.
    ///
    /// The service may hang, and hold those who wait for it until somebody else's calls have
    /// opened the breaker. A caller that has only begun to listen looks once more: it may have
    /// opened in between.
    #[cold]
    fn listens(&mut self, cx: &mut Context<'_>) -> bool {
        let listened = self.closing.is_some();
        let closing = self.closing.get_or_insert_with(|| Box::pin(self.shared.closing()));
        if closing.as_mut().poll(cx).is_ready() {
            self.closing = None;
            return false;
        }
        listened
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

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let ready = if self.shared.passes() { self.ask(S::poll_ready, cx) } else { None };
        match ready {
            Some(ready) => ready,
            None => self.poll_ready_beyond(S::poll_ready, cx),
        }
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let mut entry = None;
        let pass = match self.shared.pass_untimed() {
            Some(pass) if self.refusal.is_none() => pass,
            // What is read of the clock here, the layers inside read as well.
            _ => match self.admit(entry.insert(Entry::open())) {
                Ok(pass) => pass,
                Err(refused) => {
                    self.shared.note_refusal(&refused);
                    return ResponseFuture::refused(refused.by(self.shared.name()));
                }
            },
        };
        self.shared.note_pass(&pass);
        let mut permit = Permit::new(self.shared.hold(), pass);
        let classifier = self.classifier.clone();
        self.was_asked = false;
        let response = permit.watch(|| self.inner.call(request));
        ResponseFuture::admitted(response, permit, classifier)
    }
}
