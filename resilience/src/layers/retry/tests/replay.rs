//! What may be sent again, when, and as what.

use std::{
    io::{self, ErrorKind},
    sync::{Arc, Mutex},
};

use http::{Method, Request, Response};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

use super::{NAME, config, gave_up};
use crate::{
    error::{BoxError, Reason, Refusal, Rejected},
    event::GaveUp,
    http::{HttpClassifier, Resend},
    retry::{HttpPolicy, Idempotency, Policy, Replay, RetryLayer, RetryRefusals},
};

/// Fails with these errors in turn, and then answers 200.
fn failing(
    kinds: &[ErrorKind],
) -> impl Service<Request<String>, Response = Response<()>, Error = BoxError, Future: Send> + Clone
{
    let left: Arc<Mutex<Vec<_>>> = Arc::new(Mutex::new(kinds.iter().rev().copied().collect()));
    service_fn(move |_| {
        let kind = left.lock().unwrap().pop();
        let failed = kind.map(|kind| BoxError::from(io::Error::from(kind)));
        std::future::ready(failed.map_or_else(|| Ok(Response::new(())), Err))
    })
}

fn request(method: &Method) -> Request<String> {
    Request::builder().method(method).body("body".into()).unwrap()
}

/// The attempts of a request that meets these errors, and why there were no more.
async fn attempts(
    policy: HttpPolicy,
    method: &Method,
    kinds: &[ErrorKind],
) -> (usize, Option<GaveUp>) {
    let counter = Arc::new(Mutex::new(0));
    let count = Arc::clone(&counter);
    let inner = tower::ServiceBuilder::new()
        .map_request(move |request| {
            *count.lock().unwrap() += 1;
            request
        })
        .service(failing(kinds));
    let (layer, seen) = gave_up(RetryLayer::with_policy(NAME, config(5, 1), policy));
    let result = layer.layer(inner).oneshot(request(method)).await;
    let reason = seen.lock().unwrap().first().map(|seen| seen.0);
    assert_eq!(result.is_err(), reason.is_some(), "the last outcome is the caller's");
    let made = *counter.lock().unwrap();
    (made, reason)
}

#[tokio::test(start_paused = true)]
async fn a_request_that_surely_never_left_is_sent_again_whatever_its_method() {
    use ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
    for idempotency in [Idempotency::MethodOrKey, Idempotency::SafeMethods] {
        let policy = HttpPolicy::new(HttpClassifier, idempotency);
        let run = async |method, kinds: &[_]| attempts(policy, method, kinds).await;
        assert_eq!(run(&Method::POST, &[ConnectionRefused; 2]).await, (3, None));
        let not_twice = Some(GaveUp::NotReplayable);
        assert_eq!(run(&Method::POST, &[ConnectionReset]).await, (1, not_twice));
        assert_eq!(run(&Method::PATCH, &[BrokenPipe]).await, (1, not_twice));
        // Each attempt has to be unsent for the next one.
        let turns = [ConnectionRefused, ConnectionReset];
        assert_eq!(run(&Method::POST, &turns).await, (2, not_twice));
        assert_eq!(run(&Method::GET, &turns).await, (3, None));
    }
    let all = HttpPolicy::new(HttpClassifier, Idempotency::All);
    assert_eq!(attempts(all, &Method::POST, &[ConnectionReset]).await, (2, None));
}

