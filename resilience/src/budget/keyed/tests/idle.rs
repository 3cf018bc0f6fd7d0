//! Keys that nobody uses.

use super::*;

const TICK: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_key_leaves_when_it_was_not_used_for_as_long_as_is_idle_and_not_before() {
    let budgets = budgets("budgets-idle", 10);
    spend(&budgets.budget("a"), 1);
    advance(IDLE_FOR.saturating_sub(TICK)).await;
    assert_eq!(budgets.evict_idle(), 0);
    advance(TICK).await;
    assert_eq!(budgets.evict_idle(), 1);
    assert!(budgets.is_empty());
    assert_eq!(budgets.key_counts().idle, 1);
}

#[tokio::test(start_paused = true)]
async fn a_use_has_the_time_counted_anew_and_a_look_does_not() {
    let budgets = budgets("budgets-used", 10);
    budgets.budget("a");
    budgets.budget("a");
    advance(IDLE_FOR).await;
    assert_eq!(budgets.evict_idle(), 0, "found used");
    advance(IDLE_FOR.saturating_sub(TICK)).await;
    assert!(budgets.get("a").is_some());
    assert_eq!(budgets.snapshots(None, 10).len(), 1);
    assert_eq!(budgets.evict_idle(), 0, "found unused, for a shorter time");
    advance(TICK).await;
    assert_eq!(budgets.evict_idle(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_keys_have_idle_ones_leave_though_there_is_room() {
    let budgets = budgets("budgets-pushed", 1_000);
    for key in 0..100 {
        budgets.budget(key);
    }
    advance(IDLE_FOR).await;
    for key in 100..200 {
        budgets.budget(key);
    }
    assert_eq!(budgets.len(), 100);
    assert!(budgets.get(199).is_some() && budgets.get(99).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_outlasts_an_idle_time_that_is_shorter_than_tokens_live() {
    let idle_for = Duration::from_secs(2);
    let config = Config::builder(tokens()).idle_for(idle_for).build().unwrap();
    let budgets = KeyedRetryBudget::unlisted(Name::from_static("budgets-short"), config);
    spend(&budgets.budget("a"), RESERVE);
    for seconds in [2, 4, 6, 8] {
        advance(idle_for).await;
        assert_eq!(budgets.evict_idle(), 0);
        assert_eq!(budgets.get("a").map(|a| a.balance(Instant::now())), Some(seconds));
    }
    advance(idle_for).await;
    assert_eq!(budgets.evict_idle(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_budget_by_cost_that_is_empty_leaves_when_it_is_idle() {
    let config = Config::builder(CostBudget::default()).idle_for(IDLE_FOR).build().unwrap();
    let budgets = KeyedRetryBudget::unlisted(Name::from_static("budgets-cost-idle"), config);
    assert_eq!(spend(&budgets.budget("gone"), u64::MAX), 100);
    advance(IDLE_FOR.saturating_sub(TICK)).await;
    assert_eq!(budgets.evict_idle(), 0);
    advance(TICK).await;
    assert_eq!(budgets.evict_idle(), 1);
}
