use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
use tower_layer::Layer;
use tower_test::mock::{self, Mock};

use super::DeadlineLayer;
use crate::{
    deadline_value::Deadline,
    error::{BoxError, Reason, Refusal},
    meter::Meter,
    name::Name,
    time::tests::reads_of,
    timeout::TimeoutLayer,
};

const LIMIT: Duration = Duration::from_millis(100);
const NAME: Name = Name::from_static("deadline-test");

type Request = http::Request<u32>;

type Spawned = mock::Spawn<super::DeadlineService<Mock<Request, u32>>>;

fn spawn() -> (Spawned, mock::Handle<Request, u32>) {
    mock::spawn_layer(DeadlineLayer::new(NAME, LIMIT))
}

fn reason(error: &crate::BoxError) -> Option<Reason> {
    error.as_rejected().map(crate::Rejected::reason)
}

#[tokio::test(start_paused = true)]
async fn the_request_carries_the_deadline_and_is_held_to_it() {
    let (mut service, mut inner) = spawn();
    assert_ready_ok!(service.poll_ready());
    let start = Instant::now();
    let mut call = task::spawn(service.call(Request::new(1)));
    let (request, _send) = inner.next_request().await.expect("sent");
    assert_eq!(Deadline::of(&request), Some(Deadline::at(start + LIMIT)));

    assert_pending!(call.poll());
    advance(Duration::from_millis(99)).await;
    assert_pending!(call.poll(), "1 ms is left");
    advance(Duration::from_millis(1)).await;
    assert_eq!(reason(&assert_ready_err!(call.poll())), Some(Reason::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_never_moves_out() {
    let (mut service, mut inner) = spawn();
    assert_ready_ok!(service.poll_ready());
    let soon = Deadline::at(Instant::now() + Duration::from_millis(10));
    let mut request = Request::new(1);
    soon.shrink(&mut request);
    let _call = task::spawn(service.call(request));
    let (request, _send) = inner.next_request().await.expect("sent");
    assert_eq!(Deadline::of(&request), Some(soon));
}

#[tokio::test(start_paused = true)]
async fn an_expired_request_is_refused_before_any_work() {
    let (mut service, mut inner) = spawn();
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut request = Request::new(1);
    Deadline::at(Instant::now()).shrink(&mut request);
    let mut call = task::spawn(service.call(request));
    assert_eq!(reason(&assert_ready_err!(call.poll())), Some(Reason::DeadlineExpired));
    assert_pending!(task::spawn(inner.next_request()).poll(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_response_ready_at_the_deadline_wins() {
    let (mut service, mut inner) = spawn();
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(Request::new(1)));
    let (_request, send) = inner.next_request().await.expect("sent");
    assert_pending!(call.poll());
    advance(LIMIT).await;
    send.send_response(5);
    assert_eq!(assert_ready_ok!(call.poll()), 5);
}

#[tokio::test(start_paused = true)]
async fn the_limit_counts_from_the_call_not_from_the_first_poll() {
    let (mut service, _inner) = spawn();
    assert_ready_ok!(service.poll_ready());
    let call = service.call(Request::new(1));
    advance(LIMIT).await;
    let error = assert_ready_err!(task::spawn(call).poll());
    assert_eq!(reason(&error), Some(Reason::DeadlineExceeded), "it was sent");
}

/// Outside of a runtime, where a timer cannot be armed without a panic.
#[test]
fn an_answer_that_is_ready_at_once_reads_the_clock_once_and_arms_no_timer() {
    let at_once = service_fn(|_: Request| std::future::ready(Ok::<_, BoxError>(7)));
    let mut service = DeadlineLayer::new(NAME, LIMIT).layer(at_once);
    let reads = reads_of(|| {
        assert_eq!(assert_ready_ok!(task::spawn(service.call(Request::new(1))).poll()), 7);
    });
    assert_eq!(reads, 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_comes_through_unchanged() {
    let (mut service, mut inner) = spawn();
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(Request::new(1)));
    let (_request, send) = inner.next_request().await.expect("sent");
    send.send_error(std::io::Error::other("disk"));
    let error = assert_ready_err!(call.poll());
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[tokio::test(start_paused = true)]
async fn of_two_layers_the_nearer_deadline_holds() {
    for (outer, inner) in [(LIMIT, 2 * LIMIT), (2 * LIMIT, LIMIT)] {
        let start = Instant::now();
        let told = service_fn(async |request: Request| {
            Ok::<_, BoxError>(Deadline::of(&request).map(Deadline::instant))
        });
        let service =
            DeadlineLayer::new(NAME, outer).layer(DeadlineLayer::new(NAME, inner).layer(told));
        assert_eq!(service.oneshot(Request::new(1)).await.unwrap(), Some(start + LIMIT));
    }
}

/// A service that works on one request at a time, and queues the others in its calls.
fn queue(work: Duration) -> impl Service<Request, Response = (), Error = BoxError> + Clone {
    let worker = service_fn(move |_: Request| async move {
        tokio::time::sleep(work).await;
        Ok::<_, BoxError>(())
    });
    let worker = ConcurrencyLimit::new(worker, 1);
    service_fn(move |request| worker.clone().oneshot(request))
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_a_queue_inside_counts_and_work_that_expires_in_it_never_starts() {
    let inside = TimeoutLayer::new(NAME, Duration::from_hours(1));
    let service = DeadlineLayer::new(NAME, LIMIT).layer(queue(Duration::from_millis(60)));
    let mut first = task::spawn(service.clone().oneshot(Request::new(1)));
    let mut second = task::spawn(service.oneshot(Request::new(2)));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    advance(Duration::from_millis(60)).await;
    assert_ready_ok!(first.poll());
    assert_pending!(second.poll(), "its turn");
    advance(Duration::from_millis(40)).await;
    assert_eq!(reason(&assert_ready_err!(second.poll())), Some(Reason::DeadlineExceeded));

    // A layer behind the queue asks again, whatever the time when the request came in.
    let mut request = Request::new(3);
    Deadline::at(Instant::now() + LIMIT).shrink(&mut request);
    let (mut worker, mut sent) = mock::spawn_layer::<Request, u32, _>(inside);
    sent.allow(0);
    assert_pending!(worker.poll_ready(), "it queues here");
    advance(LIMIT).await;
    sent.allow(1);
    assert_ready_ok!(worker.poll_ready());
    let error = assert_ready_err!(task::spawn(worker.call(request)).poll());
    assert_eq!(reason(&error), Some(Reason::DeadlineExpired));
    assert_pending!(task::spawn(sent.next_request()).poll(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_readiness_counts_against_a_deadline_that_the_request_brings() {
    let (mut service, mut inner) = spawn();
    let mut request = Request::new(1);
    Deadline::at(Instant::now() + LIMIT).shrink(&mut request);
    inner.allow(0);
    assert_pending!(service.poll_ready());
    advance(LIMIT).await;
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let error = assert_ready_err!(task::spawn(service.call(request)).poll());
    assert_eq!(reason(&error), Some(Reason::DeadlineExpired));
}

#[tokio::test(start_paused = true)]
async fn an_expired_request_gives_back_what_was_reserved_for_it() {
    let answer = service_fn(|_: Request| async { Ok::<_, BoxError>(()) });
    let mut service = DeadlineLayer::new(NAME, LIMIT).layer(ConcurrencyLimit::new(answer, 1));
    let mut other = service.clone();
    let mut request = Request::new(1);
    Deadline::at(Instant::now()).shrink(&mut request);
    let refused = service.ready().await.unwrap().call(request);
    assert!(task::spawn(other.ready()).poll().is_ready(), "while the refused call is kept");
    assert!(refused.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_ran_is_dropped_at_the_deadline_though_the_call_is_kept() {
    let held = Arc::new(());
    let watch = Arc::downgrade(&held);
    let mut service = DeadlineLayer::new(NAME, LIMIT).layer(service_fn(move |_: Request| {
        let held = Arc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok::<_, BoxError>(())
        }
    }));
    let mut call = task::spawn(service.call(Request::new(1)));
    assert_pending!(call.poll());
    assert_eq!(watch.strong_count(), 2);
    advance(LIMIT).await;
    assert!(call.is_woken());
    assert_ready_err!(call.poll());
    assert_eq!(watch.strong_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_request_ends_in_one_outcome() {
    let name = Name::from_static("deadline-outcomes");
    let meter = Meter::of(&super::future::KIND, name);
    let totals = || (0..4).map(|outcome| meter.total(outcome)).collect::<Vec<_>>();
    let mut service =
        DeadlineLayer::new(name, LIMIT).layer(service_fn(|request: Request| async move {
            if *request.body() == 0 { std::future::pending().await } else { Ok::<_, BoxError>(()) }
        }));
    service.call(Request::new(1)).await.unwrap();
    assert_eq!(totals(), [1, 0, 0, 0], "answered");
    service.call(Request::new(0)).await.unwrap_err();
    assert_eq!(totals(), [1, 1, 0, 0], "exceeded");
    let mut request = Request::new(1);
    Deadline::at(Instant::now()).shrink(&mut request);
    service.call(request).await.unwrap_err();
    assert_eq!(totals(), [1, 1, 1, 0], "expired");
    drop(service.call(Request::new(1)));
    assert_eq!(totals(), [1, 1, 1, 1], "cancelled");
}
