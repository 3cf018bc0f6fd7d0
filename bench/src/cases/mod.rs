//! What is measured.

mod breaker;
mod budget;
mod fault;
mod keyed;
mod refusal;
mod retry;
mod scale;
mod stack;
mod threads;
mod timeout;

pub(crate) use stack::{WITH_FAILSAFE, WITH_RECLOSER, with_failsafe, with_recloser};

use crate::harness::Case;

/// All cases that come to a row for each subject, in the order of the report.
pub(crate) fn all() -> Vec<Case> {
    let groups = [
        scale::cases(),
        breaker::cases(),
        keyed::cases(),
        refusal::cases(),
        threads::cases(),
        retry::cases(),
        budget::cases(),
        timeout::cases(),
        fault::cases(),
        stack::cases(),
    ];
    groups.into_iter().flatten().collect()
}
