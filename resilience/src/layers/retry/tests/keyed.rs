//! Retries that are paid for by key.

use super::*;
use crate::{
    budget::keyed::{self, KeyedRetryBudget},
    keyed::{ByText, by_number, by_text},
    retry::{BudgetBy, OnFailure},
};

/// The retries that a new budget grants.
const RESERVE: u32 = 10;

type Tested = RetryLayer<OnFailure, BudgetBy<ByText<fn(&Ask) -> &str>>>;

/// A request to a host, which fails as often as it says.
#[derive(Clone)]
struct Ask {
    host: &'static str,
    failures: u32,
}

fn budgets(name: &'static str, max_keys: usize) -> KeyedRetryBudget {
    let tokens = TokenBudget::builder().min_per_sec(1).ratio(Ratio::ZERO).build().unwrap();
    let config = keyed::Config::builder(tokens).max_keys(max_keys).build().unwrap();
    KeyedRetryBudget::unlisted(Name::from_static(name), config)
}

fn layer(budgets: &KeyedRetryBudget) -> Tested {
    let host: fn(&Ask) -> &str = |ask| ask.host;
    RetryLayer::new(NAME, config(100, 0)).budget_by(by_text(host), budgets.clone())
}

impl crate::carry::Carry for Ask {}

/// Calls a `host` that answers after so many `failures`; the attempts made.
async fn call(layer: &Tested, host: &'static str, failures: u32) -> u32 {
    let made = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&made);
    let service = layer.layer(tower::service_fn(move |ask: Ask| {
        let mut attempt = seen.lock().unwrap();
        *attempt += 1;
        let has_failed = *attempt <= ask.failures;
        std::future::ready(if has_failed { Err(BoxError::from("down")) } else { Ok(()) })
    }));
    let is_ok = service.oneshot(Ask { host, failures }).await.is_ok();
    let made = *made.lock().unwrap();
    assert_eq!(is_ok, made > failures);
    made
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_spent_its_budget_leaves_that_of_others_alone() {
    let budgets = budgets("retry-by-host", 10);
    let (layer, gave_up) = gave_up(layer(&budgets));
    assert_eq!(call(&layer, "down", u32::MAX).await, 1 + RESERVE);
    assert_eq!(call(&layer, "down", u32::MAX).await, 1, "nothing is left");
    assert_eq!(*gave_up.lock().unwrap(), [(GaveUp::Budget, 11), (GaveUp::Budget, 1)]);
    assert_eq!(call(&layer, "up", 3).await, 4);
    let left: Vec<_> = budgets.snapshots(None, 10).iter().map(|one| one.balance).collect();
    assert_eq!(left, [0, 7]);
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_pays_into_the_budget_of_its_host_and_one_of_a_retry_outside_does_not() {
    let tokens = TokenBudget::builder().min_per_sec(0).ratio(Ratio::ONE).build().unwrap();
    let budgets = KeyedRetryBudget::unlisted(Name::from_static("retry-pays"), tokens);
    let host = |request: &Request<String>| request.body().len() as u64;
    let layer = RetryLayer::http(NAME, config(1, 0)).budget_by(by_number(host), budgets.clone());
    let service = layer.layer(Script::default());
    service.clone().oneshot(get()).await.unwrap();
    let mut retried = get();
    let mut carried = retried.carried();
    carried.attempt = NonZeroU32::new(2).unwrap();
    retried.set_carried(carried);
    service.oneshot(retried).await.unwrap();
    assert_eq!(budgets.get(4).map(|four| four.balance(Instant::now())), Some(1));
}

#[tokio::test(start_paused = true)]
async fn hosts_without_a_place_share_a_budget() {
    let budgets = budgets("retry-overflow", 1);
    let layer = layer(&budgets);
    assert_eq!(call(&layer, "first", 1).await, 2);
    assert_eq!(call(&layer, "second", 4).await, 5);
    assert_eq!(call(&layer, "third", u32::MAX).await, 1 + RESERVE - 4);
    assert_eq!(call(&layer, "first", u32::MAX).await, 1 + RESERVE - 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_keeps_the_place_of_its_host() {
    let budgets = budgets("retry-in-flight", 1);
    let layer = layer(&budgets);
    let hang =
        layer.layer(tower::service_fn(|_: Ask| std::future::pending::<Result<(), BoxError>>()));
    let mut flying = task::spawn(hang.oneshot(Ask { host: "a", failures: 0 }));
    assert_pending!(flying.poll());
    for _ in 0..3 {
        call(&layer, "b", 0).await;
    }
    assert!(budgets.get("a").is_some());
    drop(flying);
    // Nobody looks for a place so soon after all keys were looked at in vain.
    advance(Duration::from_millis(1)).await;
    for _ in 0..2 {
        call(&layer, "b", 0).await;
    }
    assert!(budgets.get("a").is_none());
}

#[tokio::test(start_paused = true)]
async fn layers_with_one_keyed_budget_spend_from_the_same() {
    let budgets = budgets("retry-shared", 10);
    let (reads, writes) = (layer(&budgets), layer(&budgets));
    assert_eq!(call(&reads, "a", 6).await, 7);
    assert_eq!(call(&writes, "a", u32::MAX).await, 1 + RESERVE - 6);
}

#[tokio::test(start_paused = true)]
async fn the_budget_that_was_given_last_pays() {
    let budgets = budgets("retry-last", 10);
    let by_key = layer(&budgets);
    assert!(by_key.shared_budget().is_none() && by_key.handle().budget().is_none());
    assert_eq!(by_key.handle().keyed_budget().map(KeyedRetryBudget::name), Some(budgets.name()));

    let one = RetryBudget::token(NAME, TokenBudget::default());
    let single = by_key.budget(one);
    assert!(single.handle().keyed_budget().is_none());
    assert!(single.shared_budget().is_some());
    single
        .layer(tower::service_fn(async |_: Ask| Ok::<_, BoxError>(())))
        .oneshot(Ask { host: "a", failures: 0 })
        .await
        .unwrap();
    assert!(budgets.is_empty(), "it is not asked any more");
}
