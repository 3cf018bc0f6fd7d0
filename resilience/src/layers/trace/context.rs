use tracing::Span;

/// Writes the context of a span into a request, such as the header `traceparent`.
///
/// Every function and closure with these arguments does. It is called for each attempt whose span is
/// made, outside of that span and before the request goes on, so each attempt says which one it is.
///
/// # Examples
///
/// ```
/// use http::{HeaderValue, Request};
/// use resilience::{Name, trace::TraceLayer};
/// use tracing::Span;
///
/// fn name_span(span: &Span, request: &mut Request<String>) {
///     let id = span.id().map_or(0, |id| id.into_u64());
///     request.headers_mut().insert("x-span", HeaderValue::from(id));
/// }
///
/// let layer = TraceLayer::http(Name::from_static("users-api")).context(name_span);
/// # let _ = layer;
/// ```
pub trait Inject<Request> {
    /// Makes `request` say that it belongs to `span`.
    fn inject(&self, span: &Span, request: &mut Request);
}

impl<Request, F: Fn(&Span, &mut Request)> Inject<Request> for F {
    fn inject(&self, span: &Span, request: &mut Request) {
        self(span, request);
    }
}

/// No context goes out.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContext;

impl<Request> Inject<Request> for NoContext {
    fn inject(&self, _: &Span, _: &mut Request) {}
}
