use std::time::Duration;

use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_test::mock::{self, Mock};

use super::DeadlineLayer;
use crate::{
    deadline_value::Deadline,
    error::{Reason, Refusal},
    name::Name,
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
