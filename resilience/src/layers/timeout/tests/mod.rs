use std::time::Duration;

use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_test::{assert_request_eq, mock};

use super::{TimeoutLayer, limit::Limit};
use crate::{
    deadline_value::Deadline,
    error::{Reason, Refusal},
    name::Name,
    time::tests::reads_of,
};

const LIMIT: Duration = Duration::from_millis(100);
const NAME: Name = Name::from_static("timeout-test");

#[tokio::test(start_paused = true)]
async fn rejects_a_call_at_the_limit_and_not_before() {
    let layer = TimeoutLayer::new(NAME, LIMIT);
    let (mut service, mut inner) = mock::spawn_layer::<_, &str, _>(layer);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    let _unanswered = assert_request_eq!(inner, "ping");
    assert_pending!(call.poll());

    advance(Duration::from_millis(99)).await;
    assert_pending!(call.poll(), "1 ms is left");

    advance(Duration::from_millis(1)).await;
    assert!(call.is_woken());
    let error = assert_ready_err!(call.poll());
    let rejected = error.as_rejected().expect("the layer rejects with its own type");
    assert_eq!(rejected.reason(), Reason::TimedOut);
    assert_eq!(rejected.name(), NAME);
}

#[tokio::test(start_paused = true)]
async fn a_response_ready_at_the_limit_wins() {
    let (mut service, mut inner) = mock::spawn_layer(TimeoutLayer::new(NAME, LIMIT));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    let request = assert_request_eq!(inner, "ping");
    assert_pending!(call.poll());

    advance(LIMIT).await;
    request.send_response("pong");

    assert_eq!(assert_ready_ok!(call.poll()), "pong");
}

