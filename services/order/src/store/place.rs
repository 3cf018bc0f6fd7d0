//! Places orders, each key once.

use jiff::Timestamp;
use sqlx::{FromRow as _, Row as _, SqliteConnection, SqliteExecutor, sqlite::SqliteRow};
use uuid::Uuid;

use super::Store;
use crate::model::{Key, NewOrder, Order, RequestHash, Status};

/// What became of an attempt to place an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The order is on the disk.
    Now(Order),
    /// The key was used before, and nothing was written.
    Before(Earlier),
}

/// What a key was used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// The same request: this is the order it placed, as it was answered.
    Same(Order),
    /// Another request.
    Other,
}

/// Why it is not known to be placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// Nothing was written.
    #[error("the database failed before the commit")]
    NotPlaced(#[from] sqlx::Error),
    /// The commit was sent, and what it came to is not known.
    #[error("the commit failed")]
    Unknown(#[source] sqlx::Error),
}

impl Store {
    /// What `key` was used for, if it was used.
    pub(crate) async fn earlier(
        &self,
        key: &Key,
        hash: RequestHash,
    ) -> Result<Option<Earlier>, sqlx::Error> {
        #[cfg(feature = "sabotage")]
        if self.sabotaged {
            return Ok(None);
        }
        earlier(self.database.readers(), key, hash).await
    }

    /// Places an order and uses up its key, in one transaction.
    ///
    /// # Cancellation
    ///
    /// Dropped before the commit was sent, nothing is written; dropped while it runs, both are
    /// written or neither. The writer serves one transaction after the other, so whatever the
    /// dropped attempt left behind is settled when the next attempt of the key is served.
    pub(crate) async fn place(
        &self,
        new: &NewOrder,
        key: &Key,
        hash: RequestHash,
    ) -> Result<Placed, PlaceError> {
        #[cfg(feature = "sabotage")]
        if self.sabotaged {
            return Ok(Placed::Now(self.place_again(new, key, hash).await?));
        }
        // Immediate: a transaction that begins by reading could not become the writer of a
        // file that another process has written to since.
        let mut transaction = self.database.writer().begin_with("BEGIN IMMEDIATE").await?;
        let order = insert_order(&mut transaction, new, key).await?;
        let used = sqlx::query(
            "INSERT INTO idempotency_keys (key, request_hash, order_id) VALUES (?, ?, ?)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(key.as_str())
        .bind(hash.as_bytes())
        .bind(order.id.to_string())
        .execute(&mut *transaction)
        .await?;
        if used.rows_affected() == 1 {
            transaction.commit().await.map_err(PlaceError::Unknown)?;
            return Ok(Placed::Now(order));
        }
        let earlier = earlier(&mut *transaction, key, hash).await?;
        transaction.rollback().await?;
        // Keys are never deleted, so what the insert met in this transaction is still there.
        Ok(Placed::Before(earlier.ok_or(sqlx::Error::RowNotFound)?))
    }
}

/// Inserts the order alone; the caller's transaction is what binds it to its key.
pub(super) async fn insert_order(
    connection: &mut SqliteConnection,
    new: &NewOrder,
    key: &Key,
) -> Result<Order, sqlx::Error> {
    let order = Order {
        id: Uuid::now_v7(),
        user_id: new.user_id,
        item: new.item.clone(),
        quantity: new.quantity,
        status: Status::Placed,
        created_at: Timestamp::now(),
    };
    sqlx::query(
        "INSERT INTO orders (id, idempotency_key, user_id, item, quantity, status, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(order.id.to_string())
    .bind(key.as_str())
    .bind(order.user_id.to_string())
    .bind(&order.item)
    .bind(order.quantity)
    .bind(order.status.as_str())
    .bind(order.created_at.to_string())
    .execute(connection)
    .await?;
    Ok(order)
}

async fn earlier(
    connection: impl SqliteExecutor<'_>,
    key: &Key,
    hash: RequestHash,
) -> Result<Option<Earlier>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT orders.*, request_hash FROM idempotency_keys
         JOIN orders ON orders.id = order_id WHERE key = ?",
    )
    .bind(key.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(|row| compare(&row, hash)).transpose()
}

fn compare(row: &SqliteRow, hash: RequestHash) -> Result<Earlier, sqlx::Error> {
    let stored: &[u8] = row.try_get("request_hash")?;
    if stored != hash.as_bytes() {
        return Ok(Earlier::Other);
    }
    // The answer is the one that was given when the order was placed, whatever became of it.
    Ok(Earlier::Same(Order { status: Status::Placed, ..Order::from_row(row)? }))
}
