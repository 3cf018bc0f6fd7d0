//! A breaker that becomes half-open without a call.

use super::*;

fn automatic() -> ConfigBuilder {
    config().consecutive_failures(1).automatic_half_open(true)
}

/// Lets the tasks that are due run.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

const TICK: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn listeners_are_told_when_the_wait_is_over_without_a_call() {
    let breaker = handle("cb-automatic", automatic());
    let heard = hear(&breaker);
    tell_all(&breaker, "-");
    take(&heard);
    settle().await;
    advance(OPEN_FOR.checked_sub(TICK).unwrap()).await;
    settle().await;
    assert_eq!(take(&heard), [""; 0]);
    advance(TICK).await;
    settle().await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
    tell_all(&breaker, "++");
    assert_eq!(take(&heard), ["half_open > closed: probes_succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn without_it_nobody_is_told_before_a_call() {
    let breaker = handle("cb-not-automatic", config().consecutive_failures(1));
    let heard = hear(&breaker);
    tell_all(&breaker, "-");
    take(&heard);
    advance(OPEN_FOR * 2).await;
    settle().await;
    assert_eq!(state(&breaker), State::HalfOpen);
    assert_eq!(take(&heard), [""; 0], "nor by a look");
    tell_all(&breaker, "+");
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}

#[tokio::test(start_paused = true)]
async fn a_timer_left_over_from_before_a_move_by_hand_does_nothing() {
    let breaker = handle("cb-automatic-moved", automatic());
    tell_all(&breaker, "-");
    breaker.close();
    let heard = hear(&breaker);
    advance(OPEN_FOR).await;
    settle().await;
    assert_eq!(state(&breaker), State::Closed);

    tell_all(&breaker, "-");
    settle().await;
    breaker.open_for(OPEN_FOR * 3);
    settle().await;
    take(&heard);
    advance((OPEN_FOR * 3).checked_sub(TICK).unwrap()).await;
    settle().await;
    assert_eq!(take(&heard), [""; 0], "the wait was made longer");
    advance(TICK).await;
    settle().await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);

    breaker.force_open();
    advance(Duration::from_hours(1)).await;
    settle().await;
    assert_eq!(state(&breaker), State::ForcedOpen);
}

#[tokio::test(start_paused = true)]
async fn a_wait_made_shorter_by_hand_ends_when_it_should() {
    let breaker = handle("cb-automatic-shorter", automatic());
    tell_all(&breaker, "-");
    breaker.open_for(TICK * 10);
    settle().await;
    let heard = hear(&breaker);
    advance(TICK * 10).await;
    settle().await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}

#[tokio::test(start_paused = true)]
async fn hung_probes_reopen_it_without_a_call() {
    let breaker = handle("cb-automatic-hung", automatic());
    tell_all(&breaker, "-");
    settle().await;
    advance(OPEN_FOR).await;
    settle().await;
    let heard = hear(&breaker);
    let _hung = breaker.try_acquire().expect("a probe");
    settle().await;
    advance(OPEN_FOR).await;
    settle().await;
    assert_eq!(take(&heard), ["half_open > open: probes_timed_out"]);
    advance(OPEN_FOR * 2).await;
    settle().await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_is_gone_leaves_a_harmless_timer() {
    let breaker = handle("cb-automatic-gone", automatic());
    tell_all(&breaker, "-");
    settle().await;
    let heard = hear(&breaker);
    drop(breaker);
    advance(OPEN_FOR * 2).await;
    settle().await;
    assert_eq!(take(&heard), [""; 0], "and does not keep it alive");
    assert_eq!(Arc::strong_count(&heard), 1, "its listener is dropped");
}

#[test]
fn without_a_runtime_the_next_look_makes_the_change() {
    let breaker = handle("cb-automatic-bare", automatic().open_for(TICK));
    let heard = hear(&breaker);
    tell_all(&breaker, "-");
    while state(&breaker) != State::HalfOpen {
        std::thread::yield_now();
    }
    assert_eq!(take(&heard).last().map(String::as_str), Some("open > half_open: wait_over"));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_begins_open_becomes_half_open_too() {
    let breaker = handle("cb-automatic-initial", automatic().initial_state(State::Open));
    let heard = hear(&breaker);
    settle().await;
    advance(OPEN_FOR).await;
    settle().await;
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}
