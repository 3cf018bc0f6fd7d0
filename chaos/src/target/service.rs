use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::container_body::Attached;
use super::http::CALL;
use super::launch::Launched;
use super::{Entry, Journal, Ready, State};
use crate::measure::Limits;

/// A service that runs and has said where it listens: a process of this tool, or a container
/// that was there before it.
///
/// # Cancellation
///
/// A process ends when this is dropped. A container goes on, and what was done to it is owed
/// by the journal.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    operators: Option<SocketAddr>,
    limits: Option<Limits>,
    starts: u32,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Process(Launched),
    Container(Attached),
}

/// How long a service may take to start: its database may have to be recovered.
pub(super) const START: Duration = Duration::from_secs(20);
/// How long a service may take to drain.
pub(super) const STOP: Duration = Duration::from_secs(15);
/// The pause before a start that failed is tried again.
pub(super) const AGAIN: Duration = Duration::from_millis(50);

impl Service {
    /// The service that runs as `process`.
    pub(super) fn of_process(process: Launched, ready: Ready) -> Self {
        let Ready { listening: address, admin: operators, limits, .. } = ready;
        Self { address, operators, limits, starts: 1, body: Body::Process(process) }
    }

    /// The service that runs in `container`, is reached at `address`, and answers operators at
    /// `operators`.
    pub(super) const fn of_container(
        container: Attached,
        address: SocketAddr,
        operators: Option<SocketAddr>,
        limits: Option<Limits>,
    ) -> Self {
        Self { address, operators, limits, starts: 1, body: Body::Container(container) }
    }

    /// The URL of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Where the service answers operators; `None`: nowhere that can be reached from here.
    pub fn operators_url(&self) -> Option<String> {
        self.operators.map(|address| format!("http://{address}"))
    }

    /// The limits that the service says it applies.
    pub const fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// Which of its starts this is, counted from 1 when it was first seen: what it counts begins
    /// anew with each.
    pub const fn starts(&self) -> u32 {
        self.starts
    }

    /// What the service is called in messages.
    pub fn name(&self) -> &str {
        match &self.body {
            Body::Process(process) => process.name(),
            Body::Container(container) => container.name(),
        }
    }

    /// How the service ended, if it did, by a kill or on its own. A container that somebody
    /// else has started anew since has ended too.
    ///
    /// # Errors
    ///
    /// When the engine of its container cannot be asked.
    pub async fn ended(&mut self) -> anyhow::Result<Option<String>> {
        match &mut self.body {
            Body::Process(process) => Ok(process.ended()),
            Body::Container(container) => container.ended().await,
        }
    }

    /// Whether the service is gone, by a kill or on its own.
    ///
    /// # Errors
    ///
    /// When the engine of its container cannot be asked.
    pub async fn gone(&mut self) -> anyhow::Result<bool> {
        Ok(self.ended().await?.is_some())
    }

    /// Whether a service that was killed has been down ever since. Nobody else can start a process
    /// of this tool, but a container.
    ///
    /// # Errors
    ///
    /// When the engine of its container cannot be asked.
    pub async fn stayed_down(&mut self) -> anyhow::Result<bool> {
        match &mut self.body {
            Body::Process(process) => Ok(process.ended().is_some()),
            Body::Container(container) => container.stayed_down().await,
        }
    }

    /// Kills the service without a warning, as a crash would.
    ///
    /// # Errors
    ///
    /// When the deed cannot be noted in the journal, or the engine of its container refuses.
    pub async fn kill(&mut self, journal: &Journal) -> anyhow::Result<()> {
        match &mut self.body {
            Body::Process(process) => {
                process.kill();
                Ok(())
            }
            Body::Container(container) => container.kill(journal).await,
        }
    }

    /// Starts a service again that is gone: the same address, the same database.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub async fn restart(&mut self, journal: &Journal) -> anyhow::Result<()> {
        if !self.gone().await? {
            bail!("the {} service still runs and cannot be restarted", self.name());
        }
        match &mut self.body {
            Body::Process(process) => {
                self.limits = process.restart(self.address, journal).await?.limits;
            }
            // Other ports may be published than before.
            Body::Container(container) => {
                let State { address, operators, .. } = container.restart(journal).await?;
                self.address = address.context("a service that is ready was reached somewhere")?;
                self.operators = operators;
            }
        }
        self.starts += 1;
        Ok(())
    }

    /// Waits until the service says that it is ready: it may take requests before, as a dashboard
    /// does that has asked nobody yet. The time that a start may take is counted from `began`;
    /// the service is asked at least once.
    ///
    /// # Errors
    ///
    /// When it ends, or is not ready in time.
    pub async fn become_ready(
        &mut self,
        http: &reqwest::Client,
        began: Instant,
    ) -> anyhow::Result<()> {
        let (url, give_up) = (self.url("/health/ready"), began + START);
        loop {
            let answer = http.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(how) = self.ended().await? {
                bail!("the {} service ended with {how} before it was ready", self.name());
            }
            ensure!(
                Instant::now() < give_up,
                "the {} service was not ready within {START:?}",
                self.name()
            );
            sleep(AGAIN).await;
        }
    }

    /// Asks the service to drain and stop.
    ///
    /// # Errors
    ///
    /// When it did not stop in time or not cleanly; it is gone in any case.
    pub async fn stop(&mut self, journal: &Journal) -> anyhow::Result<()> {
        match &mut self.body {
            Body::Process(process) => process.stop().await,
            Body::Container(container) => container.stop(journal).await,
        }
    }

    /// Starts a container again that was taken down here; a process stays as it is.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub async fn resume(&mut self, journal: &Journal) -> anyhow::Result<()> {
        match &self.body {
            Body::Container(container) if container.is_owed() => self.restart(journal).await,
            Body::Container(_) | Body::Process(_) => Ok(()),
        }
    }

    /// Sees to it that the database is at `path`, where a process was told to keep it. The
    /// service should be stopped.
    ///
    /// # Errors
    ///
    /// When it cannot be copied out of the container.
    pub async fn bring_database(&self, path: &Path) -> anyhow::Result<()> {
        match &self.body {
            Body::Process(_) => Ok(()),
            Body::Container(container) => container.copy_database(path).await,
        }
    }

    /// Notes that the fault `what` is about to be armed in it by `flag`, and disarms itself after
    /// `expires_in`.
    ///
    /// # Errors
    ///
    /// When it cannot be noted; then the fault must not be armed.
    pub fn note_fault(
        &self,
        what: String,
        flag: String,
        expires_in: Duration,
        journal: &Journal,
    ) -> anyhow::Result<()> {
        journal.note(&match &self.body {
            Body::Process(process) => Entry::Fault { what, pid: process.pid() },
            Body::Container(container) => {
                // It expires so long after it is armed, which is a call away.
                let until = Timestamp::now().saturating_add(expires_in + CALL)?;
                container.fault(what, flag, until)
            }
        })
    }

    /// Notes that no fault is armed in it any more.
    ///
    /// # Errors
    ///
    /// When it cannot be noted.
    pub fn note_mended(&self, journal: &Journal) -> anyhow::Result<()> {
        match &self.body {
            Body::Process(_) => Ok(()),
            Body::Container(container) => journal.note(&container.mended()),
        }
    }
}
