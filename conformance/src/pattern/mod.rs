//! One file for each pattern that cases speak of.

mod backoff;
mod circuit_breaker;
mod composition;
mod fault_injection;
mod retry;
mod retry_after;
mod retry_budget;
mod sliding_window;
mod timeout;

pub(crate) use backoff::backoff;

use crate::{
    breaker::{Layered, Machine, Way},
    case::Case,
    run::drive,
    verdict::{Gap, Stop},
};

/// Holds the crate to `case`, by its pattern.
pub(crate) async fn run(case: &Case) -> Result<(), Stop> {
    match case.pattern.as_str() {
        "backoff" => drive::<backoff::Delays>(case).await,
        "circuit_breaker" => {
            on::<Machine>(case).await?;
            on::<Layered>(case).await
        }
        "composition" => drive::<composition::Composed>(case).await,
        "fault_injection" => drive::<fault_injection::Injected>(case).await,
        "retry" => drive::<retry::Retried>(case).await,
        "retry_after" => drive::<retry_after::Hint>(case).await,
        "retry_budget" => drive::<retry_budget::Withdrawn>(case).await,
        "sliding_window" => drive::<sliding_window::Slid>(case).await,
        "timeout" => drive::<timeout::Limited>(case).await,
        other => Err(Gap::new(format!("pattern {other}")).into()),
    }
}

/// Holds a breaker that is reached in this way to `case`.
async fn on<W: Way>(case: &Case) -> Result<(), Stop> {
    drive::<circuit_breaker::Breakers<W>>(case).await.map_err(|stop| stop.on(W::NAME))
}
