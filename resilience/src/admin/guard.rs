//! Who is let in.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{AUTHORIZATION, HOST, ORIGIN},
    uri::Authority,
};

use super::{
    COMMAND_HEADER,
    access::{Access, Role},
    problem::Problem,
};

pub(super) async fn guard(
    State(access): State<Arc<Access>>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&access, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn admit(access: &Access, request: &Request) -> Result<super::access::Caller, Problem> {
    let headers = request.headers();
    // HTTP/2 names it in the address. What a header says is not to be outdone by that.
    let host = if headers.contains_key(HOST) {
        text(headers, &HOST)
    } else {
        request.uri().authority().map(Authority::as_str)
    };
    let host = host.filter(|host| access.knows(host)).ok_or_else(|| {
        Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "foreign_host",
            "the host of the request is not one under which this process is reached",
        )
    })?;
    if headers.contains_key(ORIGIN) && text(headers, &ORIGIN).and_then(authority) != Some(host) {
        let detail = "a page of another origin may not ask";
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail));
    }
    let token = text(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let caller = token.and_then(|token| access.caller(token)).ok_or_else(|| {
        let detail = "the header authorization must carry a bearer token that this process knows";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    })?;
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(caller);
    }
    if caller.role != Role::Operator {
        let detail = "this token lets look and give no commands";
        return Err(Problem::new(StatusCode::FORBIDDEN, "read_only", detail));
    }
    if !headers.contains_key(COMMAND_HEADER) {
        let detail = format!("a command needs the header {COMMAND_HEADER}");
        return Err(Problem::new(StatusCode::FORBIDDEN, "no_command_header", detail));
    }
    Ok(caller)
}

/// A header that is there once.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let only = values.next()?;
    if values.next().is_some() { None } else { only.to_str().ok() }
}

/// Host and port of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}
