use tower_layer::Layer;

use super::service::Respond;

/// Turns a rejection into an HTTP response and [`Error<E>`](crate::Error) back into `E`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RespondLayer;

impl<S> Layer<S> for RespondLayer {
    type Service = Respond<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Respond::new(inner)
    }
}
