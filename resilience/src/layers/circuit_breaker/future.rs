use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project::pin_project;

use super::{overdue::Overdue, permit::Permit};
use crate::{
    classify::{Classify, is_injected},
    error::{Refusal, Rejected},
    outcome::Outcome,
    time::Reading,
};

/// The response of a [`CircuitBreaker`](super::CircuitBreaker).
///
/// # Panics
///
/// When it is polled after its end.
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
        overdue: Overdue,
        classifier: C,
    },
    Refused(Rejected),
    /// Nothing of the call is held any more.
    Done,
}

impl<F, C> ResponseFuture<F, C> {
    #[inline]
    pub(super) const fn admitted(response: F, permit: Permit, classifier: C) -> Self {
        Self { state: State::Admitted { response, permit, overdue: Overdue::new(), classifier } }
    }

    #[inline]
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

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let result = match this.state.as_mut().project() {
            StateProjection::Admitted { response, permit, overdue, classifier } => {
                let reading = Reading::default();
                let polled = permit.watch(|| {
                    response.poll(cx).map(|result| {
                        let outcome = classifier.classify(result.as_ref());
                        (result, outcome)
                    })
                });
                let Poll::Ready((result, mut outcome)) = polled else {
                    overdue.poll(permit, cx);
                    return Poll::Pending;
                };
                if permit.ignores_injected()
                    && permit.watch(|| is_injected(classifier, result.as_ref()))
                {
                    outcome = Outcome::Ignored;
                }
                permit.finish_with(outcome, || reading.now());
                result
            }
            StateProjection::Refused(rejected) => Err(E::from_rejected(rejected.clone())),
            StateProjection::Done => panic!("the response of a breaker was polled after its end"),
        };
        this.state.set(State::Done);
        Poll::Ready(result)
    }
}
