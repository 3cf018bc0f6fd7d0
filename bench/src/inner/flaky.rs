use std::{
    future::{Ready, ready},
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tower_service::Service;

use super::{Failure, Request};

/// Fails every other call, the first one among them: each call needs one retry.
pub(crate) struct Flaky<E> {
    is_up: Arc<AtomicBool>,
    error: PhantomData<fn() -> E>,
}

impl<E> Flaky<E> {
    pub(crate) fn new() -> Self {
        Self { is_up: Arc::new(AtomicBool::new(false)), error: PhantomData }
    }
}

impl<E: Failure> Flaky<E> {
    /// Answers as a service would, to a caller that has none.
    ///
    /// # Errors
    ///
    /// Every other time.
    #[inline]
    pub(crate) fn answer(&self, number: u64) -> Result<u64, E> {
        // One thread calls, so that two steps will do.
        let is_up = self.is_up.load(Ordering::Relaxed);
        self.is_up.store(!is_up, Ordering::Relaxed);
        if is_up { Ok(number + 1) } else { Err(E::down()) }
    }
}

impl<E> Clone for Flaky<E> {
    fn clone(&self) -> Self {
        Self { is_up: Arc::clone(&self.is_up), error: PhantomData }
    }
}

impl<R: Request, E: Failure> Service<R> for Flaky<E> {
    type Response = u64;
    type Error = E;
    type Future = Ready<Result<u64, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        ready(self.answer(request.number()))
    }
}
