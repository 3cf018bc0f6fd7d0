use std::time::Duration;

use tower::{Layer, ServiceExt};

use super::panic_of;
use crate::{
    circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer, Config, State},
    error::BoxError,
    event::Event,
    name::Name,
    test_util::{Answer, Events, Script},
    timeout::TimeoutLayer,
};

const NAME: Name = Name::from_static("events-test");

/// What a breaker reports that opens and is reset.
async fn opened_and_reset(events: &Events) {
    let config = Config::builder().consecutive_failures(1).build().unwrap();
    let layer = CircuitBreakerLayer::new(NAME, config).on_event(events.listener());
    let script = Script::<_, (), BoxError>::new([Answer::err("down".into())]);
    layer.layer(script).oneshot(()).await.unwrap_err();
    CircuitBreakerHandle::reset(&layer.handle());
}

#[tokio::test(start_paused = true)]
async fn the_states_are_those_entered_in_order() {
    let events = Events::new();
    opened_and_reset(&events).await;
    events.assert_states([State::Open, State::Closed]);
    assert_eq!(events.states(), [State::Open, State::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_state_shows_what_was_recorded() {
    let events = Events::new();
    opened_and_reset(&events).await;
    for expected in [vec![], vec![State::Open], vec![State::Closed, State::Open]] {
        let message = panic_of(|| events.assert_states(expected.clone()));
        let first = format!("the states entered were [Open, Closed], but should be {expected:?}");
        assert!(message.starts_with(&first), "{message}");
        assert!(message.contains("ConsecutiveFailures") && message.contains("events-test"));
    }
}

#[tokio::test(start_paused = true)]
async fn listeners_of_several_policies_record_into_one_list() {
    let events = Events::new();
    let timeout = TimeoutLayer::new(NAME, Duration::from_millis(5)).on_event(events.listener());
    let script = Script::<_, (), BoxError>::new([Answer::never()]);
    timeout.layer(script).oneshot(()).await.unwrap_err();
    opened_and_reset(&events.clone()).await;

    assert_eq!(events.count(|event| matches!(event, Event::TimedOut { .. })), 1);
    assert_eq!(events.count(|_| true), 4);
    assert!(matches!(events.take()[..], [Event::TimedOut { .. }, ..]));
    assert_eq!(events.take(), []);
    events.assert_states([]);
}
