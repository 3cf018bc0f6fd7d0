mod naive;
mod settings;
mod update;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::{
    Cause, CostBudget, RetryBudget, ShareBudget, config::TokenBudget, deposits::Deposits,
    named::Balance, token::Tokens,
};
use crate::{name::Name, ratio::Ratio};

fn budget(min_per_sec: u32, ratio: f64) -> Tokens {
    let config = TokenBudget::builder()
        .min_per_sec(min_per_sec)
        .ratio(Ratio::new(ratio).unwrap())
        .build()
        .unwrap();
    Tokens::new(config)
}

fn granted(budget: &Tokens, now: Instant) -> u64 {
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
async fn sums_that_are_full_grant_nothing() {
    let budget = budget(100_000, 10.0);
    budget.deposit(Instant::now());
    let six_years = Duration::from_hours(6 * 365 * 24);
    for _ in 0..2 {
        advance(six_years).await;
        let now = Instant::now();
        budget.deposit(now);
        assert_eq!((budget.balance(now), budget.withdraw(now)), (0, false));
    }
}

#[test]
fn a_sum_that_is_full_stays_full() {
    for alone in [true, false] {
        let deposits = Deposits::default();
        for _ in 0..3 {
            deposits.add(u64::MAX / 2 + 1, 10, alone);
        }
        assert_eq!((deposits.sum(), deposits.sum_before(11)), (u64::MAX, u64::MAX));
    }
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
fn threads_that_withdraw_at_once_get_no_token_twice() {
    const TOKENS: u64 = 200_000;
    let now = Instant::now();
    let budget = budget(0, 1.0);
    (0..TOKENS).for_each(|_| budget.deposit(now));
    let start = Barrier::new(4);
    let take = || {
        start.wait();
        granted(&budget, now)
    };
    let taken = std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(take));
        threads.map(|thread| thread.join().unwrap()).into_iter().sum::<u64>()
    });
    assert_eq!(taken, TOKENS);
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
        let start = budget.origin;
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

const NAME: Name = Name::from_static("budget-test");

fn share(percent: u32, min_concurrency: u32) -> RetryBudget {
    let config = ShareBudget::builder().max_ratio(Ratio::percent(percent));
    RetryBudget::share(NAME, config.min_concurrency(min_concurrency).build().unwrap())
}

#[test]
fn clones_share_one_balance_and_the_name() {
    let now = Instant::now();
    let config = TokenBudget::builder().min_per_sec(0).ratio(Ratio::ONE).build().unwrap();
    let budget = RetryBudget::token(NAME, config);
    drop(budget.clone().begin(now));
    assert_eq!((budget.balance(now), budget.name()), (1, NAME));
    assert!(budget.withdraw(now, Cause::Failure).is_some());
    assert!(budget.clone().withdraw(now, Cause::Failure).is_none());
}

#[test]
fn retries_in_flight_are_held_to_their_share_of_all_calls() {
    let now = Instant::now();
    let budget = share(50, 1);
    let first = budget.begin(now);
    let one = budget.withdraw(now, Cause::Failure).expect("there is always place for one");
    // One of two is no more than half; two of three is.
    let two = budget.withdraw(now, Cause::Failure).expect("half of the calls are retries");
    assert!(budget.withdraw(now, Cause::Failure).is_none());
    assert_eq!(budget.balance(now), 0);
    drop(two);
    assert_eq!(budget.balance(now), 1);
    drop((first, one));
    let _extra = budget.begin_extra();
    assert!(budget.withdraw(now, Cause::Failure).is_none(), "all calls in flight are retries");
}

#[test]
fn a_few_retries_are_granted_whatever_their_share() {
    let budget = share(0, 3);
    let now = Instant::now();
    let granted: Vec<_> = (0..9).filter_map(|_| budget.withdraw(now, Cause::Failure)).collect();
    assert_eq!(granted.len(), 3);
    drop(granted);
    assert_eq!(budget.balance(now), 3);
    assert_eq!(share(100, 0).balance(now), u64::from(u32::MAX), "all calls may be retries");
}

#[tokio::test(start_paused = true)]
async fn by_default_a_budget_has_a_reserve_for_services_that_are_seldom_called() {
    let now = Instant::now();
    let token = RetryBudget::token(NAME, TokenBudget::default());
    assert_eq!(token.balance(now), 100, "ten a second for ten seconds");
    let share = RetryBudget::share(NAME, ShareBudget::default());
    let granted: Vec<_> = (0..9).map_while(|_| share.withdraw(now, Cause::Failure)).collect();
    assert_eq!(granted.len(), 3, "though no other call is in flight");
}

#[test]
fn threads_together_never_pass_the_share() {
    let now = Instant::now();
    let budget = share(0, 3);
    let running = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    let call = budget.begin(now);
                    if let Some(retry) = budget.withdraw(now, Cause::Failure) {
                        assert!(running.fetch_add(1, Ordering::SeqCst) < 3);
                        running.fetch_sub(1, Ordering::SeqCst);
                        drop(retry);
                    }
                    drop(call);
                }
            });
        }
    });
    assert_eq!(budget.balance(now), 3, "everything was given back");
}

#[test]
fn a_retry_costs_by_its_cause_and_gets_it_back_when_it_succeeds() {
    let now = Instant::now();
    let config = CostBudget::builder().capacity(20).build().unwrap();
    let budget = RetryBudget::cost(NAME, config);
    assert_eq!(budget.balance(now), 4);
    let retry = budget.withdraw(now, Cause::Timeout).expect("20 pay for 10");
    assert_eq!(budget.balance(now), 2);
    retry.succeeded();
    assert_eq!(budget.balance(now), 4);
    for _ in 0..4 {
        drop(budget.withdraw(now, Cause::Failure).expect("20 pay for four times 5"));
    }
    assert!(budget.withdraw(now, Cause::Failure).is_none());
    // A first attempt that succeeds brings one, one that fails nothing.
    drop(budget.begin(now));
    for _ in 0..4 {
        budget.begin(now).succeeded();
    }
    assert!(budget.withdraw(now, Cause::Failure).is_none());
    budget.begin(now).succeeded();
    assert!(budget.withdraw(now, Cause::Failure).is_some());
    for _ in 0..100 {
        budget.begin(now).succeeded();
    }
    assert_eq!(budget.balance(now), 4, "never more than the capacity");
}
