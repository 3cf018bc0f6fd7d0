//! What a caller says in headers of the time that it gives.

use std::time::Duration;

use tokio::time::Instant;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;
use tower_test::mock;

use super::DeadlineLayer;
use crate::{
    carry::{Carried, Carry},
    criticality::Criticality,
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal, Rejected},
    http::{InboundHeaders, TimeoutHeader},
    name::Name,
    time::tests::reads_of,
};

const LIMIT: Duration = Duration::from_millis(100);
const NAME: Name = Name::from_static("inbound-test");

type Request = http::Request<()>;

fn request(pairs: &[(&str, &str)]) -> Request {
    let builder = pairs
        .iter()
        .fold(Request::post("/"), |request, (name, value)| request.header(*name, *value));
    builder.body(()).expect("well formed")
}

/// What `request` carries when it has come through `layer`.
async fn carried<I>(layer: DeadlineLayer<I>, request: Request) -> Result<Carried, BoxError>
where
    I: super::Inbound<Request> + Clone,
{
    let told = service_fn(async |request: Request| Ok::<_, BoxError>(request.carried()));
    layer.layer(told).oneshot(request).await
}

fn reason(error: &BoxError) -> Option<Reason> {
    error.as_rejected().map(Rejected::reason)
}

#[tokio::test(start_paused = true)]
async fn the_shorter_of_the_limit_and_the_header_wins() {
    for (value, millis) in [
        ("1", 1),
        ("99", 99),
        ("100", 100),
        ("101", 100),
        ("99999999999999999999999999", 100),
        ("soon", 100),
        ("-1", 100),
        ("", 100),
    ] {
        let start = Instant::now();
        let request = request(&[("x-request-timeout-ms", value)]);
        let carried = carried(DeadlineLayer::http(NAME, LIMIT), request).await.unwrap();
        assert_eq!(carried.deadline, Some(start + Duration::from_millis(millis)), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_held_to_the_time_that_its_header_gives() {
    let layer = DeadlineLayer::http(NAME, LIMIT);
    let (mut service, mut inner) = mock::spawn_layer::<Request, (), _>(layer);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(request(&[("grpc-timeout", "30m")])));
    let (_request, _send) = inner.next_request().await.expect("sent");
    assert_pending!(call.poll());
    tokio::time::advance(Duration::from_millis(29)).await;
    assert_pending!(call.poll(), "1 ms is left");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(reason(&assert_ready_err!(call.poll())), Some(Reason::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn a_request_for_which_nobody_waits_is_refused_before_any_work() {
    for header in [("grpc-timeout", "0S"), ("x-request-timeout-ms", "0")] {
        let layer = DeadlineLayer::http(NAME, LIMIT);
        let (mut service, mut inner) = mock::spawn_layer::<Request, (), _>(layer);
        inner.allow(1);
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call(request(&[header])));
        assert_eq!(reason(&assert_ready_err!(call.poll())), Some(Reason::DeadlineExpired));
        assert_pending!(task::spawn(inner.next_request()).poll(), "{header:?} was sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_the_request_carries_is_not_moved_out_by_a_header() {
    let soon = Instant::now() + Duration::from_millis(5);
    let mut request = request(&[("x-request-timeout-ms", "50")]);
    Deadline::at(soon).shrink(&mut request);
    let carried = carried(DeadlineLayer::http(NAME, LIMIT), request).await.unwrap();
    assert_eq!(carried.deadline, Some(soon));
}

#[tokio::test(start_paused = true)]
async fn headers_are_read_where_that_was_asked_for() {
    let start = Instant::now();
    let both = || request(&[("x-request-timeout-ms", "7"), ("grpc-timeout", "9m")]);
    let plain = carried(DeadlineLayer::new(NAME, LIMIT), both()).await.unwrap();
    assert_eq!(plain.deadline, Some(start + LIMIT));
    let inbound = InboundHeaders::default().timeouts([TimeoutHeader::Grpc]);
    let one = DeadlineLayer::with_inbound(NAME, LIMIT, inbound);
    let one = carried(one, both()).await.unwrap();
    assert_eq!(one.deadline, Some(start + Duration::from_millis(9)));
}

#[tokio::test(start_paused = true)]
async fn the_request_carries_the_class_that_its_header_names() {
    for (value, class) in [
        ("sheddable", Criticality::Sheddable),
        ("CRITICAL_PLUS", Criticality::CriticalPlus),
        ("urgent", Criticality::Critical),
    ] {
        let request = request(&[("x-request-criticality", value)]);
        let carried = carried(DeadlineLayer::http(NAME, LIMIT), request).await.unwrap();
        assert_eq!(carried.criticality, class, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_class_that_the_request_carries_stays_where_no_header_names_one() {
    for layer in [
        DeadlineLayer::http(NAME, LIMIT),
        DeadlineLayer::with_inbound(NAME, LIMIT, InboundHeaders::default().without_criticality()),
    ] {
        let mut request = request(&[]);
        let class = Criticality::SheddablePlus;
        request.set_carried(Carried { criticality: class, ..Carried::default() });
        let carried = carried(layer, request).await.unwrap();
        assert_eq!(carried.criticality, class);
        assert!(carried.deadline.is_some());
    }
}

#[test]
fn a_header_costs_no_other_reading_of_the_clock() {
    let at_once = service_fn(|_: Request| std::future::ready(Ok::<_, BoxError>(7)));
    let mut service = DeadlineLayer::http(NAME, LIMIT).layer(at_once);
    let reads = reads_of(|| {
        let call = service.call(request(&[("grpc-timeout", "30m")]));
        assert_eq!(assert_ready_ok!(task::spawn(call).poll()), 7);
    });
    assert_eq!(reads, 1);
}
