//! The users in the database.

use jiff::Timestamp;
use kit::{database::Database, page::Page};
use sqlx::{FromRow, Row as _, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    error::Error,
    model::{NewUser, User},
};

/// The users in the database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Adds a user; an address can have one.
    pub(crate) async fn add(&self, new: NewUser) -> Result<User, Error> {
        let NewUser { name, email } = new;
        let user = User { id: Uuid::now_v7(), name, email, created_at: Timestamp::now() };
        sqlx::query("INSERT INTO users (id, name, email, created_at) VALUES (?, ?, ?, ?)")
            .bind(user.id.to_string())
            .bind(&user.name)
            .bind(&user.email)
            .bind(user.created_at.to_string())
            .execute(self.database.writer())
            .await
            .map_err(|error| match error.as_database_error() {
                // Ids do not meet, so what is not unique is the address.
                Some(refused) if refused.is_unique_violation() => {
                    Error::EmailTaken(user.email.clone())
                }
                _ => Error::Database(error),
            })?;
        Ok(user)
    }

    /// The user with this id.
    pub(crate) async fn find(&self, id: Uuid) -> Result<Option<User>, sqlx::Error> {
        sqlx::query_as("SELECT id, name, email, created_at FROM users WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.readers())
            .await
    }

    /// One page of all users, oldest first, and one row more when there is one.
    pub(crate) async fn list(&self, page: &Page) -> Result<Vec<User>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, name, email, created_at FROM users WHERE id > ? ORDER BY id LIMIT ?",
        )
        .bind(page.after())
        .bind(page.rows())
        .fetch_all(self.database.readers())
        .await
    }
}

impl FromRow<'_, SqliteRow> for User {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: kit::database::parse(row, "id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            created_at: kit::database::parse(row, "created_at")?,
        })
    }
}
