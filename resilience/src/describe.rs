//! From what policies know of themselves to the shapes that are sent.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    budget::RetryBudget,
    circuit_breaker::{Rule, Snapshot, Transition},
    time,
    wire::{BreakerState, BudgetState, PolicyState, ThresholdState, TransitionState},
};

/// A time to the millisecond, as a person wants to read it.
fn whole_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl From<&Snapshot> for PolicyState {
    fn from(snapshot: &Snapshot) -> Self {
        let ago = |at: Instant| whole_millis(snapshot.at.saturating_duration_since(at));
        let transition = |transition: &Transition| TransitionState {
            from: transition.from.into(),
            to: transition.to.into(),
            reason: transition.reason.as_str().to_owned(),
            ago: ago(transition.at),
        };
        let min_calls = snapshot.config.window().reachable(snapshot.config.min_calls());
        let threshold = |rule: &Rule| ThresholdState {
            rule: rule.reason().as_str().to_owned(),
            threshold: rule.threshold(),
            min_calls: rule.needed(min_calls),
        };
        let is_known = !snapshot.config.asks_how_long_open();
        let open_for = Some(snapshot.config.open_for()).filter(|wait| *wait != Duration::MAX);
        Self::CircuitBreaker(BreakerState {
            policy: snapshot.name.to_string(),
            state: snapshot.state.into(),
            in_state_for: ago(snapshot.since),
            time_left: snapshot.time_left.map(whole_millis),
            open_for: open_for.filter(|_| is_known),
            calls: snapshot.counts.total,
            failed: snapshot.counts.failed,
            slow: snapshot.counts.slow,
            slow_running: snapshot.slow_running,
            refused: snapshot.refused,
            failures_in_a_row: snapshot.failures_in_a_row,
            free_probes: snapshot.free_probes,
            transitions: snapshot.transitions.iter().map(transition).collect(),
            thresholds: snapshot.config.rules().iter().map(threshold).collect(),
        })
    }
}

impl From<&RetryBudget> for PolicyState {
    fn from(budget: &RetryBudget) -> Self {
        let tokens = budget.balance(time::read());
        Self::RetryBudget(BudgetState { policy: budget.name().to_string(), tokens })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::advance;
    use tower::{BoxError, Layer, ServiceExt, service_fn};

    use super::PolicyState;
    use crate::{
        circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer, Config},
        name::Name,
    };

    #[tokio::test(start_paused = true)]
    async fn an_open_breaker_tells_why_since_when_and_until_when() {
        let wait = Duration::from_secs(5);
        let config = Config::builder()
            .consecutive_failures(2)
            .open_for(wait)
            .open_jitter(crate::Ratio::ZERO);
        let layer =
            CircuitBreakerLayer::new(Name::from_static("described"), config.build().unwrap());
        let failing = layer.layer(service_fn(async |(): ()| Err::<(), BoxError>("down".into())));
        for _ in 0..2 {
            failing.clone().oneshot(()).await.unwrap_err();
        }
        advance(Duration::from_secs(2)).await;
        let state = PolicyState::from(&layer.handle().snapshot());
        assert_eq!(
            serde_json::to_value(state).unwrap(),
            json!({
                "kind": "circuit_breaker",
                "policy": "described",
                "state": "open",
                "in_state_for": "2s",
                "time_left": "3s",
                "open_for": "5s",
                "calls": 2,
                "failed": 2,
                "slow": 0,
                "slow_running": 0,
                "refused": 0,
                "failures_in_a_row": 0,
                "free_probes": 0,
                "transitions": [
                    { "from": "closed", "to": "open", "reason": "consecutive_failures", "ago": "2s" }
                ],
                "thresholds": [
                    { "rule": "consecutive_failures", "threshold": 2.0, "min_calls": null },
                    { "rule": "failure_rate", "threshold": 0.5, "min_calls": 20 },
                ],
            })
        );
    }

    #[test]
    fn a_wait_that_a_hand_or_a_function_ends_is_not_told_as_a_time() {
        let until_reset = Config::builder().open_until_reset();
        let asked = Config::builder().open_for_fn(|_| None);
        for config in [until_reset, asked] {
            let breaker = CircuitBreakerHandle::standalone(
                Name::from_static("described-waits"),
                config.build().unwrap(),
            );
            let state = PolicyState::from(&breaker.snapshot());
            assert_eq!(serde_json::to_value(state).unwrap()["open_for"], json!(null));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_transitions_are_kept_and_no_more() {
        let config = Config::builder().consecutive_failures(1).build().unwrap();
        let layer = CircuitBreakerLayer::new(Name::from_static("remembering"), config);
        let failing = layer.layer(service_fn(async |(): ()| Err::<(), BoxError>("down".into())));
        for _ in 0..40 {
            failing.clone().oneshot(()).await.unwrap_err();
            layer.handle().reset();
        }
        let transitions = layer.handle().snapshot().transitions;
        assert_eq!(transitions.len(), 32);
        assert_eq!(transitions[0].reason.as_str(), "reset", "the newest comes first");
    }
}
