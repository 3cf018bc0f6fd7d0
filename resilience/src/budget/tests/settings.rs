//! What the settings come to.

use tokio::time::{Duration, Instant};

use super::{
    super::{
        named::Balance,
        share::Share,
        token::{Tokens, units},
    },
    NAME,
};
use crate::{
    budget::{CostBudget, RetryBudget, ShareBudget, TokenBudget},
    ratio::Ratio,
    telemetry::samples,
};

#[test]
fn settings_are_those_that_were_given() {
    let token = TokenBudget::builder().ttl(Duration::from_secs(7)).min_per_sec(3);
    let token = token.ratio(Ratio::percent(40)).build().unwrap();
    let given = (Duration::from_secs(7), 3, Ratio::percent(40));
    assert_eq!((token.ttl(), token.min_per_sec(), token.ratio()), given);
    let share = ShareBudget::builder().max_ratio(Ratio::percent(40)).min_concurrency(7);
    let share = share.build().unwrap();
    assert_eq!((share.max_ratio(), share.min_concurrency()), (Ratio::percent(40), 7));
    assert_eq!(CostBudget::builder().capacity(7).build().unwrap().capacity(), 7);
}

#[test]
fn a_deposit_is_worth_its_millionths_exactly_and_what_lies_between_is_rounded_up() {
    for millionths in (0..=1_000_000_u32).step_by(7).chain([70_000, 1_100_000]) {
        assert_eq!(units(f64::from(millionths) / 1e6), u64::from(millionths));
    }
    assert_eq!((units(1.0 / 3.0), units(2.0 / 3.0), units(1e-7)), (333_334, 666_667, 1));
}

#[test]
fn a_balance_shows_no_more_than_a_hundred_thousand() {
    let config = ShareBudget::builder().max_ratio(Ratio::percent(99)).build().unwrap();
    let share = Share::new(config);
    for _ in 0..10_000 {
        share.begin();
    }
    assert_eq!(share.balance(Instant::now()), 100_000);
}

#[test]
fn a_gauge_shows_what_would_be_granted() {
    let budget = RetryBudget::cost(NAME, CostBudget::builder().capacity(20).build().unwrap());
    let metric = "resilience_retry_budget_tokens";
    let shows = |value: f64| {
        let is_it = |sample: &crate::telemetry::Sample| {
            sample.policy == NAME && sample.metric == metric && (sample.value - value).abs() < 0.1
        };
        samples().iter().any(is_it)
    };
    assert!(shows(4.0), "20 pay for four retries");
    drop(budget);
}

#[test]
fn tokens_of_the_shortest_life_are_counted_by_slots_of_their_own() {
    let config = TokenBudget::builder().ttl(Duration::from_secs(1)).min_per_sec(0);
    let tokens = Tokens::new(config.ratio(Ratio::ONE).build().unwrap());
    let at = |millis| tokens.origin + Duration::from_millis(millis);
    tokens.deposit(at(0));
    tokens.deposit(at(150));
    assert_eq!((tokens.balance(at(999)), tokens.balance(at(1_000))), (2, 1));
    assert_eq!((tokens.balance(at(1_099)), tokens.balance(at(1_100))), (1, 0));
}

#[test]
fn settings_of_every_kind_are_checked() {
    let share = ShareBudget::builder().max_ratio(Ratio::percent(101)).min_concurrency(100_001);
    assert_eq!(share.build().unwrap_err().iter().count(), 2);
    let cost = CostBudget::builder().capacity(0).retry_cost(0).timeout_cost(0);
    assert_eq!(cost.build().unwrap_err().iter().count(), 3);
}
