/// What a span tells of a request and of its response. Every answer may be that it says nothing.
///
/// It is asked only where the span is made.
pub trait Describe<Request, Response> {
    /// The method of `request`, such as `GET`; the span has its name.
    fn method<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let _ = request;
        None
    }

    /// The host that is asked.
    fn host<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let _ = request;
        None
    }

    /// The port that is asked.
    fn port(&self, request: &Request) -> Option<u16> {
        let _ = request;
        None
    }

    /// The whole address, without what must not be seen in a trace.
    fn url(&self, request: &Request) -> Option<String> {
        let _ = request;
        None
    }

    /// The path, where the request does not know the whole address.
    fn path<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let _ = request;
        None
    }

    /// The HTTP status of `response`; from 400 on the attempt has failed.
    fn status(&self, response: &Response) -> Option<u16> {
        let _ = response;
        None
    }

    /// The fault that `response` says was injected.
    fn fault<'a>(&self, response: &'a Response) -> Option<&'a str> {
        let _ = response;
        None
    }
}

/// Requests of any type, of which nothing is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyCall;

impl<Request, Response> Describe<Request, Response> for AnyCall {}

/// HTTP requests by method and address, and responses by status and `x-fault-injected`.
///
/// Credentials and the query are left out of the address: they may be secrets.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpCall;

#[cfg(feature = "http")]
impl<B, R> Describe<http::Request<B>, http::Response<R>> for HttpCall {
    fn method<'a>(&self, request: &'a http::Request<B>) -> Option<&'a str> {
        use http::Method;

        // Any token may be a method, and a span's name is one of few.
        let known = [
            &Method::GET,
            &Method::POST,
            &Method::PUT,
            &Method::DELETE,
            &Method::HEAD,
            &Method::PATCH,
            &Method::OPTIONS,
            &Method::CONNECT,
            &Method::TRACE,
        ];
        let is_known = known.contains(&request.method());
        Some(if is_known { request.method().as_str() } else { "_OTHER" })
    }

    fn host<'a>(&self, request: &'a http::Request<B>) -> Option<&'a str> {
        request.uri().host()
    }

    fn port(&self, request: &http::Request<B>) -> Option<u16> {
        let uri = request.uri();
        uri.port_u16().or_else(|| match uri.scheme_str()? {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }

    fn url(&self, request: &http::Request<B>) -> Option<String> {
        let uri = request.uri();
        let (scheme, host) = (uri.scheme_str()?, uri.host()?);
        let path = uri.path();
        Some(match uri.port_u16() {
            Some(port) => format!("{scheme}://{host}:{port}{path}"),
            None => format!("{scheme}://{host}{path}"),
        })
    }

    fn path<'a>(&self, request: &'a http::Request<B>) -> Option<&'a str> {
        request.uri().scheme().is_none().then(|| request.uri().path())
    }

    fn status(&self, response: &http::Response<R>) -> Option<u16> {
        Some(response.status().as_u16())
    }

    fn fault<'a>(&self, response: &'a http::Response<R>) -> Option<&'a str> {
        response.headers().get("x-fault-injected")?.to_str().ok()
    }
}
