use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::{place::Place, target::Target};
use crate::error::{Refusal, Rejected};

/// The response of a [`FaultService`](super::FaultService).
///
/// # Panics
///
/// When a panic is injected.
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request>, T, Request> {
    /// The call, from when it is made.
    #[pin]
    response: Option<S::Future>,
    /// Boxed, so that it costs a call that is not hit one word: a timer and a request are large.
    injected: Option<Pin<Box<Injected<S, T, Request>>>>,
}

#[pin_project]
struct Injected<S, T, Request> {
    /// `None` while the call is polled and when it has ended.
    place: Option<Place>,
    #[pin]
    fault: Fault<S, T, Request>,
}

#[pin_project(project = FaultProjection)]
enum Fault<S, T, Request> {
    Latency {
        #[pin]
        sleep: Sleep,
        /// Made when the sleep ends.
        call: Option<(S, Request)>,
        target: T,
    },
    Rejected(Rejected),
    Stalled,
    Panics,
}

impl<S: Service<Request>, T, Request> ResponseFuture<S, T, Request> {
    pub(super) const fn passed(response: S::Future) -> Self {
        Self { response: Some(response), injected: None }
    }

    pub(super) fn rejected(rejected: Rejected, place: Place) -> Self {
        Self::injected(Fault::Rejected(rejected), place)
    }

    pub(super) fn stalled(place: Place) -> Self {
        Self::injected(Fault::Stalled, place)
    }

    pub(super) fn panics(place: Place) -> Self {
        Self::injected(Fault::Panics, place)
    }

    pub(super) fn delayed(
        service: S,
        request: Request,
        due: Instant,
        target: T,
        place: Place,
    ) -> Self {
        let call = Some((service, request));
        Self::injected(Fault::Latency { sleep: sleep_until(due), call, target }, place)
    }

    fn injected(fault: Fault<S, T, Request>, place: Place) -> Self {
        let place = Some(place);
        Self { response: None, injected: Some(Box::pin(Injected { place, fault })) }
    }
}

impl<S, T, Request> Future for ResponseFuture<S, T, Request>
where
    S: Service<Request>,
    S::Error: Refusal,
    T: Target<Request, S::Response>,
{
    type Output = Result<S::Response, S::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(injected) = this.injected.as_mut() else {
            let response = this.response.as_pin_mut();
            return response.expect("a call that is not hit is made at once").poll(cx);
        };
        let injected = injected.as_mut().project();
        // Held by this poll, so that a panic gives it back even where the owner catches that
        // and keeps the future.
        let place = injected.place.take();
        let polled = match injected.fault.project() {
            FaultProjection::Latency { sleep, call, target } => {
                delayed(&mut this.response, sleep, call, target, cx)
            }
            FaultProjection::Rejected(rejected) => {
                Poll::Ready(Err(S::Error::from_rejected(rejected.clone())))
            }
            // Nobody wakes it: whoever has a limit of time polls by that.
            FaultProjection::Stalled => Poll::Pending,
            FaultProjection::Panics => panic!("this panic was injected on purpose"),
        };
        if polled.is_pending() {
            *injected.place = place;
        }
        polled
    }
}

fn delayed<S, T, Request>(
    response: &mut Pin<&mut Option<S::Future>>,
    sleep: Pin<&mut Sleep>,
    call: &mut Option<(S, Request)>,
    target: &T,
    cx: &mut Context<'_>,
) -> Poll<Result<S::Response, S::Error>>
where
    S: Service<Request>,
    T: Target<Request, S::Response>,
{
    if response.is_none() {
        ready!(sleep.poll(cx));
        let (mut service, request) = call.take().expect("the sleep ends once");
        response.set(Some(service.call(request)));
    }
    let made = response.as_mut().as_pin_mut().expect("made above");
    let mut result = ready!(made.poll(cx));
    if let Ok(response) = &mut result {
        target.mark(response, "latency");
    }
    Poll::Ready(result)
}

impl<S: Service<Request>, T, Request> fmt::Debug for ResponseFuture<S, T, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.response, &self.injected) {
            (Some(_), _) => "calling",
            (None, Some(injected)) if matches!(injected.fault, Fault::Latency { .. }) => "waiting",
            (None, Some(injected)) if matches!(injected.fault, Fault::Stalled) => "stalled",
            (None, Some(injected)) if matches!(injected.fault, Fault::Panics) => "panics",
            (None, _) => "rejected",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
