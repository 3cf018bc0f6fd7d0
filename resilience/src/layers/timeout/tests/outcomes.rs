//! How calls are counted and told.

use std::sync::{Arc, Mutex};

use tower::{Service, service_fn};
use tower_layer::Layer;

use super::*;
use crate::{BoxError, Carrying, Deadline, Event, Listener, meter::Meter};

#[tokio::test(start_paused = true)]
async fn each_call_ends_in_one_outcome_and_one_that_is_dropped_is_no_timeout() {
    let name = Name::from_static("timeout-outcomes");
    let meter = Meter::of(&super::super::future::KIND, name);
    let totals = || (0..5).map(|outcome| meter.total(outcome)).collect::<Vec<_>>();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let layer = TimeoutLayer::new(name, LIMIT).on_event(Listener::new(move |event| {
        if let Event::TimedOut { reason, .. } = event {
            ear.lock().unwrap().push(*reason);
        }
    }));
    let mut service = layer.layer(service_fn(|request: Carrying<bool>| async move {
        match request.request() {
            true => Ok::<_, BoxError>(()),
            false => std::future::pending().await,
        }
    }));
    let within = |is_answered, limit: u64| {
        let mut request = Carrying::new(is_answered);
        Deadline::at(Instant::now() + Duration::from_millis(limit)).shrink(&mut request);
        request
    };

    assert_ready_ok!(task::spawn(service.call(Carrying::new(true))).poll());
    assert_eq!(totals(), [1, 0, 0, 0, 0]);

    service.call(Carrying::new(false)).await.unwrap_err();
    assert_eq!(totals(), [1, 1, 0, 0, 0], "timed out");

    service.call(within(false, 40)).await.unwrap_err();
    assert_eq!(totals(), [1, 1, 1, 0, 0], "deadline exceeded");

    let mut call = task::spawn(service.call(Carrying::new(false)));
    assert_pending!(call.poll());
    drop(call);
    drop(service.call(Carrying::new(true)));
    assert_eq!(totals(), [1, 1, 1, 2, 0], "cancelled, one of them before its first poll");

    service.call(within(true, 0)).await.unwrap_err();
    assert_eq!(totals(), [1, 1, 1, 2, 1], "expired");
    assert_eq!(
        *heard.lock().unwrap(),
        [Reason::TimedOut, Reason::DeadlineExceeded, Reason::DeadlineExpired],
        "whoever drops a call knows",
    );
}
