use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::target::Target;
use crate::error::{Refusal, Rejected};

/// The response of a [`FaultService`](super::FaultService).
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request>, T, Request> {
    /// The call, from when it is made.
    #[pin]
    response: Option<S::Future>,
    /// Boxed, so that it costs a call that is not hit one word: a timer and a request are large.
    injected: Option<Pin<Box<Injected<S, T, Request>>>>,
}

#[pin_project(project = InjectedProjection)]
enum Injected<S, T, Request> {
    Latency {
        #[pin]
        sleep: Sleep,
        /// Made when the sleep ends.
        call: Option<(S, Request)>,
        target: T,
    },
    Rejected(Rejected),
}

impl<S: Service<Request>, T, Request> ResponseFuture<S, T, Request> {
    pub(super) const fn passed(response: S::Future) -> Self {
        Self { response: Some(response), injected: None }
    }

    pub(super) fn rejected(rejected: Rejected) -> Self {
        Self::injected(Injected::Rejected(rejected))
    }

    pub(super) fn delayed(service: S, request: Request, due: Instant, target: T) -> Self {
        let call = Some((service, request));
        Self::injected(Injected::Latency { sleep: sleep_until(due), call, target })
    }

    fn injected(injected: Injected<S, T, Request>) -> Self {
        Self { response: None, injected: Some(Box::pin(injected)) }
    }
}

impl<S, T, Request> Future for ResponseFuture<S, T, Request>
where
    S: Service<Request>,
    S::Error: Refusal,
    T: Target<Request, S::Response>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let injected = this.injected.as_mut().map(|injected| injected.as_mut().project());
            if let Some(response) = this.response.as_mut().as_pin_mut() {
                let mut result = ready!(response.poll(cx));
                if let Some(InjectedProjection::Latency { target, .. }) = injected
                    && let Ok(response) = &mut result
                {
                    target.mark(response, "latency");
                }
                return Poll::Ready(result);
            }
            match injected.expect("a call is made at once, or else something is injected") {
                InjectedProjection::Latency { sleep, call, .. } => {
                    ready!(sleep.poll(cx));
                    let (mut service, request) = call.take().expect("the sleep ends once");
                    this.response.set(Some(service.call(request)));
                }
                InjectedProjection::Rejected(rejected) => {
                    return Poll::Ready(Err(S::Error::from_rejected(rejected.clone())));
                }
            }
        }
    }
}

impl<S: Service<Request>, T, Request> fmt::Debug for ResponseFuture<S, T, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.response, &self.injected) {
            (Some(_), _) => "calling",
            (None, Some(injected)) if matches!(**injected, Injected::Latency { .. }) => "waiting",
            (None, _) => "rejected",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
