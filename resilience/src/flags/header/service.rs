use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

use super::{PLAN, future::ResponseFuture, layer::Settings};
use crate::{
    error::{HeaderMistake, Reason, Refusal, Rejected},
    fault::{FaultLayer, FaultPlan, FaultSwitch, HttpTarget},
};

/// Has the faults happen that trusted callers ask for.
///
/// Made by [`HeaderFaultLayer`](super::HeaderFaultLayer).
#[derive(Clone, Debug)]
pub struct HeaderFaultService<S> {
    inner: S,
    settings: Settings,
}

impl<S> HeaderFaultService<S> {
    pub(super) const fn new(inner: S, settings: Settings) -> Self {
        Self { inner, settings }
    }

    fn refuse<B>(&mut self, mistake: HeaderMistake) -> ResponseFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
    {
        tracing::debug!(target: "resilience", policy = self.settings.name.as_str(),
            mistake = mistake.as_str(), "a header that asks for a fault is refused");
        self.settings.count(mistake);
        // What the inner service reserved for this call must not stay held.
        let fresh = self.inner.clone();
        drop(mem::replace(&mut self.inner, fresh));
        let reason = Reason::FaultHeader { mistake };
        ResponseFuture::refused(Rejected::new(self.settings.name, reason))
    }

    #[cold]
    fn plan<B>(&self, request: &Request<B>) -> Result<Option<FaultPlan>, HeaderMistake> {
        let Settings { name, key, .. } = &self.settings;
        let asked = key.read(request.headers(), *name, since_epoch())?;
        Ok(asked.map(|(run, plan)| {
            tracing::debug!(target: "resilience", policy = name.as_str(), run, "a caller asks for a fault");
            plan
        }))
    }
}

impl<S, B, R> Service<Request<B>> for HeaderFaultService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Refusal,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !request.headers().contains_key(PLAN) {
            return ResponseFuture::passed(self.inner.call(request));
        }
        let plan = match self.plan(&request) {
            Ok(Some(plan)) => plan,
            Ok(None) => return ResponseFuture::passed(self.inner.call(request)),
            Err(mistake) => return self.refuse(mistake),
        };
        let Ok(place) = Arc::clone(&self.settings.room).try_acquire_owned() else {
            return self.refuse(HeaderMistake::Crowded);
        };
        // The plan is for this request, so it has a switch and a layer of its own, of which nobody
        // else hears.
        let switch = FaultSwitch::new();
        switch.arm(plan);
        let fresh = self.inner.clone();
        let ready = mem::replace(&mut self.inner, fresh);
        let layer = FaultLayer::unlisted(self.settings.name, switch.clone(), HttpTarget);
        let response = layer.layer(ready).call(request);
        // One that chance or a condition has spared takes no place.
        let place = (switch.status().injected > 0).then_some(place);
        ResponseFuture::faulty(response, place)
    }
}

/// Expiries are compared with the clocks of callers, so it is that of the machine.
#[expect(clippy::disallowed_methods, reason = "callers on other machines know no other clock")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
