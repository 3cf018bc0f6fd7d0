use std::{
    mem,
    task::{Context, Poll},
    time::Duration,
};

use tower_service::Service;

use super::{
    future::ResponseFuture,
    plan::Fault,
    switch::FaultSwitch,
    target::{AnyRequest, Target},
};
use crate::{
    error::{Reason, Refusal, Rejected},
    event::{Event, Listeners},
    meter::{Kind, Meter},
    name::Name,
    time::Entry,
};

static KIND: Kind = Kind {
    metric: "resilience_faults_injected_total",
    help: "Calls into which a fault was injected, by the fault.",
    label: "fault",
    outcomes: &["latency", "error", "abort"],
};

/// Injects the faults that its switch arms.
///
/// Made by [`FaultLayer`](super::FaultLayer).
#[derive(Clone, Debug)]
pub struct FaultService<S, T = AnyRequest> {
    inner: S,
    name: Name,
    switch: FaultSwitch,
    target: T,
    listeners: Listeners,
    meter: &'static Meter,
}

impl<S, T> FaultService<S, T> {
    pub(super) fn new(
        inner: S,
        name: Name,
        switch: FaultSwitch,
        target: T,
        listeners: Listeners,
    ) -> Self {
        Self { inner, name, switch, target, listeners, meter: Meter::of(&KIND, name) }
    }

    /// The fault that hits `request`, counted and reported.
    #[cold]
    fn hit<Request, Response>(&self, request: &Request) -> Option<Fault>
    where
        T: Target<Request, Response>,
    {
        let entry = Entry::open();
        let plan = self.switch.plan(entry.now())?;
        if let Some(prefix) = plan.prefix() {
            self.target.path(request).filter(|path| path.starts_with(prefix))?;
        }
        let fault = plan.hits(|| self.switch.draw()).then(|| plan.fault())?;
        if fault == (Fault::Latency { delay: Duration::ZERO }) {
            return None;
        }
        self.switch.count();
        self.meter.count(match fault {
            Fault::Latency { .. } => 0,
            Fault::Error { .. } => 1,
            Fault::Abort => 2,
        });
        self.listeners.emit(&Event::FaultInjected { name: self.name, fault: fault.as_str() });
        Some(fault)
    }
}

impl<S, T, Request> Service<Request> for FaultService<S, T>
where
    S: Service<Request> + Clone,
    S::Error: Refusal,
    T: Target<Request, S::Response> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, T, Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let fault =
            if self.switch.is_armed() { self.hit::<Request, S::Response>(&request) } else { None };
        let reason = match fault {
            None => return ResponseFuture::passed(self.inner.call(request)),
            Some(Fault::Latency { delay }) => {
                // The delayed call needs the very instance that was made ready.
                let fresh = self.inner.clone();
                let ready = mem::replace(&mut self.inner, fresh);
                return ResponseFuture::delayed(ready, request, delay, self.target.clone());
            }
            Some(Fault::Error { status }) => Reason::InjectedError { status },
            Some(Fault::Abort) => Reason::InjectedAbort,
        };
        // What the inner service reserved for this call must not stay held.
        let fresh = self.inner.clone();
        drop(mem::replace(&mut self.inner, fresh));
        ResponseFuture::rejected(Rejected::new(self.name, reason))
    }
}
