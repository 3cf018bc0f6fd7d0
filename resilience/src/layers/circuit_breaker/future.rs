use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;

use super::{meter::Ended, overdue::Overdue, permit::Permit};
use crate::{
    classify::Classify,
    error::{Refusal, Rejected},
    time::Reading,
};

/// The response of a [`CircuitBreaker`](super::CircuitBreaker).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<F, C> {
    #[pin]
    state: State<F, C>,
}

#[pin_project(project = StateProjection)]
#[derive(Debug)]
enum State<F, C> {
    Admitted {
        #[pin]
        response: F,
        permit: Permit,
        #[pin]
        overdue: Overdue,
        classifier: C,
    },
    Refused(Rejected),
}

impl<F, C> ResponseFuture<F, C> {
    pub(super) const fn admitted(response: F, permit: Permit, classifier: C) -> Self {
        Self { state: State::Admitted { response, permit, overdue: Overdue::new(), classifier } }
    }

    pub(super) const fn refused(rejected: Rejected) -> Self {
        Self { state: State::Refused(rejected) }
    }
}

impl<F, C, T, E> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<T, E>>,
    E: Refusal,
    C: Classify<T, E>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Refused(rejected) => {
                Poll::Ready(Err(E::from_rejected(rejected.clone())))
            }
            StateProjection::Admitted { response, permit, overdue, classifier } => {
                let reading = Reading::default();
                let polled = permit.watch(|| {
                    response.poll(cx).map(|result| {
                        let outcome = classifier.classify(result.as_ref());
                        (result, outcome)
                    })
                });
                let Poll::Ready((result, outcome)) = polled else {
                    overdue.poll(permit, cx);
                    return Poll::Pending;
                };
                permit.finish(Ended::with(outcome), || reading.now());
                Poll::Ready(result)
            }
        }
    }
}
