use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower_service::Service;

use super::target::Target;
use crate::{
    error::{Refusal, Rejected},
    time::Entry,
};

/// The response of a [`FaultService`](super::FaultService).
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request>, T, Request> {
    #[pin]
    state: State<S::Future>,
    delayed: Option<Delayed<S, T, Request>>,
}

/// A call that is made after a delay. Boxed by the future, so that calls that are not hit
/// stay as small as without the layer.
struct Delayed<S, T, Request> {
    call: Option<(S, Request)>,
    target: T,
}

#[pin_project(project = StateProjection)]
enum State<F> {
    Calling(#[pin] F),
    Waiting(#[pin] Sleep),
    Rejected(Rejected),
}

impl<S: Service<Request>, T, Request> ResponseFuture<S, T, Request> {
    pub(super) const fn passed(response: S::Future) -> Self {
        Self { state: State::Calling(response), delayed: None }
    }

    pub(super) const fn rejected(rejected: Rejected) -> Self {
        Self { state: State::Rejected(rejected), delayed: None }
    }

    pub(super) fn delayed(service: S, request: Request, delay: Duration, target: T) -> Self {
        let due = Entry::open().now() + delay;
        Self {
            state: State::Waiting(sleep_until(due)),
            delayed: Some(Delayed { call: Some((service, request)), target }),
        }
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
            match this.state.as_mut().project() {
                StateProjection::Calling(response) => {
                    let mut result = ready!(response.poll(cx));
                    if let (Some(delayed), Ok(response)) = (&this.delayed, &mut result) {
                        delayed.target.mark(response, "latency");
                    }
                    return Poll::Ready(result);
                }
                StateProjection::Waiting(sleep) => {
                    ready!(sleep.poll(cx));
                    let (mut service, request) = this
                        .delayed
                        .as_mut()
                        .and_then(|delayed| delayed.call.take())
                        .expect("a wait begins with its call and ends once");
                    this.state.set(State::Calling(service.call(request)));
                }
                StateProjection::Rejected(rejected) => {
                    return Poll::Ready(Err(S::Error::from_rejected(*rejected)));
                }
            }
        }
    }
}

impl<S: Service<Request>, T, Request> fmt::Debug for ResponseFuture<S, T, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Calling(_) => "calling",
            State::Waiting(_) => "waiting",
            State::Rejected(_) => "rejected",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
