use std::path::Path;

use anyhow::{bail, ensure};
use jiff::Timestamp;

use super::service::STOP;
use super::{Container, Entry, Journal, State};

/// The container of a service, as this tool last knew it.
#[derive(Debug)]
pub(super) struct Attached {
    name: String,
    container: Container,
    http: reqwest::Client,
    /// When it was last started, as far as this tool knows.
    started: String,
    /// Whether it was taken down here and has to run again.
    owed: bool,
}

/// The databases of an order service in its container. The second is there after a crash only.
const DATABASE: &str = "/data/order.db";
const LOG_OF_DATABASE: &str = "/data/order.db-wal";

impl Attached {
    /// The service called `name` in messages, in `container`, which was last started at
    /// `started`.
    pub(super) const fn new(
        name: String,
        container: Container,
        http: reqwest::Client,
        started: String,
    ) -> Self {
        Self { name, container, http, started, owed: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How it ended since its last known start, if it did.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked.
    pub(super) async fn ended(&self) -> anyhow::Result<Option<String>> {
        Ok(match self.container.state().await? {
            None => Some("its container removed".to_owned()),
            Some(state) if !state.running => Some(format!("exit code {}", state.exit_code)),
            Some(state) if state.started != self.started => {
                Some(format!("a start of its container by somebody else, at {}", state.started))
            }
            Some(_) => None,
        })
    }

    /// Whether it is down since its last known start ended.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked.
    pub(super) async fn stayed_down(&self) -> anyhow::Result<bool> {
        let state = self.container.state().await?;
        Ok(state.is_none_or(|state| !state.running && state.started == self.started))
    }

    /// Kills it, noted before.
    ///
    /// # Errors
    ///
    /// When it cannot be noted, or the engine refuses.
    pub(super) async fn kill(&mut self, journal: &Journal) -> anyhow::Result<()> {
        self.owe(journal)?;
        self.container.kill().await
    }

    /// Starts it again and tells how it stands when it is ready.
    ///
    /// # Errors
    ///
    /// When the engine refuses or its service does not come up.
    pub(super) async fn restart(&mut self, journal: &Journal) -> anyhow::Result<State> {
        let state = self.container.start(&self.http).await?;
        journal.note(&Entry::ContainerUp { id: self.container.which().id.clone() })?;
        (self.started, self.owed) = (state.started.clone(), false);
        Ok(state)
    }

    /// Asks it to drain and stop, noted before.
    ///
    /// # Errors
    ///
    /// When it was stopped already, or does not end with code 0.
    pub(super) async fn stop(&mut self, journal: &Journal) -> anyhow::Result<()> {
        if let Some(how) = self.ended().await? {
            bail!("it ended with {how}, but should run until it is stopped");
        }
        self.owe(journal)?;
        let code = self.container.stop(STOP).await?;
        ensure!(
            code == 0,
            "it ended with exit code {code} within {STOP:?} of SIGTERM, but should stop with code 0"
        );
        Ok(())
    }

    /// The entry for a fault that `flag` is about to arm and that expires by `until`.
    pub(super) fn fault(&self, what: String, flag: String, until: Timestamp) -> Entry {
        Entry::ContainerFault { container: self.container.which().clone(), what, flag, until }
    }

    /// The entry for a fault that is disarmed.
    pub(super) fn mended(&self) -> Entry {
        Entry::ContainerMended { id: self.container.which().id.clone() }
    }

    /// Whether it was taken down here and has to run again.
    pub(super) const fn is_owed(&self) -> bool {
        self.owed
    }

    /// Copies its database to `to`, which is whole only while it does not run.
    ///
    /// # Errors
    ///
    /// When the engine refuses or there is none.
    pub(super) async fn copy_database(&self, to: &Path) -> anyhow::Result<()> {
        let found = self.container.copy_file(DATABASE, to).await?;
        ensure!(found, "there is no {DATABASE} in the {}", self.container.which());
        let mut log = to.as_os_str().to_owned();
        log.push("-wal");
        self.container.copy_file(LOG_OF_DATABASE, Path::new(&log)).await?;
        Ok(())
    }

    fn owe(&mut self, journal: &Journal) -> anyhow::Result<()> {
        let (container, started) = (self.container.which().clone(), self.started.clone());
        journal.note(&Entry::ContainerDown { container, started })?;
        self.owed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::target::fake_engine::FakeEngine;
    use crate::target::{http, settle};

    async fn body(engine: &FakeEngine) -> Attached {
        let http = http::client().unwrap();
        Attached::new("user".to_owned(), engine.container().await, http, FakeEngine::started(1))
    }

    #[tokio::test]
    async fn what_was_killed_is_owed_a_start_that_the_command_gives_it_at_its_end() {
        let (state, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let mut body = body(&engine).await;
        body.kill(&journal).await.unwrap();
        assert_eq!(body.ended().await.unwrap().unwrap(), "exit code 137");
        drop((body, journal));

        let settled = settle(state.path(), &|_| {}).await;
        assert_eq!((settled.started, settled.failed.len()), (1, 0));
        assert_eq!(engine.calls(), ["kill", "stop", "start"]);
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
        assert!(!settle(state.path(), &|_| {}).await.any());
    }

    #[tokio::test]
    async fn what_somebody_else_has_started_meanwhile_did_not_stay_down() {
        let (state, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let mut body = body(&engine).await;
        body.kill(&journal).await.unwrap();
        assert!(body.stayed_down().await.unwrap());
        engine.start_anew();
        assert!(!body.stayed_down().await.unwrap(), "it runs");
        engine.take_down();
        assert!(!body.stayed_down().await.unwrap(), "it has run");
    }

    #[tokio::test]
    async fn what_was_restarted_is_owed_nothing() {
        let (state, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let mut body = body(&engine).await;
        body.kill(&journal).await.unwrap();
        assert!(body.is_owed());
        let restarted = body.restart(&journal).await.unwrap();
        assert!(restarted.address.unwrap().ip().is_loopback() && !body.is_owed());
        assert_eq!(body.ended().await.unwrap(), None);
        drop((body, journal));
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_stop_that_is_not_clean_is_told_and_what_others_did_is_not_undone() {
        let (state, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start().await);
        let journal = Journal::open(state.path()).unwrap();
        let mut one = body(&engine).await;
        let error = one.stop(&journal).await.unwrap_err().to_string();
        assert!(error.contains("exit code 137") && one.is_owed(), "{error}");

        let mut other = body(&engine).await;
        let error = other.stop(&journal).await.unwrap_err().to_string();
        assert!(error.contains("should run until it is stopped") && !other.is_owed(), "{error}");
    }

    #[tokio::test]
    async fn a_container_that_others_have_started_or_removed_has_ended() {
        let engine = FakeEngine::start().await;
        let body = body(&engine).await;
        engine.start_anew();
        assert!(body.ended().await.unwrap().unwrap().contains("by somebody else"));
        engine.remove();
        assert_eq!(body.ended().await.unwrap().unwrap(), "its container removed");
    }
}
