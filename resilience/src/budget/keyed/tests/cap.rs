//! More keys than places.

use super::*;

/// For how long nobody looks for a place after all keys were looked at in vain.
const PAUSE: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn what_one_key_spends_no_other_misses() {
    let budgets = budgets("budgets-apart", 10);
    assert_eq!(spend(&budgets.budget("down"), u64::MAX), RESERVE);
    assert_eq!(spend(&budgets.budget("down"), 1), 0, "the key has the same budget");
    assert_eq!(spend(&budgets.budget("up"), u64::MAX), RESERVE);
    assert_eq!(budgets.overflow().balance(Instant::now()), RESERVE);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_distinct_keys_stays_within_the_cap() {
    const CAP: usize = 100;
    let budgets = budgets("budgets-many", CAP);
    for key in 0..100_000 {
        drop(budgets.budget(key).begin(Instant::now()));
        assert!(budgets.len() <= CAP);
    }
    let counts = budgets.key_counts();
    assert_eq!((counts.made, counts.overflowed), (100_000, 0));
    assert_eq!(counts.evicted, counts.made - CAP as u64);
}

#[tokio::test(start_paused = true)]
async fn who_makes_up_keys_has_no_more_retries_than_all_places_and_the_overflow_hold() {
    const CAP: u64 = 20;
    let budgets = budgets("budgets-made-up", usize::try_from(CAP).unwrap());
    let granted: u64 = (0..10_000).map(|key| spend(&budgets.budget(key), 1)).sum();
    assert_eq!(granted, CAP + RESERVE, "one of each that has a place, and then the overflow's");
    let more: u64 = (0..10_000).map(|key| spend(&budgets.budget(key), u64::MAX)).sum();
    assert_eq!(granted + more, (CAP + 1) * RESERVE);
    assert_eq!(budgets.key_counts().evicted, 0);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_was_drawn_on_keeps_its_place_until_it_is_as_a_new_one() {
    let budgets = budgets("budgets-drawn", 2);
    assert_eq!(spend(&budgets.budget("drawn"), u64::MAX), RESERVE);
    for key in 0..100 {
        budgets.budget(key);
    }
    assert_eq!(keys(&budgets), ["99", "drawn"]);
    advance(TTL.saturating_sub(Duration::from_millis(1))).await;
    for key in 100..200 {
        budgets.budget(key);
    }
    assert_eq!(keys(&budgets), ["199", "drawn"]);
    advance(Duration::from_millis(1)).await;
    for key in 200..300 {
        budgets.budget(key);
    }
    assert_eq!(keys(&budgets), ["298", "299"]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_pay_more_in_than_was_spent_let_a_key_go() {
    let budgets = budgets("budgets-paid", 1);
    assert_eq!(spend(&budgets.budget("busy"), 1), 1);
    for calls in 0..10 {
        budgets.budget("new");
        assert_eq!(keys(&budgets), ["busy"], "after {calls} calls");
        drop(budgets.budget("busy").begin(Instant::now()));
        advance(PAUSE).await;
    }
    budgets.budget("new");
    assert_eq!(keys(&budgets), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn keys_without_a_place_share_one_budget() {
    let budgets = budgets("budgets-overflow", 2);
    for key in ["a", "b"] {
        assert_eq!(spend(&budgets.budget(key), 1), 1);
    }
    assert_eq!(spend(&budgets.budget("c"), 4), 4);
    assert_eq!(spend(&budgets.budget("d"), u64::MAX), RESERVE - 4);
    assert_eq!(spend(&budgets.budget("e"), 1), 0);
    assert_eq!(budgets.overflow().balance(Instant::now()), 0);
    assert_eq!(budgets.key_counts().overflowed, 3);
    assert!(budgets.get("c").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_too_long_is_not_kept() {
    let budgets = budgets("budgets-long", 10);
    spend(&budgets.budget(&*"x".repeat(259)), 1);
    spend(&budgets.budget(&*"x".repeat(260)), 3);
    assert_eq!((budgets.len(), budgets.key_counts().too_long), (1, 1));
    assert_eq!(budgets.overflow().balance(Instant::now()), RESERVE - 3);
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_outlasts_any_number_of_keys_seen_once() {
    let budgets = budgets("budgets-hot", 100);
    for key in 0..10_000 {
        drop(budgets.budget(key));
        drop(budgets.budget("hot").begin(Instant::now()));
    }
    let hot = budgets.get("hot").unwrap().balance(Instant::now());
    assert_eq!(hot, RESERVE + 1_000, "it was never forgotten");
}

#[tokio::test(start_paused = true)]
async fn who_holds_a_budget_keeps_its_place() {
    let budgets = budgets("budgets-held", 1);
    let held = budgets.budget("a");
    for _ in 0..3 {
        budgets.budget("b");
    }
    assert_eq!(spend(&held, RESERVE), RESERVE);
    drop(held);
    assert_eq!(spend(&budgets.budget("a"), 1), 0, "the key has the same budget");
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_keeps_the_place_of_its_key_and_so_does_a_retry() {
    for each in [Config::from(ShareBudget::default()), CostBudget::default().into()] {
        let config = Config::builder(each.each()).max_keys(1).build().unwrap();
        let budgets = KeyedRetryBudget::unlisted(Name::from_static("budgets-in-flight"), config);
        let call = budgets.budget("a").begin(Instant::now());
        for _ in 0..3 {
            budgets.budget("b");
        }
        assert_eq!(keys(&budgets), ["a"]);
        let retry = budgets.budget("a").withdraw(Instant::now(), Cause::Failure).unwrap();
        drop(call);
        advance(PAUSE).await;
        for _ in 0..3 {
            budgets.budget("b");
        }
        assert_eq!(keys(&budgets), ["a"]);
        retry.succeeded();
        advance(PAUSE).await;
        for _ in 0..2 {
            budgets.budget("b");
        }
        assert_eq!(keys(&budgets), ["b"], "{each:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_by_cost_makes_room_only_when_it_is_full() {
    let config = Config::builder(CostBudget::default()).max_keys(1).build().unwrap();
    let budgets = KeyedRetryBudget::unlisted(Name::from_static("budgets-cost"), config);
    assert_eq!(spend(&budgets.budget("a"), 1), 1);
    for _ in 0..3 {
        budgets.budget("b");
    }
    assert_eq!(keys(&budgets), ["a"]);
    for _ in 0..5 {
        budgets.budget("a").begin(Instant::now()).succeeded();
    }
    advance(PAUSE).await;
    for _ in 0..2 {
        budgets.budget("b");
    }
    assert_eq!(keys(&budgets), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn settings_that_were_changed_by_hand_are_not_forgotten() {
    let budgets = budgets("budgets-changed", 1);
    let more = tokens().to_builder().min_per_sec(2).build().unwrap();
    budgets.budget("a").update(more, Instant::now()).unwrap();
    for _ in 0..3 {
        budgets.budget("b");
        advance(IDLE_FOR).await;
    }
    assert_eq!(budgets.evict_idle(), 0);
    assert_eq!(budgets.get("a").and_then(|a| a.token_config()), Some(more));
}
