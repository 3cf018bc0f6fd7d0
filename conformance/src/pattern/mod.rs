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
pub(crate) use fault_injection::FaultKeys;
pub(crate) use retry::{are_told, plan};
pub(crate) use timeout::takes;

use crate::{
    alone,
    breaker::{Layered, Machine},
    case::Case,
    run::{Subject, drive},
    verdict::{Gap, Stop},
};

/// Holds the crate to `case`, by its pattern.
pub(crate) async fn run(case: &Case) -> Result<(), Stop> {
    match case.pattern.as_str() {
        "backoff" => drive::<backoff::Delays>(case).await,
        "circuit_breaker" => {
            twice::<circuit_breaker::Breakers<Machine>, circuit_breaker::Breakers<Layered>>(case)
                .await
        }
        "composition" => drive::<composition::Composed>(case).await,
        "fault_injection" => twice::<alone::Hit, fault_injection::Injected>(case).await,
        "retry" => twice::<alone::Retried, retry::Retried>(case).await,
        "retry_after" => drive::<retry_after::Hint>(case).await,
        "retry_budget" => drive::<retry_budget::Withdrawn>(case).await,
        "sliding_window" => drive::<sliding_window::Slid>(case).await,
        "timeout" => twice::<alone::Limited, timeout::Limited>(case).await,
        other => Err(Gap::new(format!("pattern {other}")).into()),
    }
}

/// Holds the machine alone to `case`, and then the layer around it.
async fn twice<Alone: Subject, Layered: Subject>(case: &Case) -> Result<(), Stop> {
    drive::<Alone>(case).await.map_err(|stop| stop.on("on the machine alone"))?;
    drive::<Layered>(case).await.map_err(|stop| stop.on("through the layer"))
}
