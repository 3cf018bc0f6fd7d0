//! Breaks the promise that a key counts once, so that a check of the data can be seen to fail.

use super::{Store, place::insert_order};
use crate::model::{Key, NewOrder, Order, RequestHash};

impl Store {
    /// Breaks the promise from here on.
    pub(crate) const fn sabotage(mut self) -> Self {
        self.sabotaged = true;
        self
    }

    /// Places an order whether or not its key was used, and writes the key apart from it.
    pub(super) async fn place_again(
        &self,
        new: &NewOrder,
        key: &Key,
        hash: RequestHash,
    ) -> Result<Order, sqlx::Error> {
        let mut connection = self.database.writer().acquire().await?;
        let order = insert_order(&mut connection, new, key).await?;
        sqlx::query(
            "INSERT OR REPLACE INTO idempotency_keys (key, request_hash, order_id)
             VALUES (?, ?, ?)",
        )
        .bind(key.as_str())
        .bind(hash.as_bytes())
        .bind(order.id.to_string())
        .execute(&mut *connection)
        .await?;
        Ok(order)
    }
}
