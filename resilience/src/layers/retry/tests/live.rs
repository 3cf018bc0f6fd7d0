//! Other settings while calls run.

use super::*;
use crate::retry::Growth;

fn failing() -> Script {
    Script::new([Err("down"); 100])
}

#[tokio::test(start_paused = true)]
async fn calls_that_begin_after_an_update_go_by_it() {
    let script = failing();
    let layer = RetryLayer::new(NAME, config(3, 10)).without_budget();
    // A service that was made before, and its clone, go by it as well.
    let service = layer.layer(script.clone());
    service.clone().oneshot(get()).await.unwrap_err();
    layer.handle().update(config(2, 50));
    let start = Instant::now();
    service.clone().oneshot(get()).await.unwrap_err();
    assert_eq!(script.attempts(), [1, 2, 3, 1, 2]);
    assert_eq!(start.elapsed(), MS * 50);
    assert_eq!(layer.handle().config().max_attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_keeps_its_attempts_and_waits_as_is_set_when_it_waits() {
    let script = failing();
    let layer = RetryLayer::new(NAME, config(3, 10)).without_budget();
    let mut call = task::spawn(layer.layer(script.clone()).oneshot(get()));
    assert_pending!(call.poll());
    layer.handle().update(config(9, 100));
    advance(MS * 10).await;
    assert_pending!(call.poll());
    advance(MS * 100).await;
    assert_pending!(call.poll(), "the second wait is twice the first of the new settings");
    advance(MS * 100).await;
    assert_ready_err!(call.poll());
    assert_eq!(script.attempts(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_time_and_the_word_to_stand_down_come_and_go() {
    let script = failing();
    let layer = RetryLayer::new(NAME, config(9, 10)).without_budget();
    let service =
        layer.layer(RetryLayer::new(NAME, config(2, 10)).without_budget().layer(script.clone()));
    let backoff = config(9, 10).backoff().clone();
    let limited = Config::builder().max_attempts(9).backoff(backoff).max_elapsed(MS * 15);
    layer.handle().update(limited.stand_down_inside().build().unwrap());
    service.clone().oneshot(get()).await.unwrap_err();
    assert_eq!(script.attempts(), [1, 2], "the third would begin after 30 ms");
    layer.handle().update(config(2, 1));
    service.clone().oneshot(get()).await.unwrap_err();
    assert_eq!(script.attempts().len(), 2 + 4, "each layer retries once");
}

#[tokio::test(start_paused = true)]
async fn retry_that_is_switched_off_makes_one_attempt_and_stays_off_over_an_update() {
    let script = failing();
    let budget = RetryBudget::token(NAME, TokenBudget::builder().min_per_sec(0).build().unwrap());
    let layer = RetryLayer::new(NAME, config(3, 10)).budget(budget.clone());
    let (service, retries) = (layer.layer(script.clone()), layer.handle());
    for _ in 0..2 {
        retries.switch_off();
        assert!(!retries.is_on(), "also when it is told twice");
    }
    retries.update(config(4, 10));
    for _ in 0..10 {
        service.clone().oneshot(get()).await.unwrap_err();
    }
    assert_eq!((script.attempts(), retries.is_on()), (vec![1; 10], false));
    assert_eq!(budget.balance(Instant::now()), 2, "they have deposited");
    retries.switch_on();
    service.clone().oneshot(get()).await.unwrap_err();
    assert_eq!(script.attempts().len(), 10 + 3, "as many as the budget pays");
}

#[test]
fn the_first_settings_stay_with_the_layer_and_later_ones_go_when_they_are_replaced() {
    let with_function = || {
        let held = Arc::new(());
        let weak = Arc::downgrade(&held);
        let growth = Growth::custom(move |_| {
            let _: &Arc<()> = &held;
            None
        });
        let backoff = Backoff::builder().growth(growth).build().unwrap();
        (Config::builder().backoff(backoff).build().unwrap(), weak)
    };
    let ((first, of_first), (second, of_second)) = (with_function(), with_function());
    let retries = RetryLayer::new(NAME, first).handle();
    retries.update(second);
    retries.update(config(2, 10));
    assert_eq!((of_first.strong_count(), of_second.strong_count()), (1, 0));
    drop(retries);
    assert_eq!(of_first.strong_count(), 0);
}
