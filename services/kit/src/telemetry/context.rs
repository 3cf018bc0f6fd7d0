//! The trace context of W3C, in headers.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        // A state that nobody has set is not sent.
        let Ok(name) = HeaderName::try_from(key) else { return };
        match HeaderValue::try_from(value) {
            Ok(value) if !value.is_empty() => _ = self.0.insert(name, value),
            _ => _ = self.0.remove(name),
        }
    }
}

/// Makes `request` say that it belongs to `span`, in the headers `traceparent` and `tracestate`.
///
/// Where spans go to no collector, it says nothing.
pub fn inject<B>(span: &Span, request: &mut Request<B>) {
    let mut headers = HeadersMut(request.headers_mut());
    TraceContextPropagator::new().inject_context(&span.context(), &mut headers);
}

/// The trace that a request says it belongs to; an empty one where it says none.
pub(super) fn extract(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use opentelemetry::trace::TraceContextExt as _;

    use super::extract;

    #[test]
    fn a_context_that_cannot_be_read_is_none() {
        let mut headers = HeaderMap::new();
        for wrong in
            ["", "00", "00-0-0-01", "00-00000000000000000000000000000000-0000000000000000-01"]
        {
            headers.insert("traceparent", wrong.parse().unwrap());
            assert!(!extract(&headers).span().span_context().is_valid(), "{wrong:?}");
        }
        let right = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert("traceparent", right.parse().unwrap());
        let context = extract(&headers);
        assert_eq!(context.span().span_context().span_id().to_string(), "b7ad6b7169203331");
        assert!(context.span().span_context().is_remote());
    }
}
