use tower_layer::Layer;

use super::service::Lift;

/// Turns the error `E` of a service into [`Error<E>`](crate::Error).
#[derive(Clone, Copy, Debug, Default)]
pub struct LiftLayer;

impl<S> Layer<S> for LiftLayer {
    type Service = Lift<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Lift::new(inner)
    }
}
