use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::measure::{Order, Outcome, Tag};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REFUSED_BY: HeaderName = HeaderName::from_static("x-refused-by");

/// Places orders at one order service, over kept connections and without retries.
#[derive(Clone, Debug)]
pub struct OrderClient {
    http: reqwest::Client,
    url: String,
    users: Vec<Uuid>,
}

impl OrderClient {
    /// Sends orders to `url` in the name of `users`.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be set up.
    pub fn new(url: String, users: Vec<Uuid>) -> anyhow::Result<Self> {
        // A client of its own for each group: neither waits for the other's connections.
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .tcp_nodelay(true)
            .retry(reqwest::retry::never())
            // Shorter than a service keeps a connection without a request: one that it closes
            // while a request is on its way would look like a failure of the service.
            .pool_idle_timeout(Duration::from_secs(4))
            .build()
            .context("cannot set up an HTTP client")?;
        Ok(Self { http, url, users })
    }

    /// Places `order` and waits for the answer until `limit`.
    pub async fn place(&self, order: &Order, limit: Instant) -> Outcome {
        match timeout_at(limit, self.exchange(order)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) if error.is_connect() => Outcome::NoAnswer { why: "not connected" },
            Ok(Err(_)) => Outcome::NoAnswer { why: "connection broken" },
            Err(_) => Outcome::NoAnswer { why: "time is up" },
        }
    }

    async fn exchange(&self, order: &Order) -> reqwest::Result<Outcome> {
        let user = self.users[order.user % self.users.len()];
        let body = json!({ "user_id": user, "item": order.item, "quantity": order.quantity });
        let request = self.http.post(&self.url).header(IDEMPOTENCY_KEY, &order.key);
        let answer =
            request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await?;
        let status = answer.status().as_u16();
        let refused_by = answer.headers().get(REFUSED_BY);
        let refused_by = refused_by.map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        let refused_by: Option<String> = refused_by;
        let body = answer.bytes().await?;
        Ok(Outcome::of(status, refused_by.as_deref(), &body))
    }
}

/// Makes the users in whose name orders are placed.
#[derive(Clone, Debug)]
pub struct UserClient {
    http: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Made {
    id: Uuid,
}

impl UserClient {
    /// Makes users at `url` through `http`.
    #[must_use]
    pub const fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url }
    }

    /// Makes `count` users of the run with `tag`: no two users may share an address, and those
    /// of an earlier run may still be there.
    ///
    /// # Errors
    ///
    /// When the service does not answer 201 to each.
    pub async fn make(&self, count: usize, tag: &Tag) -> anyhow::Result<Vec<Uuid>> {
        let mut users = Vec::with_capacity(count);
        for number in 0..count {
            let email = format!("{}@example.com", tag.key(&number.to_string()));
            let body = json!({ "name": format!("User {number}"), "email": email });
            let answer = self.http.post(&self.url).json(&body).send().await;
            let answer = answer.context("cannot make a user")?;
            let status = answer.status();
            if status.as_u16() != 201 {
                bail!("cannot make a user: expected 201, got {status}");
            }
            users.push(answer.json::<Made>().await.context("a made user has an id")?.id);
        }
        Ok(users)
    }
}
