use std::path::Path;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};

/// An order as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOrder {
    /// Its id, as text.
    pub id: String,
    /// The idempotency key it was placed under.
    pub key: String,
    /// What was ordered.
    pub item: String,
    /// How many.
    pub quantity: i64,
}

/// Reads every order from the database at `path`.
///
/// The service's own answers are not asked: a service that lies would lie here too.
///
/// # Errors
///
/// When the file is not a database of an order service.
pub async fn stored_orders(path: &Path) -> anyhow::Result<Vec<StoredOrder>> {
    let shown = || format!("cannot read the orders in {}", path.display());
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut database = SqliteConnection::connect_with(&options).await.with_context(shown)?;
    let query = "SELECT id, COALESCE(idempotency_key, '') AS key, item, quantity FROM orders";
    let rows = sqlx::query(query).fetch_all(&mut database).await.with_context(shown)?;
    database.close().await.with_context(shown)?;
    let order = |row: sqlx::sqlite::SqliteRow| {
        Ok(StoredOrder {
            id: row.try_get("id")?,
            key: row.try_get("key")?,
            item: row.try_get("item")?,
            quantity: row.try_get("quantity")?,
        })
    };
    rows.into_iter().map(order).collect::<Result<_, sqlx::Error>>().with_context(shown)
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;

    #[tokio::test]
    async fn orders_are_read_while_the_service_holds_the_database() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("order.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut service = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in [
            "CREATE TABLE orders(id TEXT PRIMARY KEY, idempotency_key TEXT, user_id TEXT, \
             item TEXT, quantity INTEGER, status TEXT, created_at TEXT)",
            "INSERT INTO orders VALUES ('a', 'k', 'u', 'anvil', 2, 'placed', 'now')",
        ] {
            sqlx::query(statement).execute(&mut service).await.unwrap();
        }
        let expected =
            StoredOrder { id: "a".into(), key: "k".into(), item: "anvil".into(), quantity: 2 };
        assert_eq!(stored_orders(&path).await.unwrap(), [expected]);
    }

    #[tokio::test]
    async fn a_missing_database_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let error = stored_orders(&directory.path().join("none.db")).await.unwrap_err();
        assert!(error.to_string().contains("none.db"), "{error}");
    }
}