#[tokio::test(start_paused = true)]
async fn the_limit_counts_from_the_call_not_from_the_first_poll() {
    let (mut service, _inner) = mock::spawn_layer::<_, &str, _>(TimeoutLayer::new(NAME, LIMIT));
    assert_ready_ok!(service.poll_ready());
    let call = service.call("ping");
    advance(LIMIT).await;
    assert_ready_err!(task::spawn(call).poll());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_comes_through_unchanged() {
    let (mut service, mut inner) = mock::spawn_layer::<_, &str, _>(TimeoutLayer::new(NAME, LIMIT));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    assert_request_eq!(inner, "ping").send_error(std::io::Error::other("disk"));
    let error = assert_ready_err!(call.poll());
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn an_earlier_deadline_takes_the_place_of_the_limit() {
    let now = Instant::now();
    let limit = |deadline_ms| {
        let deadline = now + Duration::from_millis(deadline_ms);
        Limit::new(now, LIMIT, Some(Deadline::at(deadline)))
    };
    assert_eq!(limit(99).reason(), Reason::DeadlineExceeded);
    assert_eq!(limit(99).due(), now + Duration::from_millis(99));
    assert_eq!(limit(100).reason(), Reason::TimedOut);
    let endless = Limit::new(now, Duration::MAX, None);
    assert!(endless.due() > now + Duration::from_hours(24 * 365), "no overflow");
}

#[cfg(feature = "http")]
#[tokio::test(start_paused = true)]
async fn the_rejection_names_the_deadline_when_that_came_first() {
    let (mut service, mut inner) =
        mock::spawn_layer::<http::Request<u32>, (), _>(TimeoutLayer::new(NAME, LIMIT));
    assert_ready_ok!(service.poll_ready());
    let mut request = http::Request::new(1);
    let deadline = Some(Instant::now() + Duration::from_millis(40));
    let carried = crate::Carried { deadline, ..crate::Carried::default() };
    request.extensions_mut().insert(carried);
    let mut call = task::spawn(service.call(request));
    let _unanswered = inner.next_request().await;
    assert_pending!(call.poll());
    advance(Duration::from_millis(40)).await;
    let error = assert_ready_err!(call.poll());
    assert_eq!(
        error.as_rejected().map(crate::error::Rejected::reason),
        Some(Reason::DeadlineExceeded)
    );
}

/// Outside of a runtime, where a timer cannot be armed without a panic.
#[test]
fn an_answer_that_is_ready_at_once_reads_the_clock_once_and_arms_no_timer() {
    use tower::Service;
    use tower_layer::Layer;
    let at_once = tower::service_fn(|n: u32| std::future::ready(Ok::<_, crate::BoxError>(n)));
    let mut service = TimeoutLayer::new(NAME, LIMIT).layer(at_once);
    let reads = reads_of(|| {
        let mut call = task::spawn(service.call(7));
        assert_eq!(assert_ready_ok!(call.poll()), 7);
    });
    assert_eq!(reads, 1);
}

#[tokio::test(start_paused = true)]
async fn the_timer_is_armed_when_the_call_first_pends_for_what_is_left_then() {
    let (mut service, mut inner) = mock::spawn_layer::<_, &str, _>(TimeoutLayer::new(NAME, LIMIT));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    let _unanswered = assert_request_eq!(inner, "ping");
    advance(Duration::from_millis(60)).await;
    assert_pending!(call.poll());
    advance(Duration::from_millis(39)).await;
    assert_pending!(call.poll(), "1 ms is left");
    advance(Duration::from_millis(1)).await;
    assert_ready_err!(call.poll());
}

#[tokio::test]
async fn a_future_that_never_yields_to_the_runtime_is_ended_all_the_same() {
    use tower::ServiceExt;
    use tower_layer::Layer;
    let greedy = tower::service_fn(|(): ()| async {
        loop {
            tokio::task::coop::consume_budget().await;
        }
        #[expect(unreachable_code, reason = "tells the type")]
        Ok::<(), crate::BoxError>(())
    });
    let service = TimeoutLayer::new(NAME, Duration::from_millis(20)).layer(greedy);
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(error.as_rejected().map(crate::Rejected::reason), Some(Reason::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn what_ran_is_dropped_at_the_limit_though_the_call_is_kept() {
    use std::sync::Arc;
    use tower::Service;
    use tower_layer::Layer;
    let held = Arc::new(());
    let watch = Arc::downgrade(&held);
    let mut service = TimeoutLayer::new(NAME, LIMIT).layer(tower::service_fn(move |(): ()| {
        let held = Arc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok::<_, crate::BoxError>(())
        }
    }));
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    assert_eq!(watch.strong_count(), 2);
    advance(LIMIT).await;
    assert_ready_err!(call.poll());
    assert_eq!(watch.strong_count(), 1);
}

#[cfg(feature = "http")]
#[tokio::test(start_paused = true)]
async fn a_request_past_its_deadline_is_refused_before_it_is_sent() {
    let (mut service, mut inner) =
        mock::spawn_layer::<http::Request<u32>, (), _>(TimeoutLayer::new(NAME, LIMIT));
    inner.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut request = http::Request::new(1);
    crate::Deadline::at(Instant::now()).shrink(&mut request);
    let error = assert_ready_err!(task::spawn(service.call(request)).poll());
    assert_eq!(error.as_rejected().map(crate::Rejected::reason), Some(Reason::DeadlineExpired));
    assert_pending!(task::spawn(inner.next_request()).poll(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn an_expired_call_gives_back_what_was_reserved_for_it() {
    use tower::{Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
    use tower_layer::Layer;
    let answer = service_fn(|_: crate::Carrying<()>| async { Ok::<_, crate::BoxError>(()) });
    let mut service = TimeoutLayer::new(NAME, LIMIT).layer(ConcurrencyLimit::new(answer, 1));
    let mut other = service.clone();
    let mut request = crate::Carrying::new(());
    crate::Deadline::at(Instant::now()).shrink(&mut request);
    let refused = service.ready().await.unwrap().call(request);
    assert!(task::spawn(other.ready()).poll().is_ready(), "while the refused call is kept");
    assert!(refused.await.is_err());
}

mod live;
mod outcomes;
mod stacked;
