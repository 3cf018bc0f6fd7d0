//! Other settings for a budget that is in use.

use super::*;

const TTL: Duration = Duration::from_secs(10);

fn config(min_per_sec: u32, percent: u32) -> TokenBudget {
    let config = TokenBudget::builder().min_per_sec(min_per_sec).ratio(Ratio::percent(percent));
    config.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn deposits_from_then_on_are_of_the_new_ratio_and_those_before_stay() {
    let budget = budget(0, 0.1);
    let now = Instant::now();
    (0..100).for_each(|_| budget.deposit(now));
    budget.update(|_| Ok(config(0, 50)), now).unwrap();
    assert_eq!(budget.balance(now), 10);
    (0..100).for_each(|_| budget.deposit(now));
    assert_eq!(granted(&budget, now), 60);
}

#[tokio::test(start_paused = true)]
async fn the_reserve_reaches_its_new_size_in_one_ttl_and_nothing_is_spent_twice() {
    for (before, after) in [(10, 100), (100, 10), (100, 0), (0, 10)] {
        let budget = budget(before, 0.0);
        advance(Duration::from_mins(7)).await;
        let full = u64::from(before) * 10;
        assert_eq!(granted(&budget, Instant::now()), full, "{before}");
        budget.update(|_| Ok(config(after, 0)), Instant::now()).unwrap();
        assert_eq!(granted(&budget, Instant::now()), 0, "{before} to {after}");
        let mut all = 0;
        for tenth in 1..=20 {
            advance(TTL / 10).await;
            let got = granted(&budget, Instant::now());
            assert_eq!(got, u64::from(after), "{before} to {after}, tenth {tenth}");
            all += got;
        }
        assert_eq!(all, 20 * u64::from(after));
        advance(Duration::from_hours(1)).await;
        assert_eq!(granted(&budget, Instant::now()), 10 * u64::from(after), "full again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reserve_that_is_there_expires_as_it_came() {
    let budget = budget(100, 0.0);
    let at = |tenths: u32| Instant::now() + TTL / 10 * tenths;
    let balances = [0, 1, 5, 9, 10, 11].map(at);
    budget.update(|_| Ok(config(0, 0)), Instant::now()).unwrap();
    assert_eq!(balances.map(|at| budget.balance(at)), [1_000, 900, 500, 100, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn changes_after_each_other_lose_and_make_no_token() {
    let budget = budget(10, 0.0);
    let mut granted_in_all = granted(&budget, Instant::now());
    for min_per_sec in [20, 5, 0, 40, 40] {
        advance(TTL * 3).await;
        granted_in_all += granted(&budget, Instant::now());
        budget.update(|_| Ok(config(min_per_sec, 0)), Instant::now()).unwrap();
    }
    // Full at first, and a full reserve of each setting but the last.
    assert_eq!(
        granted_in_all,
        100 + [10, 20, 5, 0, 40].map(|per_sec| per_sec * 10).iter().sum::<u64>()
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_change_is_refused_and_named() {
    let now = Instant::now();
    let tokens = RetryBudget::token(Name::from_static("budget-update"), config(10, 20));
    let other = TokenBudget::builder().ttl(TTL * 2).min_per_sec(1).build().unwrap();
    let error = tokens.update(other, now).unwrap_err();
    assert_eq!(error.to_string(), "ttl is 20s, but must be 10s to 10s");
    assert_eq!(tokens.token_config(), Some(config(10, 20)), "as a whole");

    let share = RetryBudget::share(Name::from_static("budget-update"), ShareBudget::default());
    let error = share.update(config(10, 20), now).unwrap_err();
    assert_eq!(error.to_string(), "budget is token, but must be share, as it was made");
    assert_eq!(share.token_config(), None);
}

#[tokio::test(start_paused = true)]
async fn two_changes_within_a_ttl_lose_and_make_no_token() {
    for between in [100_000, 0] {
        let budget = budget(10, 0.0);
        advance(Duration::from_hours(1)).await;
        let at = |tenths: u32| Instant::now() + TTL / 10 * tenths;
        let expected = [0, 1, 5, 10, 30].map(at).map(|at| budget.balance(at));
        budget.update(|_| Ok(config(between, 0)), Instant::now()).unwrap();
        budget.update(|_| Ok(config(10, 0)), Instant::now()).unwrap();
        let balances = [0, 1, 5, 10, 30].map(at).map(|at| budget.balance(at));
        assert_eq!(balances, expected, "{between} in between");
        // One that is told of an earlier time than the last changes nothing of what was brought.
        let earlier = Instant::now().checked_sub(TTL / 2).unwrap();
        budget.update(|_| Ok(config(10, 0)), earlier).unwrap();
        assert_eq!([0, 1, 5, 10, 30].map(at).map(|at| budget.balance(at)), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_told_of_an_earlier_time_than_the_last_holds_from_that_on() {
    let budget = budget(10, 0.0);
    advance(Duration::from_hours(1)).await;
    let now = Instant::now();
    budget.update(|_| Ok(config(0, 0)), now).unwrap();
    let earlier = now.checked_sub(TTL / 2).unwrap();
    budget.update(|_| Ok(config(100, 0)), earlier).unwrap();
    assert_eq!(budget.balance(now), 100, "what was brought by then stays");
    assert_eq!(budget.balance(now + TTL / 10), 100 - 10 + 100);
}
