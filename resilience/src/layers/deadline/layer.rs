use std::time::Duration;

use tower_layer::Layer;

use super::{future::KIND, inbound::Unread, service::DeadlineService};
use crate::{
    event::{Listener, Listeners},
    limit_handle::LimitHandle,
    name::Name,
};

/// Gives each request a deadline and holds it to that.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Services made by this layer share its listeners, and by its name the counters. Each
/// request has a deadline of its own.
#[derive(Clone, Debug)]
pub struct DeadlineLayer<I = Unread> {
    inbound: I,
    name: Name,
    limit: Duration,
    listeners: Listeners,
}

impl DeadlineLayer {
    /// Allows each request `limit` from its call on, unless it carries an earlier deadline.
    ///
    /// Choose what the caller's own caller will wait for, less the way back.
    #[must_use]
    pub fn new(name: Name, limit: Duration) -> Self {
        Self::with_inbound(name, limit, Unread)
    }
}

#[cfg(feature = "http")]
impl DeadlineLayer<crate::http::InboundHeaders> {
    /// Allows each HTTP request `limit`, or the time that its headers say its sender waits,
    /// whichever is shorter; and makes it carry the class that they name.
    ///
    /// All headers of [`InboundHeaders`](crate::http::InboundHeaders) are believed: name fewer
    /// by [`with_inbound`](DeadlineLayer::with_inbound). Nothing that a caller sends can make
    /// the time longer than `limit`. A request whose sender waits no more is refused before any
    /// work.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience::{BoxError, Deadline, Name, deadline::DeadlineLayer};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let deadline = DeadlineLayer::http(Name::from_static("orders"), Duration::from_secs(1));
    /// let service = deadline.layer(service_fn(|request: http::Request<()>| async move {
    ///     let deadline = Deadline::of(&request).ok_or("no deadline")?;
    ///     Ok::<_, BoxError>(deadline.remaining(tokio::time::Instant::now()))
    /// }));
    ///
    /// for (header, left_ms) in [("250m", 250), ("10S", 1_000), ("soon", 1_000)] {
    ///     let request = http::Request::get("/").header("grpc-timeout", header).body(())?;
    ///     let left = service.clone().oneshot(request).await?;
    ///     assert_eq!(left, Duration::from_millis(left_ms));
    /// }
    /// let request = http::Request::get("/").header("grpc-timeout", "0m").body(())?;
    /// assert!(service.oneshot(request).await.is_err(), "nobody waits for it any more");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn http(name: Name, limit: Duration) -> Self {
        Self::with_inbound(name, limit, crate::http::InboundHeaders::default())
    }
}

impl<I> DeadlineLayer<I> {
    /// Allows each request `limit`, or the time that `inbound` reads from it, whichever is
    /// shorter.
    #[must_use]
    pub fn with_inbound(name: Name, limit: Duration, inbound: I) -> Self {
        Self { inbound, name, limit, listeners: Listeners::default() }
    }

    /// The limit of all deadlines of this name, to be changed while calls run.
    pub fn handle(&self) -> LimitHandle {
        LimitHandle::new(&KIND, self.name)
    }

    /// Calls `listener` whenever a deadline passes, besides those added before.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listeners.add(listener);
        self
    }
}

impl<S, I: Clone> Layer<S> for DeadlineLayer<I> {
    type Service = DeadlineService<S, I>;

    fn layer(&self, inner: S) -> Self::Service {
        let listeners = self.listeners.clone();
        DeadlineService::new(inner, self.inbound.clone(), self.name, self.limit, listeners)
    }
}