#[tokio::test(start_paused = true)]
async fn sending_again_what_never_left_can_be_switched_off_and_costs_no_copy_then() {
    let policy = <HttpPolicy>::default().without_unsent();
    let refused = [ErrorKind::ConnectionRefused];
    let not_twice = Some(GaveUp::NotReplayable);
    assert_eq!(attempts(policy, &Method::POST, &refused).await, (1, not_twice));
    assert_eq!(attempts(policy, &Method::GET, &refused).await, (2, None));
    let replay = |policy: &HttpPolicy, method| {
        let policy: &dyn Policy<_, Response<()>, BoxError> = policy;
        matches!(policy.replay(&request(&method)), Replay::Copy(_))
    };
    assert!(!replay(&policy, Method::POST) && replay(&policy, Method::GET));
    assert!(replay(&HttpPolicy::default(), Method::POST));
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_the_whole_request() {
    let mut sent = request(&Method::POST);
    *sent.uri_mut() = "http://users.example/7".parse().unwrap();
    *sent.version_mut() = http::Version::HTTP_2;
    sent.headers_mut().insert("etag", "e".parse().unwrap());
    sent.extensions_mut().insert(7_u8);
    let policy: &dyn Policy<_, Response<()>, BoxError> = &<HttpPolicy>::default();
    let Replay::Copy(copy) = policy.replay(&sent) else { panic!("it can be copied") };
    let parts = |request: &Request<String>| {
        let extension = request.extensions().get::<u8>().copied();
        let head = (request.method().clone(), request.uri().clone(), request.version());
        (head, request.headers().clone(), extension, request.body().clone())
    };
    assert_eq!(parts(&copy), parts(&sent));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_before_sending_is_retried_for_every_method_where_refusals_are() {
    let refuse = service_fn(async |_: Request<String>| {
        let rejected = Rejected::new(NAME, Reason::CircuitOpen);
        Err::<Response<()>, _>(BoxError::from_rejected(rejected))
    });
    let policy = RetryRefusals::new(<HttpPolicy>::default());
    let (layer, seen) = gave_up(RetryLayer::with_policy(NAME, config(3, 1), policy));
    layer.layer(refuse).oneshot(request(&Method::POST)).await.unwrap_err();
    assert_eq!(*seen.lock().unwrap(), [(GaveUp::Attempts, 3)]);
}

/// A body that can be sent but once.
struct Once;

impl Resend for Once {
    fn copy(&self) -> Option<Self> {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_copied_goes_through_once() {
    for status in [200, 503] {
        let answer = service_fn(move |_: Request<Once>| {
            let response = Response::builder().status(status).body(()).unwrap();
            std::future::ready(Ok::<_, BoxError>(response))
        });
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config(3, 1)));
        let response = layer.layer(answer).oneshot(Request::new(Once)).await.unwrap();
        assert_eq!(response.status(), status);
        let reasons: Vec<_> = seen.lock().unwrap().clone();
        let not_twice = vec![(GaveUp::NotReplayable, 1)];
        assert_eq!(reasons, if status == 503 { not_twice } else { vec![] });
    }
}

#[cfg(feature = "http-body")]
mod bodies {
    use std::task::Poll;

    use bytes::Bytes;
    use http_body::Body;
    use http_body_util::{BodyExt, Full};

    use super::*;
    use crate::http::ReplayBody;

    type Sent = ReplayBody<Full<Bytes>>;

    /// Keeps the bodies that it was sent, as a connection that goes on sending would.
    type Kept = Arc<Mutex<Vec<Sent>>>;

    /// Reads each body, answers 503 to the first and an echo to the next.
    async fn send(
        cap: usize,
        reads: bool,
        kept: Option<Kept>,
    ) -> (Response<Bytes>, Option<GaveUp>) {
        let calls = Arc::new(Mutex::new(0));
        let inner = service_fn(move |request: Request<Sent>| {
            let (calls, kept) = (Arc::clone(&calls), kept.clone());
            async move {
                *calls.lock().unwrap() += 1;
                let status = if *calls.lock().unwrap() == 1 { 503 } else { 200 };
                let mut body = request.into_body();
                let data = match (reads, status) {
                    (false, 503) => Bytes::new(),
                    _ => (&mut body).collect().await?.to_bytes(),
                };
                if let Some(kept) = kept {
                    kept.lock().unwrap().push(body);
                }
                Ok::<_, BoxError>(Response::builder().status(status).body(data)?)
            }
        });
        let (layer, seen) = gave_up(RetryLayer::http(NAME, config(3, 1)));
        let body = Full::from("hello");
        assert_eq!(body.size_hint().exact(), Some(5));
        let request = Request::new(ReplayBody::new(body, cap));
        let response = layer.layer(inner).oneshot(request).await.unwrap();
        let reason = seen.lock().unwrap().first().map(|seen| seen.0);
        (response, reason)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_was_read_is_sent_again_up_to_its_cap() {
        let (response, reason) = send(5, true, None).await;
        assert_eq!((response.status().as_u16(), reason), (200, None));
        assert_eq!(response.body(), "hello");

        let (response, reason) = send(4, true, None).await;
        assert_eq!((response.status().as_u16(), reason), (503, Some(GaveUp::NotReplayable)));
        assert_eq!(response.body(), "hello", "it went through once");
    }

    #[tokio::test(start_paused = true)]
    async fn an_early_answer_forbids_a_retry_only_while_the_body_is_still_held() {
        let (response, reason) = send(5, false, None).await;
        assert_eq!((response.status().as_u16(), reason), (200, None));
        assert_eq!(response.body(), "hello");

        let (response, reason) = send(5, false, Some(Kept::default())).await;
        assert_eq!((response.status().as_u16(), reason), (503, Some(GaveUp::NotReplayable)));

        let (response, reason) = send(5, true, Some(Kept::default())).await;
        assert_eq!((response.status().as_u16(), reason), (200, None), "it was read through");
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_attempt_holds_to_its_end_is_free_when_it_is_over() {
        let calls = Arc::new(Mutex::new(0));
        let inner = service_fn(move |request: Request<Sent>| {
            let (calls, body) = (Arc::clone(&calls), request.into_body());
            // The body lives as long as this future does, and not as long as it runs.
            std::future::poll_fn(move |_| {
                let _held = &body;
                *calls.lock().unwrap() += 1;
                let status = if *calls.lock().unwrap() == 1 { 503 } else { 200 };
                Poll::Ready(Ok::<_, BoxError>(Response::builder().status(status).body(())?))
            })
        });
        let request = Request::new(ReplayBody::new(Full::from("hello"), 5));
        let response = RetryLayer::http(NAME, config(2, 1)).layer(inner).oneshot(request);
        assert_eq!(response.await.unwrap().status(), 200);
    }
}
