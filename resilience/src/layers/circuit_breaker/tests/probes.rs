use super::*;

#[tokio::test(start_paused = true)]
async fn the_refusal_tells_the_time_left_and_the_wait_ends_on_time() {
    let breaker = layer("cb-left", config()).layer(Script);
    open(&breaker);
    advance(Duration::from_millis(4_999)).await;
    let error = call(&breaker, Say::Ok).unwrap_err();
    let rejected = error.as_rejected().expect("still open");
    assert_eq!(rejected.retry_after(), Some(Duration::from_millis(1)));
    advance(Duration::from_millis(1)).await;
    call(&breaker, Say::Ok).expect("a probe");
}

#[tokio::test(start_paused = true)]
async fn no_more_probes_pass_than_permitted_however_many_clones_ask() {
    let breaker = layer("cb-probes", config()).layer(Script);
    open(&breaker);
    advance(OPEN_FOR).await;
    let probes: Vec<_> = (0..3).map(|_| begin(&breaker, Say::Hang)).collect();
    assert_eq!(refusal(call(&breaker, Say::Ok)), Some(Reason::ProbesTaken));
    drop(probes);
    call(&breaker, Say::Ok).expect("dropped probes give their places back");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_cannot_hold_the_breaker() {
    let layer = layer("cb-hang", config());
    let breaker = layer.layer(Script);
    open(&breaker);
    advance(OPEN_FOR).await;
    let _hung: Vec<_> = (0..3).map(|_| begin(&breaker, Say::Hang)).collect();
    advance(OPEN_FOR).await;
    assert_eq!(refusal(call(&breaker, Say::Ok)), Some(Reason::CircuitOpen), "opened again");
    advance(OPEN_FOR * 2).await;
    call(&breaker, Say::Ok).expect("new probes");
    call(&breaker, Say::Ok).expect("new probes");
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test(start_paused = true)]
async fn results_from_before_a_transition_change_nothing_and_reach_their_callers() {
    let layer = layer("cb-late", config());
    let breaker = layer.layer(Script);
    let mut late: Vec<_> =
        [Say::Ok, Say::Ok, Say::Ok, Say::Fail].map(|say| begin(&breaker, say)).into();
    open(&breaker);
    assert_eq!(assert_ready_ok!(late.remove(0).poll()), Say::Ok);
    assert_eq!(layer.handle().snapshot().state, State::Open, "no late success closes it");

    advance(OPEN_FOR).await;
    let _probe = begin(&breaker, Say::Hang);
    assert_eq!(assert_ready_ok!(late.remove(0).poll()), Say::Ok);
    assert_eq!(assert_ready_ok!(late.remove(0).poll()), Say::Ok);
    assert_eq!(layer.handle().snapshot().state, State::HalfOpen, "nor while half-open");
    let error = assert_ready_err!(late.remove(0).poll());
    assert_eq!(error.to_string(), "failed", "the caller gets the original");
    assert_eq!(layer.handle().snapshot().state, State::HalfOpen, "no late failure reopens it");
    assert_eq!(layer.handle().snapshot().free_probes, 2, "nor frees a foreign permit");
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_an_earlier_half_open_period_decides_nothing_in_a_later_one() {
    let layer = layer("cb-cycle", config().half_open(HalfOpen::Ratio { successes: 1, of: 1 }));
    let breaker = layer.layer(Script);
    open(&breaker);
    advance(OPEN_FOR).await;
    let mut early = begin(&breaker, Say::Ok);
    advance(OPEN_FOR).await;
    assert_eq!(refusal(call(&breaker, Say::Ok)), Some(Reason::CircuitOpen), "the probe hung");
    advance(OPEN_FOR * 2).await;
    let _pending = begin(&breaker, Say::Hang);
    assert_ready_ok!(early.poll());
    assert_eq!(layer.handle().snapshot().state, State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn each_transition_is_one_event_in_order() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let layer = layer("cb-events", config()).on_event(Listener::new(move |event| {
        if let Event::StateChanged { from, to, reason, .. } = event {
            sink.lock().unwrap().push(format!(
                "{} > {}: {}",
                from.as_str(),
                to.as_str(),
                reason.as_str()
            ));
        }
    }));
    let breaker = layer.layer(Script);
    open(&breaker);
    advance(OPEN_FOR).await;
    let _ = (call(&breaker, Say::Fail), call(&breaker, Say::Fail));
    advance(OPEN_FOR * 2).await;
    let _ = (call(&breaker, Say::Ok), call(&breaker, Say::Ok));
    layer.handle().reset();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "closed > open: failure_rate",
            "open > half_open: wait_over",
            "half_open > open: probes_failed",
            "open > half_open: wait_over",
            "half_open > closed: probes_succeeded",
        ]
    );
}

#[test]
fn many_threads_never_admit_more_probes_than_permitted() {
    let config = config().half_open(HalfOpen::PermittedCalls { calls: 5 });
    let config = config.open_for(Duration::from_millis(1)).half_open_for(Duration::from_mins(1));
    for round in 0..50 {
        let layer = layer("cb-threads", config.clone());
        let shared = layer.handle();
        let breaker = layer.layer(Script);
        for _ in 0..5 {
            call(&breaker, Say::Fail).unwrap_err();
        }
        while shared.snapshot().state != State::HalfOpen {
            std::thread::yield_now();
        }
        let admitted: usize = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut held = Vec::new();
                        for _ in 0..100 {
                            let mut service = task::spawn(breaker.clone());
                            let ready = service.enter(|cx, mut service| service.poll_ready(cx));
                            assert_ready_ok!(ready);
                            let call = service.enter(|_, mut service| service.call(Say::Hang));
                            let mut call = task::spawn(call);
                            if call.poll().is_pending() {
                                held.push(call);
                            }
                        }
                        held
                    })
                })
                .collect();
            asking
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect::<Vec<_>>()
                .iter()
                .map(Vec::len)
                .sum()
        });
        assert_eq!(admitted, 5, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_stays_open_tells_no_end_and_is_closed_by_hand() {
    let layer = layer("cb-until-reset", config().open_until_reset());
    let breaker = layer.layer(Script);
    open(&breaker);
    for _ in 0..2 {
        let error = call(&breaker, Say::Ok).unwrap_err();
        assert_eq!(error.as_rejected().expect("still open").retry_at(), None);
        assert_eq!(layer.handle().snapshot().time_left, None);
        advance(Duration::from_hours(24 * 365)).await;
    }
    layer.handle().reset();
    call(&breaker, Say::Ok).expect("closed");
}
