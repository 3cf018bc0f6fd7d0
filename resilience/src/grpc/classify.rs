use std::time::Duration;

use http::HeaderMap;

use super::code::Code;
use crate::{
    classify::Classify,
    error::{Reason, Refusal, Rejected},
    http::{HttpClassifier, HttpResponse, Pushback},
    outcome::Outcome,
};

/// Classifies by gRPC's code.
///
/// | result | outcome |
/// |---|---|
/// | `UNAVAILABLE` with a pushback of 0 or more | unavailable for that long |
/// | any other `UNAVAILABLE`; `INTERNAL`, `UNKNOWN`, `DATA_LOSS`, `DEADLINE_EXCEEDED` | failure |
/// | `RESOURCE_EXHAUSTED` | rate-limited, with the pushback when it is 0 or more |
/// | `CANCELLED` | ignored: as a rule the caller did it |
/// | any other code, such as `NOT_FOUND` | success: the service did its work |
/// | an injected code | as from the service, without a pushback |
/// | a response without a code, and any other error | as by [`HttpClassifier`] |
///
/// `ABORTED` is a success, because what lost the race has to be repeated from an earlier step,
/// which no layer knows. `UNIMPLEMENTED` is one, because the next attempt would find no other
/// service.
///
/// A response without a code is one whose code follows in the trailers, a success with status
/// 200, or one that a proxy made. See the [traps](super#traps).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{BoxError, Classify, Outcome, grpc::GrpcClassifier};
///
/// let response = http::Response::builder().header("grpc-status", "5").body(())?;
/// let outcome = GrpcClassifier.classify(Ok::<_, &BoxError>(&response));
/// assert_eq!(outcome, Outcome::Success, "it knows that there is nothing");
///
/// let response = http::Response::builder()
///     .header("grpc-status", "8")
///     .header("grpc-retry-pushback-ms", "250")
///     .body(())?;
/// let outcome = GrpcClassifier.classify(Ok::<_, &BoxError>(&response));
/// let retry_after = Some(Duration::from_millis(250));
/// assert_eq!(outcome, Outcome::RateLimited { retry_after });
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcClassifier;

impl<T: HttpResponse, E: Refusal> Classify<T, E> for GrpcClassifier {
    fn classify(&self, result: Result<&T, &E>) -> Outcome {
        match result {
            Ok(response) => {
                if let Some(code) = Code::read(response.headers()) {
                    return of_code(code, response.headers());
                }
            }
            Err(error) => {
                if let Some(Reason::InjectedGrpc { code }) =
                    error.as_rejected().map(Rejected::reason)
                {
                    return of_code(Code::of_number(code), &HeaderMap::new());
                }
            }
        }
        HttpClassifier.classify(result)
    }

    /// By the header `x-fault-injected`.
    fn is_injected(&self, response: &T) -> bool {
        Classify::<T, E>::is_injected(&HttpClassifier, response)
    }
}

/// What an answer with this code came to.
fn of_code(code: Code, headers: &HeaderMap) -> Outcome {
    match code {
        Code::Unavailable => pushback(headers)
            .map_or(Outcome::Failure, |retry_after| Outcome::Unavailable { retry_after }),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::DeadlineExceeded => {
            Outcome::Failure
        }
        Code::ResourceExhausted => Outcome::RateLimited { retry_after: pushback(headers) },
        Code::Cancelled => Outcome::Ignored,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => Outcome::Success,
    }
}

/// How long the service asks to wait. That it wants no other attempt at all is for retry to read.
fn pushback(headers: &HeaderMap) -> Option<Duration> {
    match Pushback::read(headers)? {
        Pushback::After(wait) => Some(wait),
        Pushback::Never => None,
    }
}
