//! Whether the process lives, and whether it can do its work.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::database::Database;

/// How long the database has to answer before the service calls itself not ready.
///
/// Shorter than the patience of whoever asks, so that the answer is ours and not its timeout.
const LIMIT: Duration = Duration::from_millis(500);

/// That the process lives.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Live {
    /// Always `live`.
    status: &'static str,
}

/// Whether the service can do its work.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Readiness {
    /// `ready` or `not_ready`.
    status: &'static str,
    checks: Checks,
}

/// What the service needs for its work.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Checks {
    /// `ok`, `failed`, or `timeout`.
    database: &'static str,
}

/// The routes under `/health`.
pub(crate) fn routes(database: Database) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready)).with_state(database)
}

/// Whether the process lives
#[utoipa::path(get, path = "/health/live", tag = "health", responses(
    (status = 200, description = "The process lives", body = Live),
))]
async fn live() -> axum::Json<Live> {
    axum::Json(Live { status: "live" })
}

/// Whether the service can do its work
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, description = "The service can do its work", body = Readiness),
    (status = 503, description = "A check failed", body = Readiness),
))]
async fn ready(State(database): State<Database>) -> (StatusCode, axum::Json<Readiness>) {
    let check = match tokio::time::timeout(LIMIT, database.ping()).await {
        Ok(Ok(())) => "ok",
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database failed");
            "failed"
        }
        Err(_) => {
            tracing::warn!("not ready: the database did not answer within {LIMIT:?}");
            "timeout"
        }
    };
    let (code, status) = if check == "ok" {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    (code, axum::Json(Readiness { status, checks: Checks { database: check } }))
}
