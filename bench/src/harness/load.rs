use std::{
    fmt::Debug,
    future::Future,
    hint::black_box,
    marker::PhantomData,
    pin::pin,
    task::{Context, Poll, Waker},
};

use tower_service::Service;

use crate::inner::{Ask, Request};

/// Makes calls, and panics unless each came to what it should.
pub(crate) trait Load: Send {
    /// Makes so many calls.
    fn run(&mut self, calls: u64);

    /// The same for another thread, over the same state; `None` where it cannot be shared.
    fn split(&self) -> Option<Box<dyn Load>> {
        None
    }
}

/// Calls of a service, each of which must be answered by the service inside.
struct Calls<S, R> {
    service: S,
    request: PhantomData<fn(R)>,
}

/// Calls of `service` with a request that carries nothing.
pub(crate) fn calls<S>(service: S) -> Box<dyn Load>
where
    S: Service<u64, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    Box::new(Calls::<S, u64> { service, request: PhantomData })
}

/// Calls of `service` with a request that carries what the layers know of it.
pub(crate) fn asks<S>(service: S) -> Box<dyn Load>
where
    S: Service<Ask, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    Box::new(Calls::<S, Ask> { service, request: PhantomData })
}

impl<S, R> Load for Calls<S, R>
where
    S: Service<R, Response = u64, Error: Debug> + Clone + Send + 'static,
    R: Request,
{
    fn run(&mut self, calls: u64) {
        let mut sum = 0;
        for number in 0..calls {
            match call(&mut self.service, R::numbered(black_box(number))) {
                Ok(answer) => sum += answer,
                Err(error) => panic!("call {number} of {calls} failed: {error:?}"),
            }
        }
        // The service inside answers with the number after the one it was sent.
        assert_eq!(sum, calls * (calls + 1) / 2, "a call was answered by somebody else");
    }

    fn split(&self) -> Option<Box<dyn Load>> {
        Some(Box::new(Self { service: self.service.clone(), request: PhantomData }))
    }
}

/// Calls of a service, each of which a layer must refuse.
struct Refusals<S, E> {
    service: S,
    is_refusal: fn(&E) -> bool,
}

/// Calls of `service`, each of which a layer must refuse.
pub(crate) fn refusals<S>(service: S, is_refusal: fn(&S::Error) -> bool) -> Box<dyn Load>
where
    S: Service<u64, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    Box::new(Refusals { service, is_refusal })
}

impl<S> Load for Refusals<S, S::Error>
where
    S: Service<u64, Response = u64, Error: Debug> + Clone + Send + 'static,
{
    fn run(&mut self, calls: u64) {
        for number in 0..calls {
            match call(&mut self.service, black_box(number)) {
                Err(error) if (self.is_refusal)(&error) => drop(black_box(error)),
                other => panic!("call {number} of {calls} should be refused: {other:?}"),
            }
        }
    }

    fn split(&self) -> Option<Box<dyn Load>> {
        Some(refusals(self.service.clone(), self.is_refusal))
    }
}

/// Work that is no call of a service. The function checks for itself.
struct Work<F>(F);

/// Work that is no call of a service. It is given the number of calls, and checks for itself.
pub(crate) fn work(work: impl FnMut(u64) + Send + 'static) -> Box<dyn Load> {
    Box::new(Work(work))
}

impl<F: FnMut(u64) + Send + 'static> Load for Work<F> {
    fn run(&mut self, calls: u64) {
        (self.0)(calls);
    }
}

/// Makes one call and polls it until it ends, on this thread and with nobody to wake.
///
/// # Errors
///
/// Those of the service.
// As if it stood where it is used: two cases of one type of service would else share a function, and a
// compiler that sees one more case would measure another program.
#[inline(always)]
pub(crate) fn call<S, R>(service: &mut S, request: R) -> Result<S::Response, S::Error>
where
    S: Service<R>,
{
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match service.poll_ready(&mut context) {
            Poll::Ready(Ok(())) => break,
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => {}
        }
    }
    finish(service.call(request))
}

/// Polls `future` until it ends.
#[inline(always)]
pub(crate) fn finish<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
