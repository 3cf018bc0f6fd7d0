use std::{convert::Infallible, future::ready, time::Duration};

use http::{Request, Response, StatusCode};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use super::RespondLayer;
use crate::{
    classify::Classify,
    error::{BoxError, Error, Reason, Rejected},
    grpc::GrpcClassifier,
    http::HttpClassifier,
    name::Name,
};

const NAME: Name = Name::from_static("grpc-respond-test");

async fn respond(rejected: Rejected) -> Response<String> {
    let inner = service_fn(move |_: Request<()>| {
        ready(Err::<Response<String>, _>(Error::<Infallible>::Rejected(rejected.clone())))
    });
    let Ok(response) = RespondLayer::grpc().layer(inner).oneshot(Request::new(())).await;
    response
}

fn header<'a>(response: &'a Response<String>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn each_reason_has_its_code_in_the_headers_of_an_answer_without_a_body() {
    for (reason, code) in [
        (Reason::CircuitOpen, "14"),
        (Reason::ProbesTaken, "14"),
        (Reason::TimedOut, "4"),
        (Reason::DeadlineExceeded, "4"),
        (Reason::DeadlineExpired, "4"),
        (Reason::InjectedError { status: 400 }, "13"),
        (Reason::InjectedError { status: 401 }, "16"),
        (Reason::InjectedError { status: 403 }, "7"),
        (Reason::InjectedError { status: 404 }, "12"),
        (Reason::InjectedError { status: 429 }, "8"),
        (Reason::InjectedError { status: 500 }, "2"),
        (Reason::InjectedError { status: 503 }, "14"),
        (Reason::InjectedGrpc { code: 1 }, "1"),
        (Reason::InjectedGrpc { code: 16 }, "16"),
        (Reason::InjectedGrpc { code: 17 }, "2"),
        (Reason::InjectedAbort, "14"),
    ] {
        let response = respond(Rejected::new(NAME, reason)).await;
        assert_eq!(response.status(), StatusCode::OK, "{reason:?}");
        assert_eq!(header(&response, "grpc-status"), Some(code), "{reason:?}");
        assert_eq!(header(&response, "content-type"), Some("application/grpc"));
        assert_eq!(response.body(), "");
        assert_eq!(header(&response, "x-refused-by").is_some(), reason.is_unsent());
        assert_eq!(header(&response, "connection"), None, "HTTP/2 forbids it");
        let message = header(&response, "grpc-message").expect("it says why");
        assert!(!message.contains(NAME.as_str()), "a caller learns nothing of the inside");
        let plain = |byte: u8| byte != b'%' && (b' '..=b'~').contains(&byte);
        assert!(message.bytes().all(plain), "to be percent-encoded: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_pushback_is_rounded_up_to_a_millisecond_and_no_more_than_clients_read() {
    for (left, millis) in [
        (Duration::ZERO, "0"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_millis(250), "250"),
        (Duration::from_micros(250_001), "251"),
        (Duration::from_hours(24 * 365), "2147483647"),
    ] {
        let at = Instant::now() + left;
        let response = respond(Rejected::new(NAME, Reason::CircuitOpen).with_retry_at(at)).await;
        assert_eq!(header(&response, "grpc-retry-pushback-ms"), Some(millis), "{left:?}");
    }
    let response = respond(Rejected::new(NAME, Reason::CircuitOpen)).await;
    assert_eq!(header(&response, "grpc-retry-pushback-ms"), None, "nothing is made up");
}

#[tokio::test(start_paused = true)]
async fn an_injected_status_counts_for_a_grpc_client_as_it_does_over_http() {
    for status in [401, 403, 404, 429, 500, 502, 503, 504, 599] {
        let rejected = Rejected::new(NAME, Reason::InjectedError { status });
        let told = respond(rejected.clone()).await;
        let over_grpc = GrpcClassifier.classify(Ok::<_, &BoxError>(&told));
        let plain: BoxError = rejected.into();
        let over_http = HttpClassifier.classify(Err::<&Response<()>, _>(&plain));
        assert_eq!(over_grpc, over_http, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_fault_made_says_so() {
    for (reason, fault) in [
        (Reason::InjectedError { status: 503 }, Some("error")),
        (Reason::InjectedGrpc { code: 14 }, Some("error")),
        (Reason::InjectedAbort, Some("abort")),
        (Reason::CircuitOpen, None),
    ] {
        let response = respond(Rejected::new(NAME, reason)).await;
        assert_eq!(header(&response, "x-fault-injected"), fault, "{reason:?}");
    }
}
