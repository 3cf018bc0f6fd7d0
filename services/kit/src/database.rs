//! `SQLite` for a service that must not lose a write that it acknowledged.

use std::{path::Path, str::FromStr, time::Duration};

use anyhow::Context as _;
use http::StatusCode;
use sqlx::{
    Row as _, SqlitePool,
    migrate::Migrator,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use crate::problem::Problem;

/// How long a request waits for its turn before it is told to come back.
const TURN: Duration = Duration::from_secs(5);

/// How long a connection waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// The connections for reading; the write-ahead log lets all of them run beside the writer.
const READERS: u32 = 4;

/// A database file: one connection that writes and several that read.
///
/// `SQLite` has one writer at a time. With one connection for it, writers wait in a fair queue
/// of this process instead of meeting `SQLITE_BUSY` in the file.
///
/// The log is a write-ahead log with `synchronous=FULL`: a commit returns when it is on the
/// disk, so that an answered write survives the loss of the process and of the machine.
///
/// # Sharing
///
/// Clones share the connections.
#[derive(Clone, Debug)]
pub struct Database {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Database {
    /// Opens the file, makes it when it is missing, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is no database, or is of a later version of the service.
    pub async fn open(path: &Path, migrations: &Migrator) -> anyhow::Result<Self> {
        let told = || format!("cannot open the database {}", path.display());
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = pool(1).connect_with(options.clone()).await.with_context(told)?;
        migrations
            .run(&writer)
            .await
            .with_context(|| format!("cannot bring the database {} up to date", path.display()))?;
        // After the migrations, because a reader cannot make the file.
        let readers =
            pool(READERS).connect_with(options.read_only(true)).await.with_context(told)?;
        Ok(Self { writer, readers })
    }

    /// The connection that writes; waiting for it is waiting in line.
    pub const fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// The connections that read.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Asks the database for one row.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map(drop)
    }

    /// Closes all connections; the last one merges the log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Never retires a connection: what a pool guards against by that, a network, is not here.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Reads a column that holds a value as text, such as a UUID or a date.
///
/// # Errors
///
/// The column is missing or its text is no such value.
pub fn parse<T>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(error),
    })
}

impl From<sqlx::Error> for Problem {
    /// Logs what happened and tells the caller nothing of it.
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            // The turn never came, so nothing was read or written.
            tracing::warn!("a request waited {TURN:?} for the database and was sent away");
            return Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "database_busy",
                "the database has more to do than it can; nothing was changed",
            )
            .retry_after(Duration::from_secs(1));
        }
        tracing::error!(error = &error as &dyn std::error::Error, "the database failed");
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use super::{Database, Migrator, Problem};

    async fn open() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let migrations = Migrator::DEFAULT;
        let database = Database::open(&folder.path().join("a.db"), &migrations).await.unwrap();
        (folder, database)
    }

    #[tokio::test]
    async fn a_commit_is_on_the_disk_when_it_returns() {
        let (_folder, database) = open().await;
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(database.writer()).await.unwrap();
        let full: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(database.writer()).await.unwrap();
        let keys: i64 =
            sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(database.writer()).await.unwrap();
        assert_eq!((mode.as_str(), full, keys), ("wal", 2, 1));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let (_folder, database) = open().await;
        let made = sqlx::query("CREATE TABLE t (a)").execute(database.readers()).await;
        assert!(made.unwrap_err().to_string().contains("readonly"));
    }

    #[tokio::test]
    async fn a_path_that_cannot_be_opened_is_named() {
        let missing = std::path::Path::new("/nowhere/at/all.db");
        let error = Database::open(missing, &Migrator::DEFAULT).await.unwrap_err();
        assert!(format!("{error:#}").starts_with("cannot open the database /nowhere/at/all.db: "));
    }

    #[test]
    fn a_failure_of_the_database_tells_the_caller_nothing() {
        let problem = Problem::from(sqlx::Error::Protocol("no such table: secrets".into()));
        assert_eq!((problem.status().as_u16(), problem.reason()), (500, "internal"));
        assert!(!format!("{problem:?}").contains("secrets"));
    }
}
