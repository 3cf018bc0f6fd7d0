//! What must hold when something else goes wrong: a listener, a neighbour, a slow caller.

use std::sync::mpsc;

use super::*;

fn one_probe() -> ConfigBuilder {
    config().half_open(HalfOpen::Ratio { successes: 1, of: 1 })
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_panics_costs_no_permit_no_count_and_no_event() {
    let name = "cb-listener";
    let seen = Arc::new(Mutex::new(0));
    let sink = Arc::clone(&seen);
    let layer = layer(name, one_probe())
        .on_event(Listener::new(|_| panic!("a listener")))
        .on_event(Listener::new(move |_| *sink.lock().unwrap() += 1));
    let breaker = layer.layer(Script);
    open(&breaker);
    advance(OPEN_FOR).await;
    call(&breaker, Say::Ok).expect("the probe passes, and its place is given back");
    assert_eq!(layer.handle().snapshot().state, State::Closed);
    assert_eq!(*seen.lock().unwrap(), 4, "a rule met, opened, half-open, closed");
    let meter = Meter::of(&super::super::meter::CALLS, Name::from_static(name));
    let ended: u64 = (0..8).map(|outcome| meter.total(outcome)).sum();
    assert_eq!(ended, 12, "ten calls and one refused to open it, one probe");
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_panics_while_a_call_does_aborts_nothing() {
    let layer = layer("cb-double", config().consecutive_failures(1))
        .on_event(Listener::new(|_| panic!("a listener")));
    let breaker = layer.layer(Script);
    let panicked = catch_unwind(AssertUnwindSafe(|| call(&breaker, Say::PanicInPoll)));
    assert!(panicked.is_err());
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_listener_may_call_through_its_own_breaker() {
    let slot: Arc<Mutex<Option<Breaker>>> = Arc::default();
    let own = Arc::clone(&slot);
    let refused = Arc::new(Mutex::new(None));
    let sink = Arc::clone(&refused);
    let layer = layer("cb-reentrant", config()).on_event(Listener::new(move |_| {
        let breaker = own.lock().unwrap().clone();
        if let Some(breaker) = breaker {
            *sink.lock().unwrap() = refusal(call(&breaker, Say::Ok));
        }
    }));
    let breaker = layer.layer(Script);
    *slot.lock().unwrap() = Some(breaker.clone());
    open(&breaker);
    assert_eq!(*refused.lock().unwrap(), Some(Reason::CircuitOpen));
    // The listener holds the breaker that holds the listener: let go.
    slot.lock().unwrap().take();
}

#[test]
fn changes_of_different_threads_are_reported_in_order() {
    let (held, release) = (mpsc::channel(), mpsc::channel::<()>());
    let release_receiver = Mutex::new(release.1);
    let held_sender = held.0;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let layer = layer("cb-order", one_probe().open_for(Duration::from_millis(1))).on_event(
        Listener::new(move |event| {
            if let Event::StateChanged { to, .. } = event {
                if *to == State::Open {
                    held_sender.send(()).unwrap();
                    release_receiver.lock().unwrap().recv().unwrap();
                }
                sink.lock().unwrap().push(*to);
            }
        }),
    );
    let breaker = layer.layer(Script);
    std::thread::scope(|scope| {
        let opener = breaker.clone();
        scope.spawn(move || {
            for _ in 0..5 {
                call(&opener, Say::Fail).unwrap_err();
            }
        });
        held.1.recv().unwrap();
        // The first thread is inside its listener. This one takes the breaker further.
        while layer.handle().snapshot().state != State::HalfOpen {
            std::thread::yield_now();
        }
        call(&breaker, Say::Ok).expect("the probe");
        release.0.send(()).unwrap();
    });
    assert_eq!(*seen.lock().unwrap(), [State::Open, State::HalfOpen, State::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_an_earlier_readiness_leaves_no_reservation_behind() {
    let layer = layer("cb-twice", config());
    let limited = tower::limit::ConcurrencyLimit::new(Script, 1);
    let mut early = task::spawn(layer.layer(limited.clone()));
    assert_ready_ok!(early.enter(|cx, mut service| service.poll_ready(cx)));
    open(&layer.layer(Script));
    assert_ready_ok!(early.enter(|cx, mut service| service.poll_ready(cx)), "to refuse");
    let mut other = task::spawn(limited);
    assert_ready_ok!(other.enter(|cx, mut service| service.poll_ready(cx)), "its place is free");
    let mut refused = task::spawn(early.enter(|_, mut service| service.call(Say::Ok)));
    assert_ready_err!(refused.poll());
}

#[tokio::test(start_paused = true)]
async fn a_look_shows_what_the_next_call_would_find() {
    let layer = layer("cb-look", one_probe());
    let breaker = layer.layer(Script);
    open(&breaker);
    let look = || {
        let snapshot = layer.handle().snapshot();
        (snapshot.state, snapshot.free_probes, snapshot.time_left)
    };
    assert_eq!(look(), (State::Open, 0, Some(OPEN_FOR)));
    advance(OPEN_FOR).await;
    assert_eq!(look(), (State::HalfOpen, 1, None), "the wait is over");
    let _hung = begin(&breaker, Say::Hang);
    assert_eq!(look(), (State::HalfOpen, 0, None));
    advance(OPEN_FOR).await;
    assert_eq!(look(), (State::Open, 0, Some(OPEN_FOR * 2)), "the probe hung");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_comes_while_it_is_open_is_its_callers_alone() {
    let layer = layer("cb-late-failure", config().consecutive_failures(1));
    let breaker = layer.layer(Script);
    let mut late = begin(&breaker, Say::Fail);
    call(&breaker, Say::Fail).unwrap_err();
    let heard = hear(&layer.handle());
    let second = Duration::from_secs(1);
    advance(second).await;
    let error = assert_ready_err!(late.poll());
    assert_eq!(error.to_string(), "failed", "the caller gets the original");
    assert_eq!(take(&heard), [""; 0], "it has opened once");
    let left = layer.handle().snapshot().time_left;
    assert_eq!(left, Some(OPEN_FOR.saturating_sub(second)), "and waits no longer");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_seldom_called_recovers_too() {
    let layer = layer("cb-seldom", config());
    let breaker = layer.layer(Script);
    open(&breaker);
    for _ in 0..2 {
        advance(Duration::from_secs(90)).await;
        call(&breaker, Say::Ok).expect("a probe");
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn time_goes_on_in_an_executor_that_runs_inside_a_poll() {
    use crate::timeout::TimeoutLayer;

    let config = config().consecutive_failures(1).open_for(Duration::from_millis(1));
    let breaker = layer("cb-nested", config).layer(Script);
    let outer = TimeoutLayer::new(Name::from_static("cb-nested"), Duration::from_mins(1));
    let service = outer.layer(tower::service_fn(move |(): ()| {
        let breaker = breaker.clone();
        async move {
            tokio::task::block_in_place(|| {
                call(&breaker, Say::Fail).unwrap_err();
                while refusal(call(&breaker, Say::Ok)).is_some() {
                    std::thread::yield_now();
                }
            });
            Ok::<_, BoxError>(())
        }
    }));
    service.oneshot(()).await.unwrap();
}
