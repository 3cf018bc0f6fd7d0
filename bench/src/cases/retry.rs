use std::{
    future::{Future, IntoFuture, ready},
    hint::black_box,
    time::Duration,
};

use backon::{ConstantBuilder, Retryable};

use crate::{
    harness::{Case, Load, Subject, asks, calls, finish, work},
    inner::{Answer, Down, Echo, Flaky},
    subjects::{ours, seatbelt, tower, tower_resilience},
};

const BACKON: &str = "backon, no budget";
const SEATBELT: &str = "seatbelt, no budget";
const DEADLINE: &str = "tower-bulwark, deadline alone";
const TIMEOUT: &str = "tower, timeout alone";

/// Retry with a budget.
pub(super) fn cases() -> Vec<Case> {
    vec![in_stack(), alone(), one_retry()]
}

fn in_stack() -> Case {
    Case::timed(
        "retry-in-stack",
        "retry with budget inside a stack, nothing retried: what it adds",
        vec![
            Subject::ours(|| asks(ours::deadline(ours::retry(ours::echo())))).over(DEADLINE),
            Subject::new(DEADLINE, || asks(ours::deadline(ours::echo()))),
            Subject::new(tower::NAME, || {
                calls(tower::timeout(tower::retry(Echo::<Down>::ready())))
            })
            .over(TIMEOUT),
            Subject::new(TIMEOUT, || calls(tower::timeout(Echo::<Down>::ready()))),
        ],
    )
    .bound(14.0)
}

fn alone() -> Case {
    Case::timed(
        "retry-alone",
        "retry with budget alone, nothing retried",
        vec![
            Subject::ours(|| calls(ours::retry(ours::echo()))),
            Subject::new(tower_resilience::NAME, || {
                calls(tower_resilience::retry(Echo::<Down>::ready()))
            }),
            Subject::new(tower::NAME, || calls(tower::retry(Echo::<Down>::ready()))),
            Subject::new(SEATBELT, || calls(seatbelt::retry(&seatbelt::exact(), Echo::ready()))),
            Subject::new(BACKON, || {
                backon(|number| async move { Answer::<Down>::new(number, 0).await })
            }),
        ],
    )
    .bound(36.0)
}

/// tower-resilience always waits.
fn one_retry() -> Case {
    Case::timed(
        "retry-once",
        "one retry without a wait, with budget",
        vec![
            Subject::ours(|| calls(ours::retry(Flaky::<ours::Failed>::new()))),
            Subject::new(tower::NAME, || calls(tower::retry(Flaky::<Down>::new()))),
            Subject::new(SEATBELT, || calls(seatbelt::retry(&seatbelt::exact(), Flaky::new()))),
            Subject::new(BACKON, || {
                let flaky = Flaky::<Down>::new();
                backon(move |number| ready(flaky.answer(number)))
            }),
        ],
    )
    .bound(50.0)
}

/// Calls of a function through backon, which knows no services.
fn backon<F>(answer: impl Fn(u64) -> F + Send + 'static) -> Box<dyn Load>
where
    F: Future<Output = Result<u64, Down>>,
{
    let waits = ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(2);
    work(move |calls| {
        let mut sum = 0;
        for number in 0..calls {
            let number = black_box(number);
            let retried = (|| answer(number)).retry(waits).sleep(|_| ready(()));
            sum += finish(retried.into_future()).expect("the second attempt succeeds");
        }
        assert_eq!(sum, calls * (calls + 1) / 2, "a call was answered by somebody else");
    })
}
