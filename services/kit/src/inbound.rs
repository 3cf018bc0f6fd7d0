//! The server side: what stands before a service's own routes.

use resilience::{
    Name,
    fault::{FaultLayer, FaultSwitch},
    lift::LiftLayer,
    respond::RespondLayer,
};
use tower::ServiceBuilder;
use utoipa_axum::router::OpenApiRouter;

/// Puts `routes` behind the faults that `switch` arms.
///
/// Without the feature `fault-injection` nothing is ever injected.
pub fn faults(name: Name, switch: FaultSwitch, routes: OpenApiRouter) -> OpenApiRouter {
    // Routes cannot fail, and a fault is a failure: it is lifted in and answered on the way out.
    routes.layer(
        ServiceBuilder::new()
            .layer(RespondLayer)
            .layer(FaultLayer::http(name, switch))
            .layer(LiftLayer),
    )
}
