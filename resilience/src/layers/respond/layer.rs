use tower_layer::Layer;

use super::{problem::Problem, service::Respond};

/// Turns a rejection into an HTTP response and [`Error<E>`](crate::Error) back into `E`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RespondLayer;

impl RespondLayer {
    /// Answers by `answer` in place of a problem document.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, Response, StatusCode};
    /// use resilience::{Error, Name, Reason, Rejected, respond::RespondLayer};
    /// use std::convert::Infallible;
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Infallible> {
    /// let layer = RespondLayer::with(|rejected: &Rejected| {
    ///     let mut response = Response::new(rejected.reason().as_str());
    ///     *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     response
    /// });
    /// let service = layer.layer(service_fn(async |_: Request<()>| {
    ///     let rejected = Rejected::new(Name::from_static("orders"), Reason::CircuitOpen);
    ///     Err::<Response<&str>, _>(Error::<Infallible>::Rejected(rejected))
    /// }));
    /// assert_eq!(*service.oneshot(Request::new(())).await?.body(), "circuit_open");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn with<A>(answer: A) -> RespondWithLayer<A> {
        RespondWithLayer { answer }
    }

    /// Answers as gRPC does: see [`GrpcAnswer`](super::GrpcAnswer).
    #[cfg(feature = "grpc")]
    #[must_use]
    pub const fn grpc() -> RespondWithLayer<super::GrpcAnswer> {
        Self::with(super::GrpcAnswer)
    }
}

impl<S> Layer<S> for RespondLayer {
    type Service = Respond<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Respond::new(inner, Problem)
    }
}

/// Turns a rejection into the response of an [`Answer`](super::Answer), and
/// [`Error<E>`](crate::Error) back into `E`.
///
/// Made by [`RespondLayer::with`].
#[derive(Clone, Copy, Debug)]
pub struct RespondWithLayer<A> {
    answer: A,
}

impl<S, A: Clone> Layer<S> for RespondWithLayer<A> {
    type Service = Respond<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Respond::new(inner, self.answer.clone())
    }
}
