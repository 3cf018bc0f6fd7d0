use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};
use uuid::Uuid;

use crate::measure::Tag;

/// An order as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOrder {
    /// Its id, as text.
    pub id: String,
    /// The idempotency key it was placed under.
    pub key: String,
    /// Who ordered, as text.
    pub user: String,
    /// What was ordered.
    pub item: String,
    /// How many.
    pub quantity: i64,
    /// Where it stands.
    pub status: String,
}

/// An idempotency key as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The key.
    pub key: String,
    /// The id of the order that it placed, as text.
    pub order: String,
}

/// What the database of an order service holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The orders.
    pub orders: Vec<StoredOrder>,
    /// The keys that were used.
    pub keys: Vec<StoredKey>,
}

impl Stored {
    /// Leaves what belongs to the run with `tag`, which had `users` made for it: orders under
    /// its keys or of its users, its keys, and keys that lead to such orders.
    ///
    /// A store that was there before the run holds orders of others, of which nothing is known.
    #[must_use]
    pub fn of_run(self, tag: &Tag, users: &[Uuid]) -> Self {
        let own = |row: &StoredOrder| {
            let asked = || row.user.parse().is_ok_and(|user: Uuid| users.contains(&user));
            tag.is_on(&row.key) || asked()
        };
        let orders: Vec<_> = self.orders.into_iter().filter(own).collect();
        let ids: HashSet<_> = orders.iter().map(|row| row.id.as_str()).collect();
        let own = |key: &StoredKey| tag.is_on(&key.key) || ids.contains(key.order.as_str());
        let keys = self.keys.into_iter().filter(own).collect();
        Self { orders, keys }
    }
}

/// Reads every order and every key from the database at `path`.
///
/// The service's own answers are not asked: a service that lies would lie here too.
///
/// # Errors
///
/// When the file is not a database of an order service.
pub async fn stored(path: &Path) -> anyhow::Result<Stored> {
    let shown = || format!("cannot read the orders in {}", path.display());
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut database = SqliteConnection::connect_with(&options).await.with_context(shown)?;
    let query = "SELECT id, COALESCE(idempotency_key, '') AS key, user_id, item, quantity, status \
                 FROM orders";
    let orders = sqlx::query(query).fetch_all(&mut database).await.with_context(shown)?;
    let query = "SELECT key, order_id FROM idempotency_keys";
    let keys = sqlx::query(query).fetch_all(&mut database).await.with_context(shown)?;
    database.close().await.with_context(shown)?;
    let orders = orders.iter().map(order).collect::<Result<_, _>>().with_context(shown)?;
    let keys = keys.iter().map(key).collect::<Result<_, _>>().with_context(shown)?;
    Ok(Stored { orders, keys })
}

fn order(row: &SqliteRow) -> Result<StoredOrder, sqlx::Error> {
    Ok(StoredOrder {
        id: row.try_get("id")?,
        key: row.try_get("key")?,
        user: row.try_get("user_id")?,
        item: row.try_get("item")?,
        quantity: row.try_get("quantity")?,
        status: row.try_get("status")?,
    })
}

fn key(row: &SqliteRow) -> Result<StoredKey, sqlx::Error> {
    Ok(StoredKey { key: row.try_get("key")?, order: row.try_get("order_id")? })
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
            "CREATE TABLE idempotency_keys(key TEXT PRIMARY KEY, order_id TEXT)",
            "INSERT INTO idempotency_keys VALUES ('k', 'a')",
        ] {
            sqlx::query(statement).execute(&mut service).await.unwrap();
        }
        let found = stored(&path).await.unwrap();
        let expected = StoredOrder {
            id: "a".into(),
            key: "k".into(),
            user: "u".into(),
            item: "anvil".into(),
            quantity: 2,
            status: "placed".into(),
        };
        assert_eq!(found.orders, [expected]);
        assert_eq!(found.keys, [StoredKey { key: "k".into(), order: "a".into() }]);
    }

    #[test]
    fn of_a_shared_store_only_what_belongs_to_the_run_is_left() {
        let (tag, customer) = (Tag::draw(), Uuid::from_u128(7));
        let order = |id: &str, key: &str, user: Uuid| StoredOrder {
            id: id.into(),
            key: key.into(),
            user: user.to_string(),
            item: "anvil".into(),
            quantity: 1,
            status: "placed".into(),
        };
        let key = |key: &str, order: &str| StoredKey { key: key.into(), order: order.into() };
        let (own, other) = (tag.key("1"), Tag::draw().key("1"));
        let orders = vec![
            order("a", &own, customer),
            order("b", &other, Uuid::nil()),
            order("c", &own, Uuid::nil()),
            order("d", "", customer),
        ];
        let keys = vec![key(&own, "a"), key(&other, "b"), key("lost", "d"), key(&own, "e")];
        let left = Stored { orders, keys }.of_run(&tag, &[customer]);
        let orders: Vec<_> = left.orders.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(
            orders,
            ["a", "c", "d"],
            "given to a stranger or kept without a key, it is ours"
        );
        let keys: Vec<_> = left.keys.iter().map(|row| row.order.as_str()).collect();
        assert_eq!(keys, ["a", "d", "e"]);
    }

    #[tokio::test]
    async fn a_missing_database_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let error = stored(&directory.path().join("none.db")).await.unwrap_err();
        assert!(error.to_string().contains("none.db"), "{error}");
    }
}
