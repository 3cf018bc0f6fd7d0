use anyhow::Context;

use super::debt::Debt;
use super::service::STOP;
use super::token::token;
use super::{Container, FaultFlag, http};

/// Gives a container what it is owed, and tells whether it was owed anything: one that was removed,
/// or that somebody else has started since, is not. Nor is one without the flag that armed its
/// fault.
///
/// # Errors
///
/// When its engine cannot be reached or refuses, or its service does not come up.
pub(super) async fn pay(debt: &Debt) -> anyhow::Result<bool> {
    let which = debt.container();
    let container = Container::find(which.clone()).await?;
    let http = http::client()?;
    // As late as can be: between this look and the stop nobody should be faster.
    let Some(state) = container.state().await? else { return Ok(false) };
    match debt {
        Debt::Start { ended, .. } => {
            if state.running && state.started != *ended {
                return Ok(false);
            }
            // The request that ends it may still be under way: it has to come first.
            container.stop(STOP).await?;
            container.start(&http).await?;
        }
        Debt::Disarm { what, flag, .. } => {
            if !state.running {
                return Ok(false);
            }
            let shown = || format!("cannot disarm the fault in the {which} ({what})");
            let operators = state.operators.context("its port for operators is not published");
            let service = format!("http://{}", operators.with_context(shown)?);
            let flag = FaultFlag::new(http, service, token(&container).await?, flag.clone());
            // It may have been noted and never set, or have gone with a restart.
            if flag.state().await.with_context(shown)?.is_none() {
                return Ok(false);
            }
            flag.clear().await.with_context(shown)?;
        }
    }
    Ok(true)
}

/// How it is told that a debt is about to be paid.
pub(super) fn announced(debt: &Debt) -> String {
    match debt {
        Debt::Start { container, .. } => format!("the {container} is started again"),
        Debt::Disarm { container, .. } => format!("the fault in the {container} is disarmed"),
    }
}

/// How a debt that could not be paid is told of in a message.
pub(super) fn told(debt: &Debt) -> String {
    match debt {
        Debt::Start { container, .. } => format!("the {container} is not started again"),
        Debt::Disarm { container, .. } => format!("the fault in the {container} is not disarmed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fake_engine::FakeEngine;

    fn start(engine: &FakeEngine) -> Debt {
        Debt::Start { container: engine.which(), ended: FakeEngine::started(1) }
    }

    fn disarm(engine: &FakeEngine) -> Debt {
        let (what, flag) = ("slow".to_owned(), FakeEngine::FLAG.to_owned());
        Debt::Disarm { container: engine.which(), what, flag }
    }

    #[tokio::test]
    async fn a_container_that_is_down_is_started() {
        let engine = FakeEngine::start().await;
        engine.take_down();
        assert!(pay(&start(&engine)).await.unwrap());
        assert_eq!(engine.calls(), ["stop", "start"]);
    }

    #[tokio::test]
    async fn the_end_of_a_container_may_still_be_under_way_and_comes_first() {
        let engine = FakeEngine::start().await;
        pay(&start(&engine)).await.unwrap();
        assert_eq!(engine.calls(), ["stop", "start"]);
        let state = engine.container().await.state().await.unwrap().unwrap();
        assert!(state.running && state.started == FakeEngine::started(2));
    }

    #[tokio::test]
    async fn a_container_that_somebody_has_started_or_removed_is_owed_nothing() {
        let engine = FakeEngine::start().await;
        engine.start_anew();
        assert!(!pay(&start(&engine)).await.unwrap());
        engine.remove();
        assert!(!pay(&start(&engine)).await.unwrap());
        assert!(!pay(&disarm(&engine)).await.unwrap());
        assert!(engine.calls().is_empty(), "{:?}", engine.calls());
    }

    #[tokio::test]
    async fn a_fault_is_disarmed_where_its_service_runs() {
        let engine = FakeEngine::start().await;
        assert!(pay(&disarm(&engine)).await.unwrap());
        assert_eq!(engine.calls(), ["disarm"]);
        engine.take_down();
        assert!(!pay(&disarm(&engine)).await.unwrap());
        assert_eq!(engine.calls(), ["disarm"], "it went with its service");
    }

    #[tokio::test]
    async fn a_fault_in_a_service_with_another_token_than_its_container_says_is_an_error() {
        let engine = FakeEngine::start().await;
        engine.expect("another");
        let error = format!("{:#}", pay(&disarm(&engine)).await.unwrap_err());
        assert!(error.contains("401"), "{error}");
        assert!(engine.calls().is_empty(), "{:?}", engine.calls());
    }

    #[tokio::test]
    async fn a_flag_that_was_never_set_or_went_with_a_restart_is_owed_nothing() {
        let engine = FakeEngine::start().await;
        let (what, flag) = ("slow".to_owned(), "another".to_owned());
        let debt = Debt::Disarm { container: engine.which(), what, flag };
        assert!(!pay(&debt).await.unwrap());
        engine.start_anew();
        assert!(!pay(&disarm(&engine)).await.unwrap(), "it went with the restart");
        assert!(engine.calls().is_empty(), "{:?}", engine.calls());
    }
}
