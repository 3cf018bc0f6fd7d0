use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::request::{read, write};
use super::{Answer, Fleet, Member, Request, State};

/// The fleet of a supervisor on this machine, reached through its socket.
#[derive(Clone, Debug)]
pub struct Local {
    socket: PathBuf,
}

impl Local {
    /// Speaks to the supervisor at `socket`.
    #[must_use]
    pub const fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Where the supervisor listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Finds the fleet of `state_dir`; `None`: none runs.
    ///
    /// # Errors
    ///
    /// When it belongs to a test, is still being started, or its state file cannot be read.
    pub fn find(state_dir: &Path) -> anyhow::Result<Option<Self>> {
        let Some(state) = State::living(state_dir)? else { return Ok(None) };
        state.is_to_be_played_with()?;
        let pid = state.supervisor.pid;
        let fleet = state.fleet.with_context(|| {
            format!("the demo of process {pid} is still being started, try again in a moment")
        })?;
        Ok(Some(Self::new(fleet.socket)))
    }

    async fn ask(&self, request: Request) -> anyhow::Result<Answer> {
        let exchange = async {
            let mut stream = UnixStream::connect(&self.socket).await.context("nobody is there")?;
            write(&mut stream, &request).await?;
            read(&mut stream).await
        };
        let limit = request.limit();
        let answer = match timeout(limit, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(anyhow!("no answer within {limit:?}")),
        };
        let answer = answer.with_context(|| {
            format!("the demo cannot be asked through {}", self.socket.display())
        })?;
        match answer {
            Answer::Error(error) => bail!(error),
            answer => Ok(answer),
        }
    }

    async fn done(&self, request: Request) -> anyhow::Result<()> {
        match self.ask(request).await? {
            Answer::Done => Ok(()),
            other => bail!("expected that the demo does it, got {other:?}"),
        }
    }
}

impl Fleet for Local {
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>> {
        async move {
            match self.ask(Request::Members).await? {
                Answer::Members(members) => Ok(members),
                other => bail!("expected the members of the demo, got {other:?}"),
            }
        }
        .boxed()
    }

    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        self.done(Request::Kill(member.to_owned())).boxed()
    }

    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        self.done(Request::Start(member.to_owned())).boxed()
    }
}
