//! Arms faults in a running service, for whoever holds the token.

use axum::{
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use resilience::{
    ConfigErrors,
    fault::{FaultPlan, FaultSwitch},
    wire::{ArmFault, FaultStatus},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    json::Json,
    problem::{Details, FieldError, Problem},
    secret::Secret,
};

/// The route `/admin/fault`, open to whoever sends `token`.
pub fn routes(switch: FaultSwitch, token: Secret) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(arm, status, disarm))
        .with_state(switch)
        .layer(middleware::from_fn_with_state(token, authorize))
}

async fn authorize(State(token): State<Secret>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| token.matches(given)) {
        return next.run(request).await;
    }
    let detail = "the header authorization must carry the admin token of this service";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .into_response()
}

/// Arm a fault
///
/// It replaces the one that is armed. `path_prefix` bounds which requests it hits, `max_active`
/// how many at once, and after `max_injected` it disarms itself; all three are optional.
#[utoipa::path(put, path = "/admin/fault", tag = "admin",
    request_body(content = Object, description = "What to inject, how often, for how long",
        example = json!({ "fault": { "latency": { "delay": "2s" } }, "rate": 0.5,
                          "expires_in": "30s", "max_active": 20, "max_injected": 1000 })),
    responses(
        (status = 200, description = "What is armed", body = Object),
        (status = 400, description = "`invalid_json`", body = Details,
         content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`", body = Details,
         content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Details,
         content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Details,
         content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Details,
         content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Details,
         content_type = "application/problem+json"),
    )
)]
async fn arm(
    State(switch): State<FaultSwitch>,
    Json(wanted): Json<ArmFault>,
) -> Result<axum::Json<FaultStatus>, Problem> {
    let plan = FaultPlan::try_from(wanted).map_err(|errors| told(&errors))?;
    // That it is armed the switch tells by itself.
    tracing::info!(?plan, "the plan of the fault");
    switch.arm(plan);
    Ok(axum::Json(FaultStatus::from(&switch.status())))
}

/// What is armed
#[utoipa::path(get, path = "/admin/fault", tag = "admin", responses(
    (status = 200, description = "What is armed", body = Object),
    (status = 401, description = "`unauthorized`", body = Details,
     content_type = "application/problem+json"),
))]
async fn status(State(switch): State<FaultSwitch>) -> axum::Json<FaultStatus> {
    axum::Json(FaultStatus::from(&switch.status()))
}

/// Disarm the fault
#[utoipa::path(delete, path = "/admin/fault", tag = "admin", responses(
    (status = 200, description = "Nothing is armed", body = Object),
    (status = 401, description = "`unauthorized`", body = Details,
     content_type = "application/problem+json"),
))]
async fn disarm(State(switch): State<FaultSwitch>) -> axum::Json<FaultStatus> {
    switch.disarm();
    axum::Json(FaultStatus::from(&switch.status()))
}

fn told(errors: &ConfigErrors) -> Problem {
    let field = |error: &resilience::ConfigError| FieldError {
        field: error.setting().to_owned(),
        message: format!("is {}, but must be {}", error.given(), error.expected()),
    };
    Problem::invalid_fields(errors.iter().map(field).collect())
}
