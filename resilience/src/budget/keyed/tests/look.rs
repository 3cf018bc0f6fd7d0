//! What there is to see from outside.

use super::{
    super::{budgets::Budgets, keyed_budget::KeyedRetryBudget as Handle},
    *,
};
use crate::{
    registry::Instance,
    telemetry::{self, SampleKind},
    time,
};

#[tokio::test(start_paused = true)]
async fn pages_show_every_key_once_in_its_order_with_its_balance() {
    let budgets = budgets("budgets-pages", 1_000);
    for key in (0..10).rev() {
        spend(&budgets.budget(key), key);
        budgets.budget(&*format!("k{key}"));
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = budgets.snapshots(after.as_ref(), 7);
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        seen.extend(page.into_iter().map(|one| (one.key, one.balance)));
    }
    let numbers = (0..10).map(|key| (Key::from(key), RESERVE - key));
    let texts = (0..10).map(|key| (Key::from(&*format!("k{key}")), RESERVE));
    assert_eq!(seen, numbers.chain(texts).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_gauges_count_the_keys_by_what_is_left_and_have_idle_ones_leave() {
    let config = Config::builder(tokens()).idle_for(IDLE_FOR).build().unwrap();
    let whole = Budgets::unlisted(Name::from_static("budgets-gauges"), config);
    let budgets = Handle::of(std::sync::Arc::clone(&whole));
    let gauges = || {
        let mut shown = Vec::new();
        whole.gauges(whole.name, time::read(), &mut |gauge| {
            assert_eq!(gauge.metric, "resilience_keyed_retry_budgets");
            shown.push((gauge.label.unwrap().1, gauge.value));
        });
        shown
    };
    for key in 0..3 {
        budgets.budget(key);
    }
    spend(&budgets.budget("drawn"), 1);
    spend(&budgets.budget("also"), RESERVE - 1);
    spend(&budgets.budget("empty"), RESERVE);
    assert_eq!(gauges(), [("full", 3.0), ("drawn", 2.0), ("empty", 1.0)]);
    advance(TTL).await;
    assert_eq!(gauges(), [("full", 6.0), ("drawn", 0.0), ("empty", 0.0)]);
    advance(IDLE_FOR).await;
    assert_eq!(gauges(), [("full", 0.0), ("drawn", 0.0), ("empty", 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_empty_exactly_while_it_grants_nothing() {
    let some = ShareBudget::builder().max_ratio(Ratio::percent(50)).build().unwrap();
    let none = ShareBudget::builder().max_ratio(Ratio::ZERO).min_concurrency(0).build().unwrap();
    let all = ShareBudget::builder().max_ratio(Ratio::ONE).min_concurrency(0).build().unwrap();
    let kinds = [tokens().into(), CostBudget::default().into(), some.into(), none.into()];
    for config in kinds.into_iter().chain([Config::from(all)]) {
        let budget = config.each().make(Name::from_static("budgets-would"));
        let mut held = Vec::new();
        for _ in 0..150 {
            let now = Instant::now();
            assert_eq!(budget.would_grant(now), budget.balance(now) > 0, "{config:?}");
            let retry = budget.withdraw(now, Cause::Failure);
            if retry.is_none() {
                assert!(!budget.would_grant(now), "{config:?}");
            }
            held.extend(retry);
        }
        assert!(!held.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn all_keys_together_have_one_row_of_gauges_and_live_no_longer_than_their_owners() {
    let budgets = KeyedRetryBudget::new(Name::from_static("budgets-listed"), tokens());
    for key in 0..5 {
        budgets.budget(key);
    }
    let shown = || {
        let all = telemetry::samples().into_iter();
        let own = all.filter(|sample| sample.policy.as_str() == "budgets-listed");
        own.filter(|sample| sample.kind == SampleKind::Gauge).count()
    };
    assert_eq!(shown(), 3);
    drop(budgets);
    // Another test that looks at all policies at this moment keeps them alive.
    while shown() > 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn settings_that_are_out_of_range_are_told_together() {
    let builder =
        Config::builder(tokens()).max_keys(1_000_001).idle_for(Duration::from_millis(999));
    assert_eq!(
        builder.build().unwrap_err().to_string(),
        "max_keys is 1000001, but must be 1 to 1000000; idle_for is 999ms, but must be 1s to 24h",
    );
    let config = Config::from(tokens());
    assert_eq!((config.max_keys(), config.idle_for()), (10_000, Duration::from_mins(5)));
}
