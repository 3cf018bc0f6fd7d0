use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

use super::{
    counted,
    future::ResponseFuture,
    held::Held,
    place::Place,
    plan::{Fault, FaultPlan},
    settings::Settings,
    signal::{Reach, Signal},
    target::{AnyRequest, Target},
    whom::{Lot, Whom},
};
use crate::{
    error::{Reason, Refusal, Rejected},
    meter::Meter,
    time::{self, Entry},
};

/// Injects the faults that its switch arms.
///
/// Made by [`FaultLayer`](super::FaultLayer).
#[derive(Debug)]
pub struct FaultService<S, T = AnyRequest> {
    inner: S,
    settings: Settings<T>,
    meter: &'static Meter,
    /// What keeps it from being ready.
    held: Option<Pin<Box<Held>>>,
    /// The plan that was asked whether it keeps the next call, and has let it pass.
    asked: Signal,
}

impl<S: Clone, T: Clone> Clone for FaultService<S, T> {
    fn clone(&self) -> Self {
        // Readiness belongs to the instance that was polled, and so does what keeps it from it.
        let (inner, settings) = (self.inner.clone(), self.settings.clone());
        Self { inner, settings, meter: self.meter, held: None, asked: Signal::IDLE }
    }
}

impl<S, T: Clone> FaultService<S, T> {
    pub(super) fn new(inner: S, settings: &Settings<T>) -> Self {
        let (settings, meter) = (settings.clone(), counted::meter(settings.name));
        Self { inner, settings, meter, held: None, asked: Signal::IDLE }
    }
}

impl<S, T> FaultService<S, T> {
    /// The plan whose fault hits `request`, counted and reported, and the place that it takes.
    #[cold]
    fn hit<Request, Response>(&self, request: &Request) -> Option<(Arc<FaultPlan>, Place)>
    where
        T: Target<Request, Response>,
    {
        let Settings { name, switch, target, listeners } = &self.settings;
        let plan = switch.plan(Entry::open().now(), Reach::Calls)?;
        let is_hit = match plan.whom().lot(target, request) {
            Lot::Spared => false,
            Lot::Chance => plan.hits(|| switch.draw()),
            Lot::Drawn(number) => plan.hits(|| number),
        };
        if !is_hit {
            return None;
        }
        let place = Place::take(switch, &plan)?;
        let fault = plan.fault();
        counted::count(self.meter, *name, fault, listeners);
        Some((plan, place))
    }

    /// Whether it is kept from being ready.
    #[cold]
    fn is_held(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            if let Some(held) = &mut self.held {
                if held.as_mut().poll(cx).is_pending() {
                    return true;
                }
                self.held = None;
                // Whose time is over is told by who finds it so.
                self.settings.switch.status();
            }
            let signal = self.settings.switch.signal();
            if !signal.is_for(Reach::Readiness) || signal == self.asked {
                return false;
            }
            self.asked = signal;
            self.held = self.hold();
            if self.held.is_none() {
                return false;
            }
        }
    }

    /// What keeps it from being ready, counted and reported, if chance has it so.
    fn hold(&self) -> Option<Pin<Box<Held>>> {
        let Settings { name, switch, listeners, .. } = &self.settings;
        let plan = switch.plan(time::read(), Reach::Readiness)?;
        // Who has conditions means requests, and there is none yet.
        if *plan.whom() != Whom::all() || !plan.hits(|| switch.draw()) {
            return None;
        }
        let (place, stay) = Place::stay(switch, &plan)?;
        let held = Held::new(place, stay)?;
        counted::count(self.meter, *name, plan.fault(), listeners);
        Some(Box::pin(held))
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
        let signal = self.settings.switch.signal();
        let may_be_held = signal.is_for(Reach::Readiness) && signal != self.asked;
        if (may_be_held || self.held.is_some()) && self.is_held(cx) {
            return Poll::Pending;
        }
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        self.asked = Signal::IDLE;
        let is_armed = self.settings.switch.signal().is_for(Reach::Calls);
        let hit = if is_armed { self.hit::<Request, S::Response>(&request) } else { None };
        let Some((plan, place)) = hit else {
            return ResponseFuture::passed(self.inner.call(request));
        };
        let delay = match plan.fault() {
            Fault::Latency { delay } => Some(*delay),
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
        let reason = match *plan.fault() {
            Fault::Stall => return ResponseFuture::stalled(place),
            Fault::Panic => return ResponseFuture::panics(place),
            Fault::Error { status } => Reason::InjectedError { status },
            Fault::GrpcStatus { code } => Reason::InjectedGrpc { code },
            _ => Reason::InjectedAbort,
        };
        ResponseFuture::rejected(Rejected::new(self.settings.name, reason), place)
    }
}
