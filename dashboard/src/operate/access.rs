//! Whose requests are passed on.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, HOST, ORIGIN},
};

use super::message::refused;
use crate::{model::Refusal, view::operate::DASHBOARD};

/// The header that a command needs: a page of another origin cannot send it unasked.
pub(super) const COMMAND_HEADER: HeaderName = HeaderName::from_static("x-resilience-command");

/// The names under which the dashboard is reached, besides those of loopback.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access(Arc<[String]>);

/// What the operator showed, as it goes on to a service. It is no part of any log.
#[derive(Clone, Debug)]
pub(super) struct Bearer(pub(super) HeaderValue);

impl Access {
    /// Answers requests to these hosts as well; without their ports.
    pub(crate) fn new(hosts: &[String]) -> Self {
        Self(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    fn knows(&self, authority: &str) -> bool {
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => authority,
        };
        let name = name.to_ascii_lowercase();
        matches!(&*name, "localhost" | "127.0.0.1" | "[::1]") || self.0.contains(&name)
    }

    fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<Bearer, Refusal> {
        let host = only(headers, &HOST).and_then(text);
        let host = host.filter(|host| self.knows(host)).ok_or_else(|| {
            let detail = "the host of the request is not one under which the dashboard is reached; \
                          expected is a name of loopback or one of --operate-host";
            Refusal::said(421, "foreign_host", detail)
        })?;
        let own = |origin: &str| {
            let plain = origin.strip_prefix("http://");
            plain.or_else(|| origin.strip_prefix("https://")) == Some(host)
        };
        if headers.contains_key(ORIGIN) && !only(headers, &ORIGIN).and_then(text).is_some_and(own) {
            let detail = "a page of another origin may not ask";
            return Err(Refusal::said(403, "foreign_origin", detail));
        }
        if *method != Method::GET && !headers.contains_key(COMMAND_HEADER) {
            let detail = format!("a command needs the header {COMMAND_HEADER}");
            return Err(Refusal::said(403, "no_command_header", detail));
        }
        let shown = only(headers, &AUTHORIZATION);
        let bearer = shown.filter(|value| value.as_bytes().starts_with(b"Bearer "));
        let mut bearer = bearer.cloned().ok_or_else(|| {
            let detail = "no token was given; expected is that of the services";
            Refusal::said(401, "unauthorized", detail)
        })?;
        bearer.set_sensitive(true);
        Ok(Bearer(bearer))
    }
}

/// A header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let only = values.next()?;
    if values.next().is_some() { None } else { Some(only) }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// Lets nobody else in.
pub(super) async fn guard(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    match access.admit(request.method(), request.headers()) {
        Ok(bearer) => {
            request.extensions_mut().insert(bearer);
            next.run(request).await
        }
        Err(refusal) => refused(DASHBOARD, &refusal),
    }
}
