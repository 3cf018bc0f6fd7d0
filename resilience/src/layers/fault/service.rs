use std::{
    mem,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{
    future::ResponseFuture,
    place::Place,
    plan::Fault,
    settings::Settings,
    target::{AnyRequest, Target},
    whom::Lot,
};
use crate::{
    error::{Reason, Refusal, Rejected},
    event::Event,
    meter::{Kind, Meter},
    time::Entry,
};

static KIND: Kind = Kind {
    metric: "resilience_faults_injected_total",
    help: "Calls into which a fault was injected, by the fault.",
    label: "fault",
    outcomes: &["latency", "error", "abort", "stall", "panic"],
};

/// Injects the faults that its switch arms.
///
/// Made by [`FaultLayer`](super::FaultLayer).
#[derive(Clone, Debug)]
pub struct FaultService<S, T = AnyRequest> {
    inner: S,
    settings: Settings<T>,
    meter: &'static Meter,
}

impl<S, T: Clone> FaultService<S, T> {
    pub(super) fn new(inner: S, settings: &Settings<T>) -> Self {
        Self { inner, settings: settings.clone(), meter: Meter::of(&KIND, settings.name) }
    }
}

impl<S, T> FaultService<S, T> {
    /// The fault that hits `request`, counted and reported, and the place that it takes.
    #[cold]
    fn hit<Request, Response>(&self, request: &Request) -> Option<(Fault, Place)>
    where
        T: Target<Request, Response>,
    {
        let Settings { name, switch, target, listeners } = &self.settings;
        let plan = switch.plan(Entry::open().now())?;
        let is_hit = match plan.whom().lot(target, request) {
            Lot::Spared => false,
            Lot::Chance => plan.hits(|| switch.draw()),
            Lot::Drawn(number) => plan.hits(|| number),
        };
        if !is_hit {
            return None;
        }
        let (place, fault) = (Place::take(switch, &plan)?, plan.fault());
        self.meter.count(match fault {
            Fault::Latency { .. } | Fault::RandomLatency { .. } => 0,
            Fault::Error { .. } => 1,
            Fault::Abort => 2,
            Fault::Stall => 3,
            Fault::Panic => 4,
        });
        listeners.emit(&Event::FaultInjected { name: *name, fault: fault.as_str() });
        Some((fault, place))
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

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let is_armed = self.settings.switch.is_armed();
        let hit = if is_armed { self.hit::<Request, S::Response>(&request) } else { None };
        let Some((fault, place)) = hit else {
            return ResponseFuture::passed(self.inner.call(request));
        };
        let delay = match fault {
            Fault::Latency { delay } => Some(delay),
            Fault::RandomLatency { spread } => Some(spread.draw(|| self.settings.switch.draw())),
            _ => None,
        };
        if let Some(delay) = delay {
            let due = Entry::open().now() + delay;
            // The delayed call needs the very instance that was made ready.
            let fresh = self.inner.clone();
            let ready = mem::replace(&mut self.inner, fresh);
            let target = self.settings.target.clone();
            return ResponseFuture::delayed(ready, request, due, target, place);
        }
        // What the inner service reserved for this call must not stay held.
        let fresh = self.inner.clone();
        drop(mem::replace(&mut self.inner, fresh));
        let reason = match fault {
            Fault::Stall => return ResponseFuture::stalled(place),
            Fault::Panic => return ResponseFuture::panics(place),
            Fault::Error { status } => Reason::InjectedError { status },
            _ => Reason::InjectedAbort,
        };
        ResponseFuture::rejected(Rejected::new(self.settings.name, reason), place)
    }
}
