//! The trace context of W3C, in headers.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The longest `tracestate` that is taken over, in bytes; W3C asks for no more. Each span keeps a copy.
const STATE: usize = 512;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?;
        let is_taken = key != "tracestate" || value.len() <= STATE;
        if is_taken { value.to_str().ok() } else { None }
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

/// The trace that a request says it belongs to; an empty one where it says none. A `tracestate` that is too
/// long is left out.
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

    #[test]
    fn a_state_of_more_than_512_bytes_is_left_out_and_the_trace_is_kept() {
        let mut headers = HeaderMap::new();
        let right = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert("traceparent", right.parse().unwrap());
        let long = "v".repeat(200);
        for (rest, expected) in [(104, 512), (105, 0)] {
            let state = format!("a={long},b={long},c={}", "v".repeat(rest));
            headers.insert("tracestate", state.parse().unwrap());
            let context = extract(&headers);
            assert!(context.span().span_context().is_valid());
            assert_eq!(context.span().span_context().trace_state().header().len(), expected);
        }
    }
}
