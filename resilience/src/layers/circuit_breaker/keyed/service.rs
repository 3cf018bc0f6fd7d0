use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{
    super::{
        admission::{Pass, Refused},
        future::ResponseFuture,
        permit::Permit,
        shared::Shared,
    },
    breakers::Breakers,
};
use crate::{
    classify::Classify,
    error::Refusal,
    holders::{Hold, Holders},
    keyed::KeyOf,
    time::Entry,
};

/// Refuses calls whose key has an open breaker.
///
/// Made by [`KeyedCircuitBreakerLayer`](super::KeyedCircuitBreakerLayer).
#[derive(Clone, Debug)]
pub struct KeyedCircuitBreaker<S, K, C> {
    inner: S,
    breakers: Arc<Breakers>,
    keys: K,
    classifier: C,
}

impl<S, K, C> KeyedCircuitBreaker<S, K, C> {
    pub(super) const fn new(inner: S, breakers: Arc<Breakers>, keys: K, classifier: C) -> Self {
        Self { inner, breakers, keys, classifier }
    }
}

impl<S: Clone, K, C> KeyedCircuitBreaker<S, K, C> {
    /// A pass where not every call gets one, or calls are timed.
    #[inline(never)]
    fn admit(&mut self, breaker: &Hold<Shared>, entry: &Entry) -> Result<Pass, Refused> {
        let admitted = breaker.acquire(|| entry.now());
        if admitted.is_err() {
            // Frees the place that the inner service holds for the call that is not made.
            self.inner = self.inner.clone();
            breaker.count_refusal();
        }
        admitted
    }
}

impl<S, K, C, Request> Service<Request> for KeyedCircuitBreaker<S, K, C>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    K: KeyOf<Request>,
    C: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let breaker = self.keys.with_key(&request, |key| self.breakers.find(key, Holders::hold));
        let mut entry = None;
        let pass = match breaker.pass_untimed() {
            Some(pass) => pass,
            // What is read of the clock here, the layers inside read as well.
            None => match self.admit(&breaker, entry.insert(Entry::open())) {
                Ok(pass) => pass,
                Err(refused) => {
                    breaker.note_refusal(&refused);
                    return ResponseFuture::refused(refused.by(breaker.name()));
                }
            },
        };
        breaker.note_pass(&pass);
        let mut permit = Permit::new(breaker, pass);
        let classifier = self.classifier.clone();
        let response = permit.watch(|| self.inner.call(request));
        ResponseFuture::admitted(response, permit, classifier)
    }
}
