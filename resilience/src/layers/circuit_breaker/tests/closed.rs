use super::*;

#[tokio::test(start_paused = true)]
async fn a_thousand_good_calls_do_not_hide_an_outage() {
    let layer = layer("cb-hide", config());
    let breaker = layer.layer(Script);
    for _ in 0..1_000 {
        call(&breaker, Say::Ok).unwrap();
    }
    for failures in 1..=4 {
        call(&breaker, Say::Fail).unwrap_err();
        assert_eq!(layer.handle().snapshot().counts.failed, failures);
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed);
    call(&breaker, Say::Fail).unwrap_err();
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn the_minimum_of_calls_below_the_window_is_honoured() {
    let layer = layer("cb-min", config());
    let breaker = layer.layer(Script);
    for _ in 0..4 {
        call(&breaker, Say::Fail).unwrap_err();
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed);
    call(&breaker, Say::Fail).unwrap_err();
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_that_completes_the_minimum_opens_the_breaker() {
    for window in
        [Window::Count { size: 10 }, Window::Time { span: Duration::from_secs(10), buckets: 10 }]
    {
        let layer = layer("cb-complete", config().window(window));
        let breaker = layer.layer(Script);
        call(&breaker, Say::Ok).unwrap();
        for _ in 0..3 {
            call(&breaker, Say::Fail).unwrap_err();
        }
        assert_eq!(layer.handle().snapshot().state, State::Closed, "{window:?}");
        call(&breaker, Say::Ok).unwrap();
        assert_eq!(layer.handle().snapshot().state, State::Open, "{window:?}: 3 of 5");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_rises_as_successes_age_opens_with_the_next_result() {
    let window = Window::Time { span: Duration::from_secs(10), buckets: 10 };
    let layer = layer("cb-age", config().window(window));
    let breaker = layer.layer(Script);
    for _ in 0..6 {
        call(&breaker, Say::Ok).unwrap();
    }
    advance(Duration::from_secs(5)).await;
    for _ in 0..5 {
        call(&breaker, Say::Fail).unwrap_err();
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed, "5 of 11");
    advance(Duration::from_secs(5)).await;
    call(&breaker, Say::Ok).unwrap();
    assert_eq!(layer.handle().snapshot().state, State::Open, "5 of 6");
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_a_breaker_whose_window_is_full_of_successes() {
    let layer = layer("cb-run", config().consecutive_failures(3));
    let breaker = layer.layer(Script);
    for _ in 0..100 {
        call(&breaker, Say::Ok).unwrap();
    }
    for say in [Say::Fail, Say::Fail, Say::Ok, Say::Fail, Say::Fail] {
        let _ = call(&breaker, say);
    }
    assert_eq!(layer.handle().snapshot().state, State::Closed);
    call(&breaker, Say::Fail).unwrap_err();
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_result_counts_nowhere_and_frees_its_probe() {
    let ignore = |_: Result<&Say, &BoxError>| Outcome::Ignored;
    let name = Name::from_static("cb-ignored");
    let layer = CircuitBreakerLayer::with_classifier(name, config().build().unwrap(), ignore);
    let service = layer.layer(Script);
    for _ in 0..20 {
        service.clone().oneshot(Say::Fail).await.unwrap_err();
    }
    assert_eq!(layer.handle().snapshot().counts.total, 0);
    assert_eq!(layer.handle().snapshot().state, State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limited_result_counts_for_the_rate_and_not_for_the_run() {
    let limited = |result: Result<&Say, &BoxError>| match result {
        Ok(_) => Outcome::RateLimited { retry_after: None },
        Err(_) => Outcome::Failure,
    };
    let name = Name::from_static("cb-limited");
    let config = config().consecutive_failures(2).min_calls(4).build().unwrap();
    let layer = CircuitBreakerLayer::with_classifier(name, config, limited);
    let service = layer.layer(Script);
    service.clone().oneshot(Say::Fail).await.unwrap_err();
    service.clone().oneshot(Say::Ok).await.unwrap();
    service.clone().oneshot(Say::Ok).await.unwrap();
    let snapshot = layer.handle().snapshot();
    assert_eq!((snapshot.failures_in_a_row, snapshot.counts.failed), (1, 3));
    service.clone().oneshot(Say::Ok).await.unwrap();
    assert_eq!(layer.handle().snapshot().state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn one_failure_right_after_a_recovery_does_not_reopen() {
    for window in
        [Window::Count { size: 10 }, Window::Time { span: Duration::from_mins(1), buckets: 10 }]
    {
        let layer = layer("cb-recovery", config().window(window).consecutive_failures(9));
        let breaker = layer.layer(Script);
        open(&breaker);
        advance(OPEN_FOR).await;
        let _ = (call(&breaker, Say::Ok), call(&breaker, Say::Ok));
        call(&breaker, Say::Fail).unwrap_err();
        let snapshot = layer.handle().snapshot();
        assert_eq!((snapshot.state, snapshot.counts.total), (State::Closed, 1), "{window:?}");
        assert_eq!(snapshot.failures_in_a_row, 1, "{window:?}");
    }
}

#[test]
fn settings_out_of_range_are_all_named() {
    let errors = Config::builder()
        .window(Window::Time { span: Duration::ZERO, buckets: 0 })
        .no_failure_rate()
        .half_open(HalfOpen::Ratio { successes: 4, of: 3 })
        .open_growth(0.5, Duration::from_secs(1))
        .build()
        .unwrap_err();
    let settings: Vec<_> = errors.iter().map(crate::config::ConfigError::setting).collect();
    assert_eq!(
        settings,
        [
            "window.buckets",
            "window.span",
            "rules",
            "open_growth",
            "open_growth.at_most",
            "half_open"
        ]
    );
}
