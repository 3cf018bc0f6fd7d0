//! Reads orders, and cancels them.

use kit::page::Page;
use sqlx::{FromRow, Row as _, sqlite::SqliteRow};
use uuid::Uuid;

use super::Store;
use crate::model::{Order, Status};

impl Store {
    /// The order with this id.
    pub(crate) async fn find(&self, id: Uuid) -> Result<Option<Order>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM orders WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.readers())
            .await
    }

    /// One page of orders, of one user or of all, oldest first, and one row more when there is
    /// one.
    pub(crate) async fn list(
        &self,
        user: Option<Uuid>,
        page: &Page,
    ) -> Result<Vec<Order>, sqlx::Error> {
        // Two statements, because one that leaves the user open could use neither index.
        let query = match user {
            Some(user) => sqlx::query_as(
                "SELECT * FROM orders WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?",
            )
            .bind(user.to_string()),
            None => sqlx::query_as("SELECT * FROM orders WHERE id > ? ORDER BY id LIMIT ?"),
        };
        query.bind(page.after()).bind(page.rows()).fetch_all(self.database.readers()).await
    }

    /// Cancels the order with this id; cancelling it again changes nothing.
    pub(crate) async fn cancel(&self, id: Uuid) -> Result<Option<Order>, sqlx::Error> {
        sqlx::query_as("UPDATE orders SET status = ? WHERE id = ? RETURNING *")
            .bind(Status::Cancelled.as_str())
            .bind(id.to_string())
            .fetch_optional(self.database.writer())
            .await
    }
}

impl FromRow<'_, SqliteRow> for Order {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: kit::database::parse(row, "id")?,
            user_id: kit::database::parse(row, "user_id")?,
            item: row.try_get("item")?,
            quantity: row.try_get("quantity")?,
            status: kit::database::parse(row, "status")?,
            created_at: kit::database::parse(row, "created_at")?,
        })
    }
}
