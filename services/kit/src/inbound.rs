//! The server side: what stands before a service's own routes.

#[cfg(feature = "fault-injection")]
use resilience::flags::header::HeaderFaultLayer;
use resilience::{
    Name,
    fault::{FaultBodyLayer, FaultLayer, FaultSwitch},
    lift::LiftLayer,
    respond::RespondLayer,
};
use tower::ServiceBuilder;
use utoipa_axum::router::OpenApiRouter;

#[cfg(feature = "fault-injection")]
use crate::flags::FaultKey;

/// Puts `routes` behind the faults that `switch` arms.
///
/// Without the feature `fault-injection` nothing is ever injected.
pub fn faults(name: Name, switch: FaultSwitch, routes: OpenApiRouter) -> OpenApiRouter {
    // Bodies are the outermost, because the others need the routes' own type of body.
    // Routes cannot fail, and a fault is a failure: it is lifted in and answered on the way out.
    routes.layer(
        ServiceBuilder::new()
            .layer(FaultBodyLayer::new(name, switch.clone()))
            .layer(RespondLayer)
            .layer(FaultLayer::http(name, switch))
            .layer(LiftLayer),
    )
}

/// Puts `routes` behind the faults that callers who know `key` ask for in a header.
#[cfg(feature = "fault-injection")]
pub fn trusted_faults(name: Name, key: FaultKey, routes: OpenApiRouter) -> OpenApiRouter {
    routes.layer(
        ServiceBuilder::new()
            .layer(RespondLayer)
            .layer(HeaderFaultLayer::new(name, key))
            .layer(LiftLayer),
    )
}
