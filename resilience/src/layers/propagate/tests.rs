use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, advance};
use tokio_test::{assert_ready_ok, task};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;

use super::{Config, PropagateLayer, onward::onward};
use crate::{
    carry::{Carried, Carry},
    criticality::Criticality,
    deadline::DeadlineLayer,
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal, Rejected},
    event::{Event, Listener},
    http::{OutboundHeaders, TimeoutHeader},
    meter::Meter,
    name::Name,
    retry::{Backoff, Config as RetryConfig, Jitter, RetryLayer},
    time::tests::reads_of,
};

const NAME: Name = Name::from_static("propagate-test");
const MARGIN: Duration = Duration::from_millis(10);
const TICK: Duration = Duration::from_nanos(1);

type Request = http::Request<()>;

fn due(left: Duration) -> Request {
    let mut request = Request::new(());
    Deadline::at(Instant::now() + left).shrink(&mut request);
    request
}

/// What arrives at the service in the header `name`, or why nothing does.
async fn told(
    layer: PropagateLayer<OutboundHeaders>,
    request: Request,
    name: &'static str,
) -> Result<Option<String>, Option<Reason>> {
    let service = layer.layer(service_fn(|request: Request| {
        let value = request.headers().get(name);
        ready(Ok::<_, BoxError>(value.map(|value| value.to_str().unwrap().to_owned())))
    }));
    service.oneshot(request).await.map_err(|error| error.as_rejected().map(Rejected::reason))
}

fn http() -> PropagateLayer<OutboundHeaders> {
    PropagateLayer::http(NAME, Config::default())
}

#[test]
fn what_is_sent_on_is_what_remains_less_the_margin() {
    let now = Instant::now();
    let left = |remaining| onward(Deadline::at(now + remaining), now, MARGIN);
    let least = Duration::from_millis(1);
    assert_eq!(left(Duration::from_secs(1)), Some(Duration::from_millis(990)));
    assert_eq!(left(MARGIN + least), Some(least));
    let short = (MARGIN + least).checked_sub(TICK).unwrap();
    assert_eq!(left(short), None, "a header in milliseconds would say zero");
    assert_eq!(left(MARGIN), None);
    assert_eq!(left(Duration::ZERO), None);
    assert_eq!(onward(Deadline::at(now), now + TICK, Duration::ZERO), None, "it has passed");
    assert_eq!(onward(Deadline::at(now + least), now, Duration::ZERO), Some(least));
}

