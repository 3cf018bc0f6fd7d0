//! What a caller is told when the database fails.

use std::time::Duration;

use http::StatusCode;

use super::TURN;
use crate::problem::Problem;

/// When to come back to a database that is busy.
const SOON: Duration = Duration::from_secs(1);

/// When to come back to a database whose disk is full, which somebody has to clear first.
const LATER: Duration = Duration::from_secs(10);

/// What `SQLite` says about itself, without the detail in the upper bytes of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// Another connection holds the file, or a table of it, longer than anybody waits for it.
    Locked,
    /// No room for another page.
    Full,
    /// Anything else.
    Other,
}

impl Failure {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const FULL: i32 = 13;

    fn of(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        match code.map(|code| code & 0xff) {
            Some(Self::BUSY | Self::LOCKED) => Self::Locked,
            Some(Self::FULL) => Self::Full,
            _ => Self::Other,
        }
    }
}

impl From<sqlx::Error> for Problem {
    /// Logs what happened and tells the caller nothing but whether to come back.
    ///
    /// A commit whose end is not known must not come here: the details of these problems
    /// promise that nothing was changed.
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            // The turn never came, so nothing was read or written.
            tracing::warn!("a request waited {TURN:?} for the database and was sent away");
            return busy();
        }
        match Failure::of(&error) {
            Failure::Locked => {
                tracing::warn!(%error, "another process holds the database");
                busy()
            }
            Failure::Full => {
                tracing::error!(%error, "the database has no room");
                let detail = "the database has no room for more; nothing was changed";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage_full", detail)
                    .retry_after(LATER)
            }
            Failure::Other => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database failed");
                Self::internal()
            }
        }
    }
}

fn busy() -> Problem {
    let detail = "the database has more to do than it can; nothing was changed";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "database_busy", detail).retry_after(SOON)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use sqlx::migrate::Migrator;

    use super::Problem;
    use crate::database::Database;

    async fn open() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let database = Database::open(&path, &Migrator::DEFAULT).await.unwrap();
        sqlx::query("CREATE TABLE t (a)").execute(database.writer()).await.unwrap();
        (folder, database)
    }

    async fn insert(database: &Database, bytes: i64) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO t VALUES (zeroblob(?))").bind(bytes);
        insert.execute(database.writer()).await.map(drop)
    }

    #[track_caller]
    fn assert_unavailable(error: sqlx::Error, reason: &str, retry_after: &str) {
        let problem = Problem::from(error);
        assert_eq!((problem.status().as_u16(), problem.reason()), (503, reason));
        assert_eq!(problem.into_response().headers()["retry-after"], retry_after);
    }

    #[test]
    fn a_failure_of_the_database_tells_the_caller_nothing() {
        let problem = Problem::from(sqlx::Error::Protocol("no such table: secrets".into()));
        assert_eq!((problem.status().as_u16(), problem.reason()), (500, "internal"));
        assert!(!format!("{problem:?}").contains("secrets"));
    }

    #[tokio::test]
    async fn a_lock_that_another_process_holds_is_a_busy_database() {
        let (folder, database) = open().await;
        let other = Database::open(&folder.path().join("a.db"), &Migrator::DEFAULT).await.unwrap();
        let lock = other.writer().begin_with("BEGIN IMMEDIATE").await.unwrap();
        assert_unavailable(insert(&database, 1).await.unwrap_err(), "database_busy", "1");
        lock.rollback().await.unwrap();
        insert(&database, 1).await.unwrap();
    }

    #[tokio::test]
    async fn a_turn_that_does_not_come_is_a_busy_database() {
        let (_folder, database) = open().await;
        let _turn = database.writer().acquire().await.unwrap();
        assert_unavailable(insert(&database, 1).await.unwrap_err(), "database_busy", "1");
    }

    #[tokio::test]
    async fn a_database_that_cannot_grow_is_full_and_takes_what_still_fits() {
        let (_folder, database) = open().await;
        sqlx::query("PRAGMA max_page_count = 4").execute(database.writer()).await.unwrap();
        let full = insert(&database, 1024 * 1024).await.unwrap_err();
        assert_unavailable(full, "storage_full", "10");
        insert(&database, 1).await.unwrap();
    }
}
