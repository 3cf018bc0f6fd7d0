use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{anyhow, ensure};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::target::{Journal, Service};

/// Holds one member's process, carries out what is asked of it and sees when it dies.
#[derive(Debug)]
pub(super) struct Keeper {
    name: &'static str,
    service: Service,
    http: reqwest::Client,
    runs: Arc<AtomicBool>,
}

/// What can be done to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Nothing but to see whether it runs.
    Look,
    Kill,
    Start,
}

/// A deed, and where to say that it is done.
#[derive(Debug)]
pub(super) struct Errand {
    deed: Deed,
    done: oneshot::Sender<anyhow::Result<()>>,
}

/// A member as others see it, with the way to have something done to it.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) name: &'static str,
    pub(super) url: String,
    runs: Arc<AtomicBool>,
    errands: mpsc::Sender<Errand>,
}

impl Post {
    /// Whether the member runs. While something else is done to it, the answer is how it was
    /// before.
    pub(super) async fn runs(&self) -> bool {
        let _ = timeout(PROMPT, self.ask(Deed::Look)).await;
        self.runs.load(Ordering::Relaxed)
    }

    /// Has `deed` done and waits for it. Deeds of one member are done one after the other.
    pub(super) async fn ask(&self, deed: Deed) -> anyhow::Result<()> {
        let (done, result) = oneshot::channel();
        let gone = || anyhow!("the demo is being stopped");
        self.errands.send(Errand { deed, done }).await.map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}

/// How often the end of a member is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// How long a look waits for a deed that is being done.
const PROMPT: Duration = Duration::from_millis(500);
/// Requests that wait for one member; the next one waits with its connection.
const WAITING: usize = 4;

impl Keeper {
    /// A keeper of `service`, which runs and is asked through `http` whether it is ready.
    pub(super) fn new(name: &'static str, service: Service, http: reqwest::Client) -> Self {
        Self { name, service, http, runs: Arc::new(AtomicBool::new(true)) }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn url(&self) -> String {
        self.service.url("")
    }

    /// The way to this keeper, for as long as the receiver is given to [`keep`](Self::keep).
    pub(super) fn post(&self) -> (Post, mpsc::Receiver<Errand>) {
        let (errands, receiver) = mpsc::channel(WAITING);
        let (name, url, runs) = (self.name, self.url(), Arc::clone(&self.runs));
        (Post { name, url, runs, errands }, receiver)
    }

    /// Does what is asked for and tells of deaths and returns, until it is dropped.
    pub(super) async fn keep(
        &mut self,
        mut errands: mpsc::Receiver<Errand>,
        journal: &Journal,
        tell: &(dyn Fn(&str) + Sync),
    ) {
        loop {
            tokio::select! {
                Some(Errand { deed, done }) = errands.recv() => {
                    if done.is_closed() {
                        // Whoever asked has gone, and would not expect it any more.
                        continue;
                    }
                    self.look(tell).await;
                    let result = match deed {
                        Deed::Look => Ok(()),
                        Deed::Kill => self.kill(journal).await,
                        Deed::Start => self.start(journal).await,
                    };
                    self.look(tell).await;
                    // Whoever asked may have gone.
                    let _ = done.send(result);
                }
                () = sleep(LOOK) => self.look(tell).await,
            }
        }
    }

    async fn look(&mut self, tell: &(dyn Fn(&str) + Sync)) {
        // The end of a process of one's own can always be told.
        let Ok(ended) = self.service.ended().await else { return };
        let runs = ended.is_none();
        if self.runs.swap(runs, Ordering::Relaxed) != runs {
            match ended {
                Some(status) => tell(&format!("{} died: {status}", self.name)),
                None => tell(&format!("{} is back", self.name)),
            }
        }
    }

    async fn kill(&mut self, journal: &Journal) -> anyhow::Result<()> {
        ensure!(!self.service.gone().await?, "{} is dead already", self.name);
        self.service.kill(journal).await?;
        ensure!(self.service.gone().await?, "{} is still there after SIGKILL", self.name);
        Ok(())
    }

    async fn start(&mut self, journal: &Journal) -> anyhow::Result<()> {
        if !self.service.gone().await? {
            return Ok(());
        }
        let began = Instant::now();
        self.service.restart(journal).await?;
        // Whoever asked looks at it next, and a dashboard is not ready when it begins to serve.
        self.service.become_ready(&self.http, began).await
    }

    /// Has the member drain and stop, unless it is dead.
    pub(super) async fn stop(&mut self, journal: &Journal) -> anyhow::Result<()> {
        if self.service.gone().await? {
            return Ok(());
        }
        self.service.stop(journal).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::target::fake::script;
    use crate::target::{Launch, http_client};

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let launch = Launch {
            name: "user".to_owned(),
            binary: script(directory.path(), "user", ([127, 0, 0, 1], 1).into()),
            args: Vec::new(),
            admin_token: None,
            operators: None,
            log: directory.path().join("log"),
        };
        let service = launch.start_on(0, &journal).await.unwrap();
        let mut keeper = Keeper::new("user", service, http_client().unwrap());
        let (post, errands) = keeper.post();
        let asked = post.ask(Deed::Kill).now_or_never();
        assert!(asked.is_none(), "it is asked for, and whoever asked has gone");
        tokio::select! {
            () = keeper.keep(errands, &journal, &|_| {}) => unreachable!("it has no end"),
            // Deeds are done in order: this one comes after the other.
            looked = post.ask(Deed::Look) => looked.unwrap(),
        }
        assert!(!keeper.service.gone().await.unwrap());
    }
}
