//! The bottom of every client stack: one request, one answer, no policy.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use tower::Service;

use super::TransportError;

/// How long an idle connection is kept.
///
/// Shorter than the 5 s after which a service closes it: a request that crosses the closing
/// would fail.
const IDLE: Duration = Duration::from_secs(4);

/// How the transport behaves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The longest answer that is read, in bytes; a longer one is an error.
    pub max_answer: usize,
    /// The idle connections that are kept for the next request.
    pub idle_connections: usize,
}

impl Default for Settings {
    /// Answers up to 64 KiB and 64 idle connections.
    fn default() -> Self {
        Self { max_answer: 64 * 1024, idle_connections: 64 }
    }
}

/// Whether anything was sent for a call, whatever its last attempt came to.
///
/// It travels with the request, so that all attempts of a call share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(super) fn is_sent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sends requests over HTTP and reads the whole answer.
///
/// The body is read here and not by the caller, so that a limit on the time of a call covers
/// a body that trickles.
///
/// # Sharing
///
/// Clones share the connections.
#[derive(Clone, Debug)]
pub struct Transport {
    client: reqwest::Client,
    max_answer: usize,
}

/// The answer of [`Transport`]. Boxed: the client underneath hides its own future as well.
pub(super) type Answer =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send>>;

impl Transport {
    /// A transport without connections yet.
    ///
    /// Its own retries are off, because two places that retry multiply; redirects are off,
    /// because a service does not send its callers elsewhere; and proxies of the environment
    /// are not for calls inside the system.
    ///
    /// # Errors
    ///
    /// The client cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(settings.idle_connections)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { client, max_answer: settings.max_answer })
    }
}

impl Service<Request<Bytes>> for Transport {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Answer {
        let Self { client, max_answer } = self.clone();
        if let Some(sent) = request.extensions().get::<Sent>() {
            // The task that set it also reads it, or has been handed the outcome since.
            sent.0.store(true, Ordering::Relaxed);
        }
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)?;
            let answer = client.execute(request).await?;
            read(answer, max_answer).await
        })
    }
}

async fn read(
    mut answer: reqwest::Response,
    max: usize,
) -> Result<Response<Bytes>, TransportError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > max {
            return Err(TransportError::too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}
