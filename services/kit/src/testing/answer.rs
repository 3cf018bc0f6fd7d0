//! An answer, read to its end.

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text.
    pub text: String,
}

impl Answer {
    /// Reads what came over the network.
    ///
    /// # Panics
    ///
    /// The connection broke.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("an answer is read to its end");
        Self { status, headers, text }
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// It is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {:?} ({})", self.text, self.status))
    }

    /// The text of a header; empty when there is none.
    ///
    /// # Panics
    ///
    /// It is not text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The reason of a problem.
    ///
    /// # Panics
    ///
    /// The answer is no problem, or one that contradicts its own status.
    pub fn reason(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), crate::problem::MEDIA_TYPE, "{self:?}");
        assert_eq!(problem["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(problem["type"], "about:blank", "{self:?}");
        problem["reason"].as_str().expect("a problem has a reason").to_owned()
    }
}

/// Asks a router without a network.
///
/// # Panics
///
/// The body of the answer broke.
pub async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let Ok(response) = router.clone().oneshot(request).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.expect("a body is read to its end").to_bytes();
    Answer { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
}