#[tokio::test(start_paused = true)]
async fn the_time_goes_into_the_header_that_was_chosen() {
    let request = || due(Duration::from_micros(1_010_999));
    let millis = told(http(), request(), "x-request-timeout-ms").await;
    assert_eq!(millis, Ok(Some("1000".into())), "rounded down");
    let grpc = PropagateLayer::grpc(NAME, Config::default());
    assert_eq!(told(grpc, request(), "grpc-timeout").await, Ok(Some("1000999u".into())));
    let envoy = OutboundHeaders::new(TimeoutHeader::Envoy);
    let envoy = PropagateLayer::with_outbound(NAME, Config::default(), envoy);
    let envoy = told(envoy, request(), "x-envoy-expected-rq-timeout-ms").await;
    assert_eq!(envoy, Ok(Some("1000".into())));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_deadline_says_nothing_of_time() {
    assert_eq!(told(http(), Request::new(()), "x-request-timeout-ms").await, Ok(None));
    let request = Request::post("/").header("x-request-timeout-ms", "70").body(()).unwrap();
    let asked = told(http(), request, "x-request-timeout-ms").await;
    assert_eq!(asked, Ok(Some("70".into())), "what its maker wrote stays");
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_time_the_margin_uses_up_is_refused_before_it_is_sent() {
    let just = MARGIN + Duration::from_millis(1);
    let sent = told(http(), due(just), "x-request-timeout-ms").await;
    assert_eq!(sent, Ok(Some("1".into())));
    let short = just.checked_sub(TICK).unwrap();
    for left in [short, MARGIN, TICK, Duration::ZERO] {
        let refused = told(http(), due(left), "x-request-timeout-ms").await;
        assert_eq!(refused, Err(Some(Reason::DeadlineExpired)), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_margin_of_ones_own_holds() {
    for (margin, left_ms) in [(Duration::ZERO, "50"), (Duration::from_millis(49), "1")] {
        let config = Config::builder().margin(margin).build().unwrap();
        let layer = PropagateLayer::http(NAME, config);
        let told = told(layer, due(Duration::from_millis(50)), "x-request-timeout-ms").await;
        assert_eq!(told, Ok(Some(left_ms.into())), "{margin:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_says_what_it_has_left_and_keeps_its_class() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let backoff = Backoff::fixed(Duration::from_millis(50)).jitter(Jitter::None).build().unwrap();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(NAME, Duration::from_millis(500)))
        .layer(RetryLayer::new(NAME, RetryConfig::builder().backoff(backoff).build().unwrap()))
        .layer(http())
        .service(service_fn(move |request: Request| {
            let headers = request.headers();
            let told = ["x-request-timeout-ms", "x-request-criticality"]
                .map(|name| headers[name].to_str().unwrap().to_owned());
            record.lock().unwrap().push(told);
            async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err::<(), _>(BoxError::from("down"))
            }
        }));
    let mut request = Request::new(());
    let criticality = Criticality::SheddablePlus;
    request.set_carried(Carried { criticality, ..Carried::default() });
    service.oneshot(request).await.unwrap_err();
    let expected = ["490", "340", "190"].map(|left| [left, "sheddable_plus"].map(String::from));
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_time_that_the_request_asks_for_stays() {
    let mut request = due(Duration::from_secs(1));
    request.headers_mut().insert("x-request-timeout-ms", "70".parse().unwrap());
    let told = told(http(), request, "x-request-timeout-ms").await;
    assert_eq!(told, Ok(Some("70".into())));
}

#[tokio::test(start_paused = true)]
async fn the_class_is_told_without_a_deadline_too() {
    let mut request = Request::new(());
    let criticality = Criticality::Sheddable;
    request.set_carried(Carried { criticality, ..Carried::default() });
    let told = told(http(), request, "x-request-criticality").await;
    assert_eq!(told, Ok(Some("sheddable".into())));
}

/// A service that asks another one, which looks at the time that it is given.
#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_caller_reaches_through_a_service_to_the_one_behind_it() {
    let behind = DeadlineLayer::http(NAME, Duration::from_mins(1)).layer(service_fn(
        async |request: Request| Ok::<_, BoxError>(request.carried().deadline.unwrap()),
    ));
    let client = http().layer(behind);
    let server = DeadlineLayer::http(NAME, Duration::from_secs(30)).layer(service_fn(
        move |request: Request| {
            let client = client.clone();
            async move {
                advance(Duration::from_millis(100)).await;
                let mut onward = Request::new(());
                onward.set_carried(request.carried());
                client.oneshot(onward).await
            }
        },
    ));
    let start = Instant::now();
    let request = Request::post("/").header("x-request-timeout-ms", "400").body(()).unwrap();
    let deadline = server.oneshot(request).await.unwrap();
    assert_eq!(deadline, start + Duration::from_millis(400) - MARGIN);
}

#[tokio::test(start_paused = true)]
async fn each_request_is_counted_once_and_a_refusal_is_an_event() {
    let name = Name::from_static("propagate-outcomes");
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let layer = PropagateLayer::http(name, Config::default())
        .on_event(Listener::new(move |event| seen.lock().unwrap().push(event.clone())));
    let meter = Meter::of(&super::service::KIND, name);
    let totals = || [meter.total(0), meter.total(1)];
    told(layer.clone(), Request::new(()), "host").await.unwrap();
    assert_eq!(totals(), [1, 0], "sent");
    assert_eq!(*events.lock().unwrap(), []);
    told(layer, due(MARGIN), "host").await.unwrap_err();
    assert_eq!(totals(), [1, 1], "refused");
    let refused = Event::TimedOut { name, reason: Reason::DeadlineExpired };
    assert_eq!(*events.lock().unwrap(), [refused]);
}

#[test]
fn the_clock_is_read_once_and_only_where_there_is_a_deadline() {
    let mut service = http().layer(service_fn(|_: Request| ready(Ok::<_, BoxError>(()))));
    let mut reads =
        |request| reads_of(|| assert_ready_ok!(task::spawn(service.call(request)).poll()));
    assert_eq!(reads(Request::new(())), 0);
    assert_eq!(reads(due(Duration::from_secs(1))), 1);
}
