//! An order service that runs, and what is asked of it.

use std::path::Path;

use kit::testing::{Answer, Running};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::users::Users;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_order");
pub(crate) const USER: &str = "0197b2a0-0000-7000-8000-000000000001";

pub(crate) fn tea() -> Value {
    json!({ "user_id": USER, "item": "tea", "quantity": 2 })
}

/// An order service that runs.
pub(crate) struct Orders {
    pub(crate) running: Running,
    pub(crate) client: Client,
}

impl Orders {
    /// Starts one with its database in `folder`.
    pub(crate) async fn start(folder: &TempDir, users: &Users, args: &[&str]) -> Self {
        let database = folder.path().join("order.db");
        Self::start_at(&database, &users.url, args).await
    }

    pub(crate) async fn start_at(database: &Path, users: &str, args: &[&str]) -> Self {
        let database = database.to_str().unwrap();
        let own = ["--listen", "127.0.0.1:0", "--database", database, "--users-url", users];
        let running = Running::start(BINARY, &[&own, args].concat(), &[]).await;
        Self { running, client: Client::new() }
    }

    /// A request that places an order.
    pub(crate) fn order(&self, key: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.running.url("/orders")).header("idempotency-key", key).json(body)
    }

    /// Places an order.
    pub(crate) async fn place(&self, key: &str, body: &Value) -> Answer {
        Answer::read(self.order(key, body).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::read(self.client.get(self.running.url(path)).send().await.unwrap()).await
    }

    /// All orders; a test has no more than fit on a page.
    pub(crate) async fn all(&self) -> Vec<Value> {
        let page = self.get("/orders?limit=200").await.json();
        assert!(page["next"].is_null(), "a test has few orders");
        page["orders"].as_array().unwrap().clone()
    }
}
