use std::time::Duration;

use http::{HeaderValue, Response, header::CONTENT_TYPE};

use super::{answer::Answer, marks::mark};
use crate::{
    error::{HeaderMistake, Reason, Rejected},
    grpc::Code,
    http::PUSHBACK,
};

/// Answers as gRPC does: status 200, and the code in the headers of a response without a body.
///
/// | reason | code |
/// |---|---|
/// | circuit open, probes taken | 14, `UNAVAILABLE` |
/// | timed out, deadline exceeded or expired | 4, `DEADLINE_EXCEEDED` |
/// | injected error with status 429 | 8, `RESOURCE_EXHAUSTED` |
/// | any other injected error | the one that gRPC's table has for its status |
/// | injected code | that one |
/// | injected abort | 14, `UNAVAILABLE`: what a client makes of a broken connection |
///
/// `grpc-message` says so in words that name no policy. `grpc-retry-pushback-ms` is set when the
/// time is known, in milliseconds, rounded up. `x-refused-by` and `x-fault-injected` are as in
/// the [problem document](super).
///
/// # Examples
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use http::{Request, Response};
/// use resilience::{
///     Name, deadline::DeadlineLayer, grpc::Code, lift::LiftLayer, respond::RespondLayer,
/// };
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), http::Error> {
/// let server = ServiceBuilder::new()
///     .layer(RespondLayer::grpc())
///     .layer(DeadlineLayer::http(Name::from_static("stock"), Duration::from_secs(30)))
///     .layer(LiftLayer)
///     .service(service_fn(async |_: Request<()>| {
///         std::future::pending::<Result<Response<String>, Infallible>>().await
///     }));
///
/// let request = Request::post("/Stock/Count").header("grpc-timeout", "100m").body(())?;
/// let Ok(response) = server.oneshot(request).await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(Code::read(response.headers()), Some(Code::DeadlineExceeded));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcAnswer;

impl<B: Default> Answer<B> for GrpcAnswer {
    fn answer(&self, rejected: &Rejected) -> Response<B> {
        let reason = rejected.reason();
        let (code, message) = describe(reason);
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(code.as_str()));
        headers.insert("grpc-message", HeaderValue::from_static(message));
        if let Some(wait) = rejected.retry_after() {
            headers.insert(PUSHBACK, HeaderValue::from(whole_millis(wait)));
        }
        mark(headers, reason);
        response
    }
}

/// The messages need no percent-encoding: they are printable, and without a percent sign.
fn describe(reason: Reason) -> (Code, &'static str) {
    match reason {
        Reason::CircuitOpen | Reason::ProbesTaken => {
            (Code::Unavailable, "a service behind this one is not answering")
        }
        Reason::TimedOut => (Code::DeadlineExceeded, "the answer took too long"),
        Reason::DeadlineExceeded | Reason::DeadlineExpired => {
            (Code::DeadlineExceeded, "the deadline of the request has passed")
        }
        Reason::InjectedError { status } => (of_status(status), "an error was injected on purpose"),
        Reason::InjectedGrpc { code } => {
            (Code::of_number(code), "an error was injected on purpose")
        }
        Reason::InjectedAbort => (Code::Unavailable, "an abort was injected on purpose"),
        Reason::FaultHeader { mistake: HeaderMistake::Forged | HeaderMistake::Expired } => {
            (Code::PermissionDenied, "the header x-fault-plan is not signed, or has expired")
        }
        Reason::FaultHeader { mistake: HeaderMistake::Crowded } => {
            (Code::ResourceExhausted, "as many calls as allowed are under such faults")
        }
        Reason::FaultHeader { .. } => {
            (Code::InvalidArgument, "the header x-fault-plan says nothing that can be done")
        }
    }
}

/// The code of an answer by HTTP status, as gRPC's clients read one that no service made.
///
/// They take a 429 for `UNAVAILABLE`. Here it means that the service is up and asks for fewer
/// calls, as it does to `HttpClassifier`.
const fn of_status(status: u16) -> Code {
    match status {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 => Code::ResourceExhausted,
        502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// Rounded up, so that a caller who waits as told does not come too early; at most what gRPC's
/// clients can read.
fn whole_millis(wait: Duration) -> i32 {
    let millis = wait.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis).unwrap_or(i32::MAX)
}
