/// Which requests a plan can single out, and how a response shows that a fault was injected.
pub trait Target<Request, Response> {
    /// The path of `request`; `None` when it has none.
    fn path<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let _ = request;
        None
    }

    /// The method of `request`; `None` when it has none.
    fn method<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let _ = request;
        None
    }

    /// The header of `request` with a name in lower case; `None` when it has none, or one that
    /// is no text.
    fn header<'a>(&self, request: &'a Request, name: &str) -> Option<&'a str> {
        let _ = (request, name);
        None
    }

    /// Marks `response` as one that was delayed by `fault`.
    fn mark(&self, response: &mut Response, fault: &'static str) {
        let _ = (response, fault);
    }
}

/// Requests of any type, which have no path; responses show nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyRequest;

impl<Request, Response> Target<Request, Response> for AnyRequest {}

/// HTTP requests by path, method and headers; responses get the header `x-fault-injected`.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpTarget;

#[cfg(feature = "http")]
impl<B, R> Target<http::Request<B>, http::Response<R>> for HttpTarget {
    fn path<'a>(&self, request: &'a http::Request<B>) -> Option<&'a str> {
        Some(request.uri().path())
    }

    fn method<'a>(&self, request: &'a http::Request<B>) -> Option<&'a str> {
        Some(request.method().as_str())
    }

    fn header<'a>(&self, request: &'a http::Request<B>, name: &str) -> Option<&'a str> {
        request.headers().get(name)?.to_str().ok()
    }

    fn mark(&self, response: &mut http::Response<R>, fault: &'static str) {
        let value = http::HeaderValue::from_static(fault);
        response.headers_mut().insert("x-fault-injected", value);
    }
}
