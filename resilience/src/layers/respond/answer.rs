use http::Response;

use crate::error::Rejected;

/// Makes the response that tells a caller of a rejection.
///
/// [`Problem`](super::Problem) and `GrpcAnswer` (feature `grpc`) are such, and so is a function from a rejection
/// to a response.
pub trait Answer<B> {
    /// The response to a call that met `rejected`.
    fn answer(&self, rejected: &Rejected) -> Response<B>;
}

impl<B, F> Answer<B> for F
where
    F: Fn(&Rejected) -> Response<B>,
{
    fn answer(&self, rejected: &Rejected) -> Response<B> {
        self(rejected)
    }
}
