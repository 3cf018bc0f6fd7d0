use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

/// A reqwest client as a service on `http` requests and responses.
///
/// reqwest's own request keeps its extensions to itself, so deadline and attempt number
/// could not travel in it. This adapter goes innermost: the layers work on `http::Request`
/// and the conversion comes last.
///
/// Switch the client's own retries off (`reqwest::retry::never()`), or each of our attempts
/// may be several. Switch its redirects off (`reqwest::redirect::Policy::none()`) where requests
/// are sent that must not be sent twice: a connection that is refused after a redirect looks
/// like one that was [refused at once](super::is_unsent).
///
/// # Errors
///
/// Those of the client, among them a request that cannot be built from the `http` one, such
/// as a URL without a host.
///
/// # Examples
///
/// ```
/// use resilience::http::ReqwestService;
///
/// let client = reqwest::Client::builder()
///     .retry(reqwest::retry::never())
///     .redirect(reqwest::redirect::Policy::none())
///     .build()?;
/// let service = ReqwestService::new(client);
/// # Ok::<(), reqwest::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestService {
    client: reqwest::Client,
}

impl ReqwestService {
    /// Wraps `client`.
    #[must_use]
    pub const fn new(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl<B: Into<reqwest::Body>> Service<Request<B>> for ReqwestService {
    type Response = Response<reqwest::Body>;
    type Error = reqwest::Error;
    // reqwest names its own future only behind a box.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<reqwest::Request>::poll_ready(&mut self.client, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let pending = reqwest::Request::try_from(request).map(|request| self.client.call(request));
        Box::pin(async move { pending?.await.map(Response::from) })
    }
}
