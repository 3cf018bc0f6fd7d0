//! One connection and the requests on it.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
    time::timeout,
};
use tower::ServiceExt as _;

/// How long after the signal the rest of a header may still arrive: it was sent before its
/// sender could know.
const LAST_BYTES: Duration = Duration::from_millis(100);

/// One connection.
pub(super) struct Connection {
    pub(super) router: Router,
    pub(super) unanswered: Unanswered,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) stream: TcpStream,
    pub(super) slot: OwnedSemaphorePermit,
}

impl Connection {
    /// Answers the requests until the other side or the service has enough.
    pub(super) async fn serve(self, http: http1::Builder) {
        let Self { router, unanswered, mut stopped, stream, slot: _slot } = self;
        // Answers are small and must not wait for more to be sent along.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps delaying small writes");
        }
        let here = Unanswered::default();
        let service = service_fn(|request| {
            let owed = (here.one_more(), unanswered.one_more());
            let answer = router.clone().oneshot(request);
            async move {
                let _owed = owed;
                answer.await
            }
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let stop = async {
            // An error is as good: without a server there is nothing to serve.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        tokio::select! {
            result = connection.as_mut() => return log(result),
            () = stop => connection.as_mut().graceful_shutdown(),
        }
        // What is owed at this moment is written to its end, even to a slow reader.
        if here.count() == 0 {
            match timeout(LAST_BYTES, connection.as_mut()).await {
                Ok(result) => return log(result),
                // Dropping it closes it: there is no complete header.
                Err(_) if here.count() == 0 => return,
                Err(_) => {}
            }
        }
        log(connection.await);
    }
}

/// A broken connection is the other side's business, and no reason for a line by default.
fn log(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
    }
}

/// How many requests are accepted and not yet answered.
///
/// # Sharing
///
/// Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct Unanswered(Arc<AtomicUsize>);

/// One of them, until this is dropped.
#[derive(Debug)]
#[must_use = "the request counts as answered when this is dropped"]
pub(super) struct Owed(Arc<AtomicUsize>);

impl Unanswered {
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn one_more(&self) -> Owed {
        self.0.fetch_add(1, Ordering::Relaxed);
        Owed(Arc::clone(&self.0))
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
