use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

/// Answers with a number, at once or after so many polls. 16 bytes.
#[derive(Debug)]
pub(crate) struct Answer<E> {
    number: u64,
    pends: u32,
    error: PhantomData<fn() -> E>,
}

impl<E> Answer<E> {
    pub(crate) const fn new(number: u64, pends: u32) -> Self {
        Self { number, pends, error: PhantomData }
    }
}

impl<E> Future for Answer<E> {
    type Output = Result<u64, E>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.pends > 0 {
            self.pends -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.number + 1))
    }
}
