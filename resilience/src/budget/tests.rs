use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::{RetryBudget, TokenBudget};
use crate::{name::Name, ratio::Ratio};

fn budget(min_per_sec: u32, ratio: f64) -> RetryBudget {
    let config = TokenBudget::builder()
        .min_per_sec(min_per_sec)
        .ratio(Ratio::new(ratio).unwrap())
        .build()
        .unwrap();
    RetryBudget::token(Name::from_static("budget-test"), config)
}

fn granted(budget: &RetryBudget, now: Instant) -> u64 {
    (0..1_000_000).take_while(|_| budget.withdraw(now)).count() as u64
}

#[tokio::test(start_paused = true)]
async fn any_ratio_is_granted_exactly() {
    let now = Instant::now();
    let third = 1.0 / 3.0;
    for (ratio, tokens) in [
        (0.1, 1_000),
        (0.3, 3_000),
        (third, 3_333),
        (0.4, 4_000),
        (0.6, 6_000),
        (0.75, 7_500),
        (0.9, 9_000),
        (0.0001, 1),
        (2.0, 20_000),
        (0.0, 0),
    ] {
        let budget = budget(0, ratio);
        for _ in 0..10_000 {
            budget.deposit(now);
        }
        assert_eq!(budget.balance(now), tokens, "ratio {ratio}");
        assert_eq!(granted(&budget, now), tokens, "ratio {ratio}");
        assert_eq!(budget.balance(now), 0, "ratio {ratio}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_budget_holds_its_reserve_and_refills_it_by_the_second() {
    let budget = budget(10, 0.2);
    assert_eq!(granted(&budget, Instant::now()), 100);
    advance(Duration::from_millis(999)).await;
    assert_eq!(budget.balance(Instant::now()), 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(granted(&budget, Instant::now()), 10);
    advance(Duration::from_hours(1)).await;
    assert_eq!(granted(&budget, Instant::now()), 100, "an hour gathers no more than one ttl");
}

#[tokio::test(start_paused = true)]
async fn a_deposit_expires_with_the_slot_in_which_it_was_made() {
    let budget = budget(0, 1.0);
    budget.deposit(Instant::now());
    advance(Duration::from_millis(9_999)).await;
    assert_eq!(budget.balance(Instant::now()), 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!(budget.balance(Instant::now()), 0);
}

#[tokio::test(start_paused = true)]
async fn deposits_of_a_quiet_hour_ago_fund_no_storm() {
    let budget = budget(0, 1.0);
    for _ in 0..1_000 {
        budget.deposit(Instant::now());
    }
    advance(Duration::from_hours(1)).await;
    budget.deposit(Instant::now());
    assert_eq!(granted(&budget, Instant::now()), 1);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_tokens_are_spent_first() {
    let budget = budget(0, 1.0);
    budget.deposit(Instant::now());
    advance(Duration::from_secs(5)).await;
    budget.deposit(Instant::now());
    assert!(budget.withdraw(Instant::now()));
    advance(Duration::from_secs(5)).await;
    assert_eq!(budget.balance(Instant::now()), 1, "the one of five seconds ago is left");
}

#[tokio::test(start_paused = true)]
async fn clones_share_one_balance() {
    let budget = budget(0, 1.0);
    budget.clone().deposit(Instant::now());
    assert!(budget.withdraw(Instant::now()));
    assert!(!budget.clone().withdraw(Instant::now()));
}

#[test]
fn threads_together_get_exactly_what_was_deposited() {
    let now = Instant::now();
    let budget = budget(0, 0.3);
    let granted = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    budget.deposit(now);
                    if budget.withdraw(now) {
                        granted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let left = self::granted(&budget, now);
    assert_eq!(granted.into_inner() + left, 12_000);
}

#[test]
fn a_setting_out_of_range_is_named() {
    let errors = TokenBudget::builder().ttl(Duration::ZERO).build().unwrap_err();
    assert_eq!(errors.to_string(), "ttl is 0ns, but must be 1s to 10min");
}

proptest! {
    #[test]
    fn the_balance_equals_the_naive_one(
        percent in 0u32..300,
        min_per_sec in 0u32..5,
        steps in prop::collection::vec((0u64..4_000, 0u32..8, 0u32..8), 0..60),
    ) {
        let budget = budget(min_per_sec, f64::from(percent) / 100.0);
        let start = budget.shared.origin;
        // Tokens in hundredths, by slot of one second, oldest first; the reserve first.
        let reserve = u64::from(min_per_sec) * 100;
        let mut slots: Vec<(u64, u64)> = (1..=10).map(|slot| (slot, reserve)).collect();
        let mut now_ms = 0;
        for (pause, deposits, withdrawals) in steps {
            now_ms += pause;
            let now = start + Duration::from_millis(now_ms);
            let slot = now_ms / 1_000 + 10;
            while slots.last().is_none_or(|last| last.0 < slot) {
                let next = slots.last().map_or(slot, |last| last.0 + 1);
                slots.push((next, reserve));
            }
            slots.retain(|(made, _)| made + 10 > slot);
            for _ in 0..deposits {
                budget.deposit(now);
                slots.last_mut().unwrap().1 += u64::from(percent);
            }
            for _ in 0..withdrawals {
                let has_token = slots.iter().map(|slot| slot.1).sum::<u64>() >= 100;
                prop_assert_eq!(budget.withdraw(now), has_token);
                let mut due = if has_token { 100 } else { 0 };
                for slot in &mut slots {
                    let taken = slot.1.min(due);
                    slot.1 -= taken;
                    due -= taken;
                }
            }
            let left = slots.iter().map(|slot| slot.1).sum::<u64>() / 100;
            prop_assert_eq!(budget.balance(now), left);
        }
    }
}
