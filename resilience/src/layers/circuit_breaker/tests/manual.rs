//! Moves by hand.

use tokio::time::Instant;

use super::*;
use crate::circuit_breaker::{IllegalTransition, Move};

const NOW: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_hours(1);

/// A breaker in `state` with three failures in a window where it has one.
fn in_state(state: State) -> CircuitBreakerHandle {
    let breaker = handle("cb-manual", config());
    match state {
        State::Closed => {}
        State::Open => breaker.open(),
        State::HalfOpen => breaker.half_open().unwrap(),
        State::ForcedOpen => breaker.force_open(),
        State::Disabled => breaker.disable(),
        State::MetricsOnly => breaker.metrics_only(),
    }
    if matches!(state, State::Closed | State::MetricsOnly) {
        tell_all(&breaker, "---");
    }
    assert_eq!(super::state(&breaker), state);
    breaker
}

#[tokio::test(start_paused = true)]
async fn every_move_from_every_state_leads_where_it_should_with_one_event_at_most() {
    let until = Instant::now() + HOUR;
    for (step, to, reason) in [
        (Move::Open, State::Open, "manual"),
        (Move::OpenFor(HOUR), State::Open, "manual"),
        (Move::OpenUntil(until), State::Open, "manual"),
        (Move::HalfOpen, State::HalfOpen, "manual"),
        (Move::ForceOpen, State::ForcedOpen, "manual"),
        (Move::Disable, State::Disabled, "manual"),
        (Move::MetricsOnly, State::MetricsOnly, "manual"),
        (Move::Close, State::Closed, "manual"),
        (Move::Reset, State::Closed, "reset"),
    ] {
        for from in State::ALL {
            let breaker = in_state(from);
            let heard = hear(&breaker);
            let late = breaker.try_acquire().ok();
            breaker.apply(step).unwrap();
            let snapshot = breaker.snapshot();
            assert_eq!(snapshot.state, to, "{step:?} from {from:?}");
            let expected = if from == to {
                Vec::new()
            } else {
                vec![format!("{} > {}: {reason}", from.as_str(), to.as_str())]
            };
            assert_eq!(take(&heard), expected, "{step:?} from {from:?}");

            let stays = from == to && step != Move::Reset;
            let keeps = stays && matches!(to, State::Closed | State::MetricsOnly);
            let shows_last = matches!(to, State::Open | State::ForcedOpen)
                && matches!(from, State::Closed | State::MetricsOnly);
            let failed = if keeps || shows_last { 3 } else { 0 };
            assert_eq!(snapshot.counts.failed, failed, "{step:?} from {from:?}");

            if let Some(late) = late {
                let stale = breaker.calls().stale;
                late.succeeded();
                assert_eq!(breaker.calls().stale > stale, !stays, "{step:?} from {from:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_open_wait_may_be_set_without_an_event() {
    let breaker = in_state(State::Open);
    let heard = hear(&breaker);
    let left = || breaker.snapshot().time_left;
    assert_eq!(left(), Some(OPEN_FOR), "as after any opening");
    advance(Duration::from_secs(1)).await;
    breaker.open();
    assert_eq!(left(), Some(OPEN_FOR.saturating_sub(Duration::from_secs(1))), "as it was");
    breaker.open_for(HOUR);
    assert_eq!(left(), Some(HOUR));
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), Some(HOUR));
    breaker.open_until(Instant::now() + HOUR * 2);
    assert_eq!(left(), Some(HOUR * 2));
    breaker.open_for(Duration::MAX);
    assert_eq!((state(&breaker), left()), (State::Open, None), "until the next move");
    assert_eq!(breaker.try_acquire().unwrap_err().retry_at(), None);
    breaker.open_for(NOW);
    assert_eq!(state(&breaker), State::HalfOpen);
    assert_eq!(take(&heard), [""; 0]);
    tell_all(&breaker, "+");
    assert_eq!(take(&heard), ["open > half_open: wait_over"]);
}

#[tokio::test(start_paused = true)]
async fn opening_a_breaker_whose_wait_is_over_is_a_change() {
    for step in [Move::Open, Move::OpenFor(HOUR)] {
        let breaker = in_state(State::Open);
        advance(OPEN_FOR).await;
        let heard = hear(&breaker);
        breaker.apply(step).unwrap();
        assert_eq!(take(&heard), ["open > half_open: wait_over", "half_open > open: manual"]);
        assert_eq!(state(&breaker), State::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn a_strict_breaker_is_half_open_only_after_it_was_open() {
    let breaker = handle("cb-strict", config().strict_transitions(true));
    let heard = hear(&breaker);
    let illegal = breaker.half_open().expect_err("it is closed");
    let IllegalTransition { from, to } = illegal;
    assert_eq!((from, to), (State::Closed, State::HalfOpen));
    assert_eq!(illegal.to_string(), "a circuit breaker that is closed cannot be made half_open");
    assert_eq!((state(&breaker), take(&heard)), (State::Closed, Vec::new()));
    for from in [Move::Open, Move::ForceOpen, Move::Disable, Move::MetricsOnly] {
        breaker.apply(from).unwrap();
        breaker.half_open().unwrap();
        assert_eq!(state(&breaker), State::HalfOpen, "after {from:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_begins_in_the_state_that_is_set_without_an_event() {
    for first in State::ALL {
        let config = config().initial_state(first);
        if first == State::HalfOpen {
            let errors = config.build().expect_err("half-open is no beginning");
            assert!(errors.to_string().contains("initial_state"), "{errors}");
            continue;
        }
        let breaker = handle("cb-initial", config);
        let heard = hear(&breaker);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.transitions.len()), (first, 0));
        let passes = !matches!(first, State::Open | State::ForcedOpen);
        assert_eq!(tell(&breaker, Outcome::Success), passes, "{first:?}");
        assert_eq!(take(&heard), [""; 0]);
        let wait = (first == State::Open).then_some(OPEN_FOR);
        assert_eq!(snapshot.time_left, wait);
        advance(OPEN_FOR).await;
        let passes = first != State::ForcedOpen;
        assert_eq!(tell(&breaker, Outcome::Success), passes, "{first:?}, later");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_the_window_the_run_and_the_waits() {
    let rule = HalfOpen::PermittedCalls { calls: 1 };
    let breaker = handle("cb-reset", config().consecutive_failures(2).half_open(rule));
    tell_all(&breaker, "-");
    let late = breaker.try_acquire().expect("closed");
    breaker.reset();
    late.failed();
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.counts.total, snapshot.failures_in_a_row), (0, 0));
    tell_all(&breaker, "--");
    advance(OPEN_FOR).await;
    tell_all(&breaker, "-");
    assert_eq!(breaker.snapshot().time_left, Some(OPEN_FOR * 2));
    breaker.reset();
    tell_all(&breaker, "--");
    assert_eq!(breaker.snapshot().time_left, Some(OPEN_FOR), "waits begin anew");
}

#[tokio::test(start_paused = true)]
async fn a_move_wins_over_a_probe_that_runs() {
    let rule = HalfOpen::PermittedCalls { calls: 1 };
    let breaker = handle("cb-manual-probe", config().half_open(rule));
    for step in [Move::Open, Move::Close, Move::ForceOpen, Move::Disable] {
        breaker.half_open().unwrap();
        let probe = breaker.try_acquire().expect("a probe");
        breaker.apply(step).unwrap();
        let before = breaker.snapshot();
        probe.failed();
        let after = breaker.snapshot();
        assert_eq!((after.state, after.counts), (before.state, before.counts), "{step:?}");
        assert_eq!(after.time_left, before.time_left, "{step:?}");
    }
    assert_eq!(breaker.calls().stale, 4);
}
