use std::{
    fmt,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{context::Inject, describe::Describe, future::ResponseFuture, span::AttemptSpan};
use crate::{attempt_span, carry::Carry, error::Refusal, name::Name};

/// Makes a span for each attempt.
///
/// Made by [`TraceLayer`](super::TraceLayer).
#[derive(Clone)]
pub struct Trace<S, D, I> {
    inner: S,
    name: Name,
    describe: D,
    inject: I,
}

impl<S, D, I> Trace<S, D, I> {
    pub(super) const fn new(inner: S, name: Name, describe: D, inject: I) -> Self {
        Self { inner, name, describe, inject }
    }
}

impl<S, D: Clone, I> Trace<S, D, I> {
    /// A call whose span somebody may want.
    #[inline(never)]
    fn call_in_span<Request>(
        &mut self,
        mut request: Request,
    ) -> ResponseFuture<S::Future, D, Request>
    where
        S: Service<Request>,
        D: Describe<Request, S::Response>,
        I: Inject<Request>,
        Request: Carry,
    {
        let Some(mut attempt) = AttemptSpan::begin(self.name, &self.describe, &request) else {
            return ResponseFuture::unseen(self.inner.call(request), self.describe.clone());
        };
        let response = attempt.watch(|span| {
            self.inject.inject(span, &mut request);
            attempt_span::call_in(span, || self.inner.call(request))
        });
        ResponseFuture::seen(response, attempt, self.describe.clone())
    }
}

impl<S, D, I, Request> Service<Request> for Trace<S, D, I>
where
    S: Service<Request>,
    S::Error: Refusal,
    D: Describe<Request, S::Response> + Clone,
    I: Inject<Request>,
    Request: Carry,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, D, Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        if attempt_span::is_wanted() {
            return self.call_in_span(request);
        }
        ResponseFuture::unseen(self.inner.call(request), self.describe.clone())
    }
}

impl<S: fmt::Debug, D, I> fmt::Debug for Trace<S, D, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("inner", &self.inner)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
