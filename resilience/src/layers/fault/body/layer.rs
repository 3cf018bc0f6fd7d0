use tower_layer::Layer;

use super::super::{settings::Settings, switch::FaultSwitch, target::HttpTarget};
use super::{FaultBodyService, Source};
use crate::{
    event::{Listener, Listeners},
    name::Name,
};

/// Injects the faults of bodies that a [`FaultSwitch`] arms:
/// [`SlowBody`](crate::fault::Fault::SlowBody) and
/// [`TruncatedBody`](crate::fault::Fault::TruncatedBody).
///
/// The body of an answer becomes a [`FaultBody`](super::FaultBody), so that it stands outside of
/// what needs another type. It goes beside a [`FaultLayer`](crate::fault::FaultLayer) with the
/// same switch and name, which injects all other faults and leaves these alone. An answer whose
/// body is hit has the header `x-fault-injected`. A call is [under a fault] until the body has
/// ended or is dropped.
///
/// Conditions look at the request. The body of an answer that `RespondLayer` makes is hit, too, if
/// this layer is outside.
///
/// # Panics
///
/// A slow body panics outside a Tokio runtime with its time driver enabled.
///
/// # Examples
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use resilience::{BoxError, Name, Ratio};
/// use resilience::fault::{Fault, FaultBodyLayer, FaultPlan, FaultSwitch};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let switch = FaultSwitch::new();
/// let layer = FaultBodyLayer::new(Name::from_static("users-api"), switch.clone());
/// let service = layer.layer(service_fn(async |_: Request<()>| {
///     Ok::<_, Infallible>(Response::new(Full::from("all of it")))
/// }));
///
/// let fault = Fault::TruncatedBody { after: 3 };
/// switch.arm(FaultPlan::new(fault, Ratio::ONE, Duration::from_secs(60))?);
/// let Ok(answer) = service.oneshot(Request::new(())).await;
/// # if cfg!(feature = "fault-injection") {
/// let error = answer.into_body().collect().await.unwrap_err();
/// assert_eq!(error.to_string(), "the body was cut off on purpose, after 3 bytes");
/// # }
/// # Ok(())
/// # }
/// ```
///
/// [under a fault]: crate::fault::FaultPlan::max_active
#[derive(Clone, Debug)]
pub struct FaultBodyLayer {
    settings: Settings<HttpTarget>,
}

impl FaultBodyLayer {
    /// Injects into the bodies of answers to HTTP requests.
    #[must_use]
    pub fn new(name: Name, switch: FaultSwitch) -> Self {
        if cfg!(feature = "fault-injection") {
            switch.register(name);
        }
        let listeners = Listeners::default();
        Self { settings: Settings { name, switch, target: HttpTarget, listeners } }
    }

    /// Calls `listener` with every fault injected, besides those added before.
    ///
    /// Services and clones made before keep the listeners they had.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.settings.listeners.add(listener);
        self
    }
}

impl<S> Layer<S> for FaultBodyLayer {
    type Service = FaultBodyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FaultBodyService::new(inner, Source::new(&self.settings))
    }
}
