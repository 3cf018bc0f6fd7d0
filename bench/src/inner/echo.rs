use std::{
    marker::PhantomData,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{Answer, Request};

/// Answers with the number after the one it was sent.
pub(crate) struct Echo<E> {
    pends: u32,
    error: PhantomData<fn() -> E>,
}

impl<E> Echo<E> {
    /// Answers in the first poll.
    pub(crate) const fn ready() -> Self {
        Self::after(0)
    }

    /// Answers in the poll after so many.
    pub(crate) const fn after(polls: u32) -> Self {
        Self { pends: polls, error: PhantomData }
    }
}

impl<E> Clone for Echo<E> {
    fn clone(&self) -> Self {
        Self::after(self.pends)
    }
}

impl<R: Request, E> Service<R> for Echo<E> {
    type Response = u64;
    type Error = E;
    type Future = Answer<E>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: R) -> Self::Future {
        Answer::new(request.number(), self.pends)
    }
}
