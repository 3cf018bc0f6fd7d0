use std::time::Duration;

use http::{
    HeaderValue, Response, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER},
};

use super::{answer::Answer, marks::mark};
use crate::{
    error::{HeaderMistake, Reason, Rejected},
    http::status_of_grpc,
};

/// Answers with a status and a problem document.
///
/// See the [module](super) for which.
#[derive(Clone, Copy, Debug, Default)]
pub struct Problem;

impl<B: From<String>> Answer<B> for Problem {
    fn answer(&self, rejected: &Rejected) -> Response<B> {
        problem(rejected)
    }
}

fn problem<B: From<String>>(rejected: &Rejected) -> Response<B> {
    let reason = rejected.reason();
    let (status, title) = describe(reason);
    // The parts are fixed texts without quotes: nothing here needs escaping.
    let body = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{},"reason":"{}"}}"#,
        status.as_u16(),
        reason.as_str(),
    );
    let mut response = Response::new(B::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(wait) = rejected.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    mark(headers, reason);
    if reason == Reason::InjectedAbort {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn describe(reason: Reason) -> (StatusCode, &'static str) {
    match reason {
        Reason::CircuitOpen | Reason::ProbesTaken => {
            (StatusCode::SERVICE_UNAVAILABLE, "a service behind this one is not answering")
        }
        Reason::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "the answer took too long"),
        Reason::DeadlineExceeded | Reason::DeadlineExpired => {
            (StatusCode::GATEWAY_TIMEOUT, "the deadline of the request has passed")
        }
        Reason::InjectedError { status } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            (status, "an error was injected on purpose")
        }
        Reason::InjectedGrpc { code } => (status_of_grpc(code), "an error was injected on purpose"),
        Reason::InjectedAbort => {
            (StatusCode::INTERNAL_SERVER_ERROR, "an abort was injected on purpose")
        }
        Reason::FaultHeader { mistake } => of_header(mistake),
    }
}

fn of_header(mistake: HeaderMistake) -> (StatusCode, &'static str) {
    match mistake {
        HeaderMistake::TooLong => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the header x-fault-plan has more than 2048 bytes",
        ),
        HeaderMistake::Forged => (
            StatusCode::FORBIDDEN,
            "the header x-fault-signature is not the signature of x-fault-plan",
        ),
        HeaderMistake::Expired => (StatusCode::FORBIDDEN, "the header x-fault-plan has expired"),
        HeaderMistake::Invalid => {
            (StatusCode::BAD_REQUEST, "the header x-fault-plan says nothing that can be done")
        }
        HeaderMistake::Crowded => {
            (StatusCode::TOO_MANY_REQUESTS, "as many calls as allowed are under such faults")
        }
    }
}

/// Rounded up, so that a caller who waits as told does not come too early; at least 1.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
