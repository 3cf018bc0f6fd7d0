use anyhow::Context;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::say::say;
use crate::fleet::{Fleet, Local, Member};
use crate::target::{Project, state_dir};

/// Which demo is meant.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct FleetArgs {
    /// Means the demo that runs in containers, instead of the one that `chaos up` has started
    #[arg(long)]
    pub(super) compose: bool,

    /// The name of the compose project, where more than one could be meant
    #[arg(long, value_name = "NAME", requires = "compose")]
    pub(super) project: Option<String>,
}

impl FleetArgs {
    /// The demo, if it runs.
    pub(super) async fn find(&self) -> anyhow::Result<Option<Box<dyn Fleet>>> {
        if self.compose {
            let project = Project::find(self.project.as_deref()).await?;
            return Ok(Some(Box::new(project)));
        }
        let local = Local::find(&state_dir())?;
        Ok(local.map(|local| Box::new(local) as Box<dyn Fleet>))
    }

    /// The demo, which must run.
    pub(super) async fn expect(&self) -> anyhow::Result<Box<dyn Fleet>> {
        self.find().await?.context("no demo runs; start one with: chaos up -d")
    }
}

/// A fleet that tells of every start before it is made, which may take a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a>(pub(super) &'a dyn Fleet);

impl Fleet for Told<'_> {
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>> {
        self.0.members()
    }

    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        self.0.kill(member)
    }

    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async move {
            say(format_args!("{member} is dead, it is started"));
            self.0.start(member).await
        }
        .boxed()
    }
}
