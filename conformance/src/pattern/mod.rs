//! One file for each pattern that cases speak of.

mod backoff;
mod composition;
mod fault_injection;
mod retry;
mod retry_after;
mod retry_budget;
mod timeout;

pub(crate) use backoff::backoff;

use crate::{
    case::Case,
    run::drive,
    verdict::{Gap, Stop},
};

/// Holds the crate to `case`, by its pattern.
pub(crate) async fn run(case: &Case) -> Result<(), Stop> {
    match case.pattern.as_str() {
        "backoff" => drive::<backoff::Delays>(case).await,
        "composition" => drive::<composition::Composed>(case).await,
        "fault_injection" => drive::<fault_injection::Injected>(case).await,
        "retry" => drive::<retry::Retried>(case).await,
        "retry_after" => drive::<retry_after::Hint>(case).await,
        "retry_budget" => drive::<retry_budget::Withdrawn>(case).await,
        "timeout" => drive::<timeout::Limited>(case).await,
        other => Err(Gap::new(format!("pattern {other}")).into()),
    }
}
