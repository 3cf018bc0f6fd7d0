//! A user service that does what a test tells it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everybody is a user.
    Known,
    /// Nobody is.
    Unknown,
    /// It fails with this status.
    Fails(u16),
    /// The first request since the start fails with this status; after that everybody is a user.
    FailsOnce(u16),
    /// It answers nothing until the mode changes.
    Hangs,
    /// Everybody is a user, of whom there is far too much to tell.
    Endless,
}

/// A user service that does what a test tells it.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    mode: Arc<watch::Sender<Mode>>,
    arrived: Arc<watch::Sender<usize>>,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
    pub(crate) url: String,
}

impl Users {
    /// Starts it; everybody is a user.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let users = Self {
            mode: Arc::new(watch::Sender::new(Mode::Known)),
            arrived: Arc::new(watch::Sender::new(0)),
            asked: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router = Router::new().route("/users/{id}", get(answer)).with_state(users.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        users
    }

    /// Tells it what to answer from here on, also to those who wait.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Waits until `count` requests have arrived since the start.
    pub(crate) async fn arrived(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        tokio::time::timeout(PATIENCE, arrived.wait_for(|&seen| seen >= count))
            .await
            .expect("the requests arrive in time")
            .expect("the sender is kept");
    }

    /// How many requests have arrived since the start.
    pub(crate) fn count(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Who asked, in order.
    pub(crate) fn callers(&self) -> Vec<String> {
        self.headers("x-caller")
    }

    /// What a header said in each request, in order; empty where there was none.
    pub(crate) fn headers(&self, name: &str) -> Vec<String> {
        let text = |headers: &HeaderMap| match headers.get(name) {
            Some(value) => value.to_str().unwrap().to_owned(),
            None => String::new(),
        };
        self.asked.lock().unwrap().iter().map(text).collect()
    }
}

async fn answer(
    State(users): State<Users>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    users.asked.lock().unwrap().push(headers);
    users.arrived.send_modify(|count| *count += 1);
    let mut mode = users.mode.subscribe();
    let mode = *mode.wait_for(|mode| *mode != Mode::Hangs).await.expect("the sender is kept");
    match mode {
        Mode::FailsOnce(status) if users.count() == 1 => {
            StatusCode::from_u16(status).unwrap().into_response()
        }
        Mode::Known | Mode::Hangs | Mode::FailsOnce(_) => {
            axum::Json(json!({ "id": id, "name": "Ann" })).into_response()
        }
        Mode::Unknown => {
            let problem = json!({ "reason": "user_not_found", "status": 404 });
            (StatusCode::NOT_FOUND, axum::Json(problem)).into_response()
        }
        Mode::Fails(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mode::Endless => {
            axum::Json(json!({ "id": id, "name": "n".repeat(1024 * 1024) })).into_response()
        }
    }
}
