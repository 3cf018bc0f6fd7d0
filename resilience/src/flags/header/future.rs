use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project::pin_project;
use tokio::sync::OwnedSemaphorePermit;
use tower_service::Service;

use crate::{
    error::{Refusal, Rejected},
    fault::{self, HttpTarget},
};

/// The response of a [`HeaderFaultService`](super::HeaderFaultService).
///
/// # Panics
///
/// When a panic is injected.
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S: Service<Request<B>>, B> {
    #[pin]
    kind: Kind<S, B>,
}

type Faulty<S, B> = fault::ResponseFuture<S, HttpTarget, Request<B>>;

#[pin_project(project = KindProjection)]
enum Kind<S: Service<Request<B>>, B> {
    Passed(#[pin] S::Future),
    /// Boxed, so that it costs a call without the header nothing.
    Faulty(Pin<Box<Faulty<S, B>>>, Option<OwnedSemaphorePermit>),
    Refused(Rejected),
}

impl<S: Service<Request<B>>, B> ResponseFuture<S, B> {
    pub(super) const fn passed(response: S::Future) -> Self {
        Self { kind: Kind::Passed(response) }
    }

    pub(super) fn faulty(response: Faulty<S, B>, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { kind: Kind::Faulty(Box::pin(response), place) }
    }

    pub(super) const fn refused(rejected: Rejected) -> Self {
        Self { kind: Kind::Refused(rejected) }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Refusal,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Passed(response) => response.poll(cx),
            KindProjection::Faulty(response, place) => {
                // Held by this poll, so that a panic gives it back even where the owner catches that
                // and keeps the future.
                let held = place.take();
                let polled = response.as_mut().poll(cx);
                if polled.is_pending() {
                    *place = held;
                }
                polled
            }
            KindProjection::Refused(rejected) => {
                Poll::Ready(Err(S::Error::from_rejected(rejected.clone())))
            }
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for ResponseFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.kind {
            Kind::Passed(_) => "calling",
            Kind::Faulty(..) => "under a fault",
            Kind::Refused(_) => "refused",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
