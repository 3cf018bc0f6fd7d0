use std::task::{Context, Poll, ready};

use tower_service::Service;

use super::readiness::Readiness;

/// A service whose readiness a [`Readiness`] controls, and that checks who is called.
///
/// Only the very instance that reported ready may be called, and once: a clone starts not ready,
/// and a call uses readiness up. A service that is not asked again after readiness keeps its
/// reservation until it is called or dropped.
///
/// # Panics
///
/// `call` panics on an instance that is not ready, and names those that are.
#[derive(Debug)]
pub struct Probe<S, E> {
    inner: S,
    readiness: Readiness<E>,
    instance: usize,
}

impl<S, E> Probe<S, E> {
    pub(super) fn new(inner: S, readiness: Readiness<E>) -> Self {
        let instance = readiness.next_instance();
        Self { inner, readiness, instance }
    }
}

impl<S: Clone, E> Clone for Probe<S, E> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.readiness.clone())
    }
}

impl<S, E> Drop for Probe<S, E> {
    fn drop(&mut self) {
        self.readiness.give_back(self.instance);
    }
}

impl<S, E, Request> Service<Request> for Probe<S, E>
where
    S: Service<Request, Error = E>,
{
    type Response = S::Response;
    type Error = E;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        ready!(self.readiness.poll(self.instance, cx))?;
        ready!(self.inner.poll_ready(cx))?;
        self.readiness.reserve(self.instance);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let was_ready = self.readiness.give_back(self.instance);
        assert!(
            was_ready,
            "probe: clone {} was called and had not reported ready; ready are {:?}",
            self.instance,
            self.readiness.ready_instances(),
        );
        self.inner.call(request)
    }
}
