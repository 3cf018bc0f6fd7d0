use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use tower_service::Service;

use crate::inner::{Mode, Script};

/// How long the breakers of the trials stay open.
pub(super) const WAIT: Duration = Duration::from_millis(40);

/// How many failures open any of them.
const ENOUGH: u32 = 300;

/// A service behind a breaker that opens by failures, stays open for [`WAIT`] and asks for one
/// probe.
pub(super) trait Guarded: Send + Sync {
    /// What the service inside does.
    fn script(&self) -> &Script;

    /// Begins a call of `lane`, by an instance of the caller's own.
    fn call(&self, lane: u64) -> InFlight;

    /// Whether the breaker is asked when a service is called, and not when a future is polled
    /// that somebody made before.
    fn is_service(&self) -> bool;

    /// Whether it opens by a rate over a time, in which many good calls rightly outweigh.
    fn weighs_all(&self) -> bool;
}

/// A call under way.
pub(super) struct InFlight(Pin<Box<dyn Future<Output = End> + Send>>);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Answered,
    Failed,
    Refused,
}

impl InFlight {
    /// Polls once; `None` while the call pends.
    pub(super) fn poll(&mut self) -> Option<End> {
        let mut context = Context::from_waker(Waker::noop());
        match self.0.as_mut().poll(&mut context) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        }
    }
}

/// The guarded service of any subject.
pub(super) struct Subject<S, E> {
    pub(super) service: S,
    pub(super) script: Arc<Script>,
    pub(super) is_refusal: fn(&E) -> bool,
    pub(super) is_service: bool,
    pub(super) weighs_all: bool,
}

impl<S> Guarded for Subject<S, S::Error>
where
    S: Service<u64, Response = u64, Error: Send + 'static, Future: Send + 'static>
        + Clone
        + Send
        + Sync,
{
    fn script(&self) -> &Script {
        &self.script
    }

    fn call(&self, lane: u64) -> InFlight {
        let mut context = Context::from_waker(Waker::noop());
        let mut service = self.service.clone();
        while service.poll_ready(&mut context).is_pending() {}
        let is_refusal = self.is_refusal;
        let call = service.call(lane);
        InFlight(Box::pin(async move {
            match call.await {
                Ok(_) => End::Answered,
                Err(error) if is_refusal(&error) => End::Refused,
                Err(_) => End::Failed,
            }
        }))
    }

    fn is_service(&self) -> bool {
        self.is_service
    }

    fn weighs_all(&self) -> bool {
        self.weighs_all
    }
}

impl dyn Guarded + '_ {
    /// Makes a call of `lane`, which must not pend.
    pub(super) fn ends(&self, lane: u64) -> End {
        self.call(lane).poll().expect("no lane but one that pends pends")
    }

    /// Makes a call of `lane` that ends with a panic, unless it is refused.
    pub(super) fn panics(&self, lane: u64) {
        let mut call = self.call(lane);
        _ = catch_unwind(AssertUnwindSafe(move || call.poll()));
    }

    /// Fails calls of lane 0 until the breaker is open; from then on that lane answers.
    pub(super) fn open(&self) {
        self.script().set(0, Mode::Fail);
        for _ in 0..ENOUGH {
            if self.ends(0) == End::Refused {
                break;
            }
        }
        self.script().set(0, Mode::Answer);
    }

    /// Opens the breaker and waits until it would admit a probe.
    pub(super) fn await_half_open(&self) {
        self.open();
        wait();
    }
}

/// Waits for a little longer than breakers stay open.
pub(super) fn wait() {
    let until = crate::harness::now() + WAIT + WAIT / 2;
    while let Some(left) = until.checked_duration_since(crate::harness::now()) {
        thread::park_timeout(left);
    }
}
