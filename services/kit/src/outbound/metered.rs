//! Counts and times what is really sent, attempt by attempt.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode};
use tokio::time::Instant;
use tower::Service;

/// The status that is counted when a policy gave the attempt up before its answer.
const GIVEN_UP: &str = "given_up";

/// The status that is counted when there was no answer.
const NO_ANSWER: &str = "no_answer";

/// Counts requests in `http_client_requests_total` and times them in
/// `http_client_request_duration_seconds`, both by the `peer` that is called.
///
/// It stands at the bottom of the guarded and of the bare stack, so that both are counted
/// where they meet the network.
#[derive(Clone, Debug)]
pub(super) struct Metered<S> {
    inner: S,
    peer: &'static str,
}

impl<S> Metered<S> {
    pub(super) const fn new(inner: S, peer: &'static str) -> Self {
        Self { inner, peer }
    }
}

impl<S, A, B> Service<Request<A>> for Metered<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let attempt = Attempt::begin(self.peer);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            attempt.end(answer.as_ref().ok().map(Response::status));
            answer
        })
    }
}

/// An attempt on its way. Dropped before its answer, it was given up.
#[derive(Debug)]
struct Attempt {
    peer: &'static str,
    begun: Instant,
    status: String,
}

impl Attempt {
    fn begin(peer: &'static str) -> Self {
        Self { peer, begun: Instant::now(), status: GIVEN_UP.to_owned() }
    }

    fn end(mut self, status: Option<StatusCode>) {
        self.status =
            status.map_or_else(|| NO_ANSWER.to_owned(), |status| status.as_u16().to_string());
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let status = std::mem::take(&mut self.status);
        metrics::counter!("http_client_requests_total", "peer" => self.peer, "status" => status)
            .increment(1);
        metrics::histogram!("http_client_request_duration_seconds", "peer" => self.peer)
            .record(self.begun.elapsed().as_secs_f64());
    }
}
