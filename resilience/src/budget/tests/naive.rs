//! The budgets that need no time against naive ones.

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::budget::{Granted, InFlight};

/// What a caller does; a number chooses among what is in flight.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    Ends(usize),
    Succeeds(usize),
    Retry(Cause),
    Extra,
    RetryEnds(usize),
    RetrySucceeds(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Begin),
        1 => any::<usize>().prop_map(Step::Ends),
        2 => any::<usize>().prop_map(Step::Succeeds),
        4 => Just(Step::Retry(Cause::Failure)),
        1 => Just(Step::Retry(Cause::Timeout)),
        1 => Just(Step::Extra),
        1 => any::<usize>().prop_map(Step::RetryEnds),
        1 => any::<usize>().prop_map(Step::RetrySucceeds),
    ];
    prop::collection::vec(step, 0..80)
}

fn pick<T>(from: &mut Vec<T>, number: usize) -> Option<T> {
    (!from.is_empty()).then(|| from.swap_remove(number % from.len()))
}

/// Takes `step` where it is possible, and says whether a retry was granted if one was asked for.
fn take(
    step: Step,
    budget: &RetryBudget,
    calls: &mut Vec<InFlight>,
    retries: &mut Vec<Granted>,
) -> Option<bool> {
    let now = Instant::now();
    match step {
        Step::Begin => calls.push(budget.begin(now)),
        Step::Ends(number) => drop(pick(calls, number)),
        Step::Succeeds(number) => pick(calls, number).map_or((), InFlight::succeeded),
        Step::Retry(cause) => {
            let granted = budget.withdraw(now, cause);
            let is_granted = granted.is_some();
            retries.extend(granted);
            return Some(is_granted);
        }
        Step::Extra => retries.push(budget.begin_extra()),
        Step::RetryEnds(number) => drop(pick(retries, number)),
        Step::RetrySucceeds(number) => pick(retries, number).map_or((), Granted::succeeded),
    }
    None
}

proptest! {
    #[test]
    fn a_share_equals_the_naive_one(
        percent in 0u32..=100,
        min_concurrency in 0u32..5,
        before in 0usize..150,
        steps in steps(),
    ) {
        let budget = share(percent, min_concurrency);
        let now = Instant::now();
        let mut calls: Vec<_> = (0..before).map(|_| budget.begin(now)).collect();
        let mut retries = Vec::new();
        let grants = |all: u64, retries: u64| {
            retries < u64::from(min_concurrency) || retries * 100 <= u64::from(percent) * all
        };
        for step in steps {
            let counts = (calls.len() + retries.len(), retries.len());
            let expected = grants(counts.0 as u64, counts.1 as u64);
            if let Some(granted) = take(step, &budget, &mut calls, &mut retries) {
                prop_assert_eq!(granted, expected, "{:?} of {:?}", step, counts);
            }
            if percent < 100 {
                let (all, retries) = ((calls.len() + retries.len()) as u64, retries.len() as u64);
                let more = (0..100_000).take_while(|more| grants(all + more, retries + more)).count();
                prop_assert_eq!(budget.balance(now), more as u64);
            }
        }
    }

    #[test]
    fn a_cost_equals_the_naive_one(
        capacity in 1u32..100,
        retry_cost in 1u32..20,
        timeout_cost in 1u32..20,
        success_refund in 0u32..10,
        steps in steps(),
    ) {
        let config = CostBudget::builder().capacity(capacity).retry_cost(retry_cost);
        let config = config.timeout_cost(timeout_cost).success_refund(success_refund);
        let budget = RetryBudget::cost(NAME, config.build().unwrap());
        let (mut calls, mut retries) = (Vec::new(), Vec::new());
        let mut left = capacity;
        // What each retry paid; one that nobody asked for paid nothing.
        let mut paid = Vec::new();
        for step in steps {
            let has_call = !calls.is_empty();
            let granted = take(step, &budget, &mut calls, &mut retries);
            let back = match step {
                Step::Succeeds(_) if has_call => success_refund,
                Step::RetrySucceeds(number) => pick(&mut paid, number).unwrap_or(0),
                Step::RetryEnds(number) => {
                    pick(&mut paid, number);
                    0
                }
                Step::Extra => {
                    paid.push(0);
                    0
                }
                Step::Retry(cause) => {
                    let cost = if cause == Cause::Timeout { timeout_cost } else { retry_cost };
                    prop_assert_eq!(granted, Some(left >= cost));
                    if left >= cost {
                        left -= cost;
                        paid.push(cost);
                    }
                    0
                }
                _ => 0,
            };
            left = (left + back).min(capacity);
            prop_assert_eq!(budget.balance(Instant::now()), u64::from(left / retry_cost));
        }
    }
}
