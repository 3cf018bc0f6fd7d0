//! JSON bodies whose mistakes are told field by field.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

use crate::problem::{FieldError, Problem};

/// The size that a request body may have, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// How long a request body may take from its first byte to its last.
///
/// In total and not between two bytes, because a caller that sends one now and then would
/// otherwise hold a request open for hours.
const BODY_LIMIT: Duration = Duration::from_secs(5);

/// A request body read as JSON.
///
/// A body that cannot be read is answered with a [`Problem`]: 415 when it is not declared as
/// JSON, 413 when it is longer than [`MAX_BODY`], 408 when it has not arrived within 5 s, 400
/// when it is no JSON, and 422 when a field is missing, unknown, or of the wrong type.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be sent with the header content-type: application/json",
            ));
        }
        let body = timeout(BODY_LIMIT, Bytes::from_request(request, state))
            .await
            .map_err(|_| too_slow())?
            .map_err(|error| unreadable(&error))?;
        parse(&body).map(Self)
    }
}

fn is_json(request: &Request) -> bool {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = declared.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("the body is longer than the {MAX_BODY} bytes that are allowed"),
        )
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "the body ended early")
    }
}

fn too_slow() -> Problem {
    let detail = format!("the body did not arrive within {BODY_LIMIT:?}");
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
        // The rest of the body stands between this request and any other.
        .with_header(CONNECTION, HeaderValue::from_static("close"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => wrong_field(&path, error.inner()),
            Category::Syntax | Category::Eof | Category::Io => no_json(error.inner()),
        }
    })?;
    json.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not JSON: {error}"))
}

fn wrong_field(path: &str, error: &serde_json::Error) -> Problem {
    let told = error.to_string();
    // The position helps with text that is not JSON; a field is found by its name.
    let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(message, _)| message);
    let field = field_of(path, message);
    Problem::invalid_fields(vec![FieldError { field, message: message.to_owned() }])
}

/// The field that is wrong.
///
/// The path of a field that is missing or unknown ends at the object around it, and only the
/// message has its name, between the first two backticks.
fn field_of(path: &str, message: &str) -> String {
    let named = ["missing field", "unknown field", "duplicate field"]
        .iter()
        .any(|kind| message.starts_with(kind));
    let name = message.split('`').nth(1).filter(|_| named);
    match (path, name) {
        (".", Some(name)) => name.to_owned(),
        // An unknown field is already the end of its own path.
        (path, Some(name)) if path == name || path.ends_with(&format!(".{name}")) => {
            path.to_owned()
        }
        (path, Some(name)) => format!("{path}.{name}"),
        (path, None) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use bytes::Bytes;
    use http::header::CONTENT_TYPE;
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use serde::Deserialize;
    use tokio::time::{Instant, sleep};

    use super::{
        BODY_LIMIT, Duration, FromRequest as _, Json, Problem, Request, StatusCode, parse,
    };

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only the reading of it is tested")]
        item: String,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Input {
        quantity: u32,
        #[serde(default)]
        #[expect(dead_code, reason = "only the reading of it is tested")]
        lines: Vec<Line>,
    }

    fn problem_of(body: &str) -> Problem {
        parse::<Input>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn good_json_is_read() {
        assert_eq!(parse::<Input>(br#"{"quantity":3}"#).unwrap().quantity, 3);
    }

    #[test]
    fn text_that_is_no_json_is_a_bad_request() {
        for body in ["", "{", "{]", r#"{"quantity":3} x"#, r#"{"quantity":"#] {
            let problem = problem_of(body);
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(problem.reason(), "invalid_json", "{body}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_too_slow_however_often_a_byte_comes() {
        let blanks = futures_util::stream::unfold((), |()| async {
            sleep(Duration::from_millis(900)).await;
            let blank = Frame::data(Bytes::from_static(b" "));
            Some((Ok::<_, std::convert::Infallible>(blank), ()))
        });
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::new(StreamBody::new(blanks)));
        let begun = Instant::now();
        let problem = Json::<Input>::from_request(request.unwrap(), &()).await.unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.reason()), (408, "body_too_slow"));
        assert_eq!(begun.elapsed(), BODY_LIMIT);
    }

    #[test]
    fn a_wrong_field_is_named_with_its_path() {
        let cases = [
            ("{}", "quantity"),
            (r#"{"quantity":"3"}"#, "quantity"),
            (r#"{"quantity":3,"colour":"red"}"#, "colour"),
            (r#"{"quantity":3,"quantity":3}"#, "quantity"),
            (r#"{"quantity":3,"lines":[{"item":1}]}"#, "lines[0].item"),
            (r#"{"quantity":3,"lines":[{}]}"#, "lines[0].item"),
            (r#"{"quantity":3,"lines":[{"item":"a","b":1}]}"#, "lines[0].b"),
        ];
        for (body, field) in cases {
            let problem = problem_of(body);
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert_eq!(problem.errors()[0].field, field, "{body}");
            assert!(!problem.errors()[0].message.contains("at line"), "{body}");
        }
    }
}
