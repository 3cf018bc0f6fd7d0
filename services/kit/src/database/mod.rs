//! `SQLite` for a service that must not lose a write that it acknowledged.

mod error;
mod file;

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use anyhow::Context as _;
use sqlx::{
    Row as _, SqlitePool,
    migrate::Migrator,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use self::file::OpenFile;

/// How long a request waits for its turn before it is told to come back.
const TURN: Duration = Duration::from_secs(1);

/// How long a connection waits for another process that holds the file.
///
/// Half a turn, so that whoever is next in line still gets an answer from the database itself.
const BUSY: Duration = Duration::from_millis(500);

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
    file: Arc<OpenFile>,
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
        let file = Arc::new(OpenFile::at(path).with_context(told)?);
        Ok(Self { writer, readers, file })
    }

    /// The connection that writes; waiting for it is waiting in line.
    pub const fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// The connections that read.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Asks a reader for one row.
    pub async fn can_read(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map(drop)
    }

    /// Takes the lock that a write needs, and writes nothing.
    ///
    /// It waits in line like any write.
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, it leaves no lock behind.
    pub async fn can_write(&self) -> Result<(), sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await?.rollback().await
    }

    /// Whether the file that is open is still the one at its path.
    ///
    /// A file that was deleted or replaced takes writes without an error, and all of them are
    /// lost when the service ends.
    ///
    /// # Errors
    ///
    /// It is not, or it cannot be told.
    pub async fn is_in_place(&self) -> std::io::Result<()> {
        let file = Arc::clone(&self.file);
        // A file system that hangs must not hold a thread that serves requests.
        tokio::task::spawn_blocking(move || file.is_in_place()).await?
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

#[cfg(test)]
mod tests {
    use super::{Database, Migrator};

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
}
