use std::{convert::Infallible, time::Duration};

use http::{Request, Response, StatusCode};
use tokio::time::Instant;
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

use super::RespondLayer;
use crate::{
    error::{Error, Reason, Rejected},
    name::Name,
};

const NAME: Name = Name::from_static("respond-test");

async fn respond(result: Result<Response<String>, Error<Infallible>>) -> Response<String> {
    let inner = service_fn(move |_: Request<()>| std::future::ready(result.clone()));
    match RespondLayer.layer(inner).oneshot(Request::new(())).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn rejected(reason: Reason) -> Response<String> {
    respond(Err(Error::Rejected(Rejected::new(NAME, reason)))).await
}

fn header<'a>(response: &'a Response<String>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn each_reason_has_its_status_and_a_body_that_names_it() {
    for (reason, status) in [
        (Reason::CircuitOpen, 503),
        (Reason::ProbesTaken, 503),
        (Reason::TimedOut, 504),
        (Reason::DeadlineExceeded, 504),
        (Reason::DeadlineExpired, 504),
        (Reason::InjectedError { status: 418 }, 418),
        (Reason::InjectedGrpc { code: 5 }, 404),
        (Reason::InjectedGrpc { code: 8 }, 429),
        (Reason::InjectedGrpc { code: 14 }, 503),
        (Reason::InjectedGrpc { code: 99 }, 500),
        (Reason::InjectedAbort, 500),
    ] {
        let response = rejected(reason).await;
        assert_eq!(response.status().as_u16(), status, "{reason:?}");
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        let body: serde_json::Value = serde_json::from_str(response.body()).unwrap();
        assert_eq!(body["reason"], reason.as_str());
        assert_eq!(body["status"], status);
        assert_eq!(header(&response, "x-refused-by").is_some(), reason.is_unsent());
        assert!(!response.body().contains(NAME.as_str()), "a caller learns nothing of the inside");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_rounded_up_to_a_whole_second() {
    for (left_ms, seconds) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2")] {
        let at = Instant::now() + Duration::from_millis(left_ms);
        let rejected = Rejected::new(NAME, Reason::CircuitOpen).with_retry_at(at);
        let response = respond(Err(Error::Rejected(rejected))).await;
        assert_eq!(header(&response, "retry-after"), Some(seconds), "{left_ms} ms");
    }
    let response = rejected(Reason::CircuitOpen).await;
    assert_eq!(header(&response, "retry-after"), None, "nothing is made up");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_fault_made_says_so_and_no_other_does() {
    let told = async |reason| {
        let response = rejected(reason).await;
        let header = |name| header(&response, name).map(str::to_owned);
        (header("x-fault-injected"), header("connection"))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(told(Reason::InjectedError { status: 503 }).await, (some("error"), None));
    assert_eq!(told(Reason::InjectedGrpc { code: 14 }).await, (some("error"), None));
    assert_eq!(told(Reason::InjectedAbort).await, (some("abort"), some("close")));
    for reason in [Reason::CircuitOpen, Reason::TimedOut, Reason::DeadlineExpired] {
        assert_eq!(told(reason).await, (None, None), "{reason:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_service_comes_back_with_its_own_type() {
    let broken = service_fn(|_: Request<()>| {
        let error: Error<std::num::TryFromIntError> = Error::Inner(u8::try_from(256).unwrap_err());
        std::future::ready(Err::<Response<String>, _>(error))
    });
    let error: std::num::TryFromIntError =
        RespondLayer.layer(broken).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(Err(error), u8::try_from(256));
}

#[tokio::test]
async fn a_clone_knows_nothing_of_a_rejection_that_came_instead_of_readiness() {
    let mut service = RespondLayer.layer(Unready);
    service.ready().await.unwrap();
    let mut clone = service.clone();
    assert!(tokio_test::task::spawn(clone.call(Request::new(()))).poll().is_pending());
    assert_eq!(service.call(Request::new(())).await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_response_of_the_service_comes_through_unchanged() {
    let mut answer = Response::new("teapot".to_owned());
    *answer.status_mut() = StatusCode::IM_A_TEAPOT;
    let response = respond(Ok(answer)).await;
    assert_eq!((response.status(), &**response.body()), (StatusCode::IM_A_TEAPOT, "teapot"));
}

#[derive(Clone)]
struct Unready;

impl Service<Request<()>> for Unready {
    type Response = Response<String>;
    type Error = Error<Infallible>;
    type Future = std::future::Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        let rejected = Rejected::new(NAME, Reason::CircuitOpen);
        std::task::Poll::Ready(Err(Error::Rejected(rejected)))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::pending()
    }
}

#[tokio::test]
async fn a_rejection_instead_of_readiness_is_answered_too() {
    let service = RespondLayer.layer(Unready);
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// Rejects instead of being ready, once, and is ready from then on.
struct LateReady {
    is_ready: bool,
}

impl Service<Request<()>> for LateReady {
    type Response = Response<String>;
    type Error = Error<Infallible>;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        let rejected = Rejected::new(NAME, Reason::CircuitOpen);
        let was_ready = std::mem::replace(&mut self.is_ready, true);
        std::task::Poll::Ready(if was_ready { Ok(()) } else { Err(Error::Rejected(rejected)) })
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::new("served".into())))
    }
}

#[tokio::test]
async fn a_rejection_is_forgotten_when_the_service_is_ready_after_all() {
    let mut service = RespondLayer.layer(LateReady { is_ready: false });
    assert!(service.ready().await.is_ok(), "the rejection is kept for the call");
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(response.body(), "served");
}
