//! What a page is sent, as a test reads it.

use http::StatusCode;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// The lines of a stream.
pub(super) struct Lines {
    pub(super) answer: Response,
    rest: Vec<u8>,
}

impl Lines {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        Self { answer, rest: Vec::new() }
    }

    pub(super) async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.rest.drain(..=end).collect();
                return serde_json::from_slice(&line).unwrap();
            }
            self.rest.extend_from_slice(&self.answer.chunk().await.unwrap().unwrap());
        }
    }
}

/// The text of HTML.
pub(super) fn text(html: &Value) -> String {
    let html = html.as_str().unwrap();
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
