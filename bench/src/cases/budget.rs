use std::{hint::black_box, num::NonZeroU32, time::Duration};

use ::tower::retry::budget::Budget as _;
use governor::{Quota, RateLimiter};
use resilience::budget::Cause;
use tokio::time::Instant;

use crate::{
    harness::{Case, Subject, work},
    subjects::{ours, tower, tower_resilience},
};

/// What time passes between two calls where it is given.
const STEP: Duration = Duration::from_nanos(100);

/// The budget of a retry by itself. Ours is given the time, as its layer is; the others read the
/// clock.
pub(super) fn cases() -> Vec<Case> {
    vec![deposit(), withdraw()]
}

fn deposit() -> Case {
    Case::timed(
        "budget-deposit",
        "budget: one deposit",
        vec![
            Subject::ours(|| {
                let (budget, mut now) = (ours::budget(), Instant::now());
                work(move |calls| {
                    for _ in 0..calls {
                        now += STEP;
                        drop(black_box(budget.begin(now)));
                    }
                })
            }),
            Subject::new(tower_resilience::NAME, || {
                let budget = tower_resilience::budget();
                work(move |calls| (0..calls).for_each(|_| budget.deposit()))
            }),
            Subject::new(tower::NAME, || {
                let budget = tower::budget();
                work(move |calls| (0..calls).for_each(|_| budget.deposit()))
            }),
        ],
    )
    .bound(9.0)
}

fn withdraw() -> Case {
    Case::timed(
        "budget-withdraw",
        "budget: one deposit and one withdrawal",
        vec![
            Subject::ours(|| {
                let (budget, mut now) = (ours::budget(), Instant::now());
                work(move |calls| {
                    for _ in 0..calls {
                        now += STEP;
                        drop(black_box(budget.begin(now)));
                        assert!(budget.withdraw(now, Cause::Failure).is_some(), "nothing left");
                    }
                })
            }),
            Subject::new(tower_resilience::NAME, || {
                let budget = tower_resilience::budget();
                work(move |calls| {
                    for _ in 0..calls {
                        budget.deposit();
                        assert!(budget.try_withdraw(), "nothing left");
                    }
                })
            }),
            Subject::new(tower::NAME, || {
                let budget = tower::budget();
                work(move |calls| {
                    for _ in 0..calls {
                        budget.deposit();
                        assert!(budget.withdraw(), "nothing left");
                    }
                })
            }),
            // A limit that no caller reaches: one withdrawal, and the deposits come with time. Its
            // clock is calibrated at the start, which takes more than the calls.
            Subject::new("governor, one check", || {
                let most = NonZeroU32::MAX;
                let limiter = RateLimiter::direct(Quota::per_second(most).allow_burst(most));
                work(move |calls| {
                    for _ in 0..calls {
                        assert!(limiter.check().is_ok(), "nothing left");
                    }
                })
            })
            .unsteady(),
        ],
    )
    .bound(20.0)
}
