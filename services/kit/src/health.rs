//! Whether the process lives, and whether it can do its work.

use std::{fmt::Display, future::Future, time::Duration};

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::database::Database;

/// How long each check has before the service calls itself not ready.
///
/// Shorter than the patience of whoever asks, so that the answer is ours and not its timeout.
const LIMIT: Duration = Duration::from_millis(500);

/// The word for a check that went well.
const OK: &str = "ok";

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
    /// Whether rows can be read: `ok`, `failed`, or `timeout`.
    database: &'static str,
    /// Whether rows can be written: `ok`, `failed`, or `timeout`.
    writes: &'static str,
    /// Whether the open file is still the one at its path: `ok`, `failed`, or `timeout`.
    file: &'static str,
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
    let (read, write, file) = tokio::join!(
        check("database", database.can_read()),
        check("writes", database.can_write()),
        check("file", database.is_in_place()),
    );
    let checks = Checks { database: read, writes: write, file };
    let (code, status) = if [read, write, file].iter().all(|check| *check == OK) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    (code, axum::Json(Readiness { status, checks }))
}

async fn check<E: Display>(
    name: &'static str,
    done: impl Future<Output = Result<(), E>>,
) -> &'static str {
    match tokio::time::timeout(LIMIT, done).await {
        Ok(Ok(())) => OK,
        Ok(Err(error)) => {
            tracing::warn!(check = name, %error, "not ready: a check failed");
            "failed"
        }
        Err(_) => {
            tracing::warn!(check = name, "not ready: a check was not done within {LIMIT:?}");
            "timeout"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sqlx::migrate::Migrator;

    use super::{Database, State, ready};

    async fn open(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &Migrator::DEFAULT).await.unwrap()
    }

    async fn asked(database: &Database) -> (u16, Value) {
        let (status, body) = ready(State(database.clone())).await;
        (status.as_u16(), serde_json::to_value(body.0).unwrap())
    }

    #[tokio::test]
    async fn a_service_is_ready_when_all_checks_are_ok_also_while_it_writes() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        sqlx::query("CREATE TABLE t (a)").execute(database.writer()).await.unwrap();
        let writes = async {
            for _ in 0..20 {
                sqlx::query("INSERT INTO t VALUES (1)").execute(database.writer()).await.unwrap();
            }
        };
        let checks = json!({ "database": "ok", "writes": "ok", "file": "ok" });
        let ready = json!({ "status": "ready", "checks": checks });
        let ((), answer) = tokio::join!(writes, asked(&database));
        assert_eq!(answer, (200, ready.clone()));
        assert_eq!(asked(&database).await, (200, ready));
    }

    #[tokio::test]
    async fn a_lock_that_another_process_holds_is_not_ready_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (database, other) = (open(&folder).await, open(&folder).await);
        let lock = other.writer().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let (status, body) = asked(&database).await;
        assert_eq!((status, &body["status"]), (503, &json!("not_ready")));
        assert_eq!(body["checks"]["database"], "ok", "rows can still be read");
        assert_ne!(body["checks"]["writes"], "ok");
        lock.rollback().await.unwrap();
        assert_eq!(asked(&database).await.0, 200);
        // The check has given the lock back.
        other.can_write().await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_was_deleted_or_replaced_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        let path = folder.path().join("a.db");
        std::fs::rename(&path, folder.path().join("b.db")).unwrap();
        for _ in 0..2 {
            let (status, body) = asked(&database).await;
            assert_eq!((status, &body["checks"]["file"]), (503, &json!("failed")));
            std::fs::write(&path, "").unwrap();
        }
    }
}
