use std::env::{current_exe, var_os};

use anyhow::Context;

use super::args::{DemoArgs, GuardedLayer};
use super::say::say;
use crate::target::{
    Binaries, DashboardPort, Journal, Ports, Programs, Project, Site, SiteOptions, compile,
};

/// What a run will attack, found before anything is started or broken.
#[derive(Debug)]
pub(super) enum Found {
    /// Programs to be started.
    Programs(SiteOptions),
    /// A Compose project that runs.
    Project(Project),
}

impl Found {
    /// Looks for what `args` ask for.
    ///
    /// # Errors
    ///
    /// When a program or a project is missing, or a build fails.
    pub(super) async fn new(args: &DemoArgs, journal: &Journal) -> anyhow::Result<Self> {
        if args.compose.compose {
            return Ok(Self::Project(Project::find(args.compose.project.as_deref()).await?));
        }
        Ok(Self::Programs(SiteOptions {
            binaries: binaries(args.no_build, args.dashboard.programs(), journal).await?,
            without: args.without.iter().copied().map(GuardedLayer::name).collect(),
            order_args: args.order_arg.clone(),
            ports: Ports { dashboard: args.dashboard.port, ..Ports::ANY },
            dashboard_port: DashboardPort::Preferred,
        }))
    }

    /// Starts it, or takes it as it runs.
    ///
    /// # Errors
    ///
    /// When a service does not start, or does not run as it must.
    pub(super) async fn site(self, journal: Journal) -> anyhow::Result<Site> {
        match self {
            Self::Programs(options) => Site::start(options, journal).await,
            Self::Project(project) => {
                say(format_args!("looking at the services of the project {}", project.name()));
                Site::attach(project, journal).await
            }
        }
    }
}

/// The programs beside this one, built first when cargo runs it.
pub(super) async fn binaries(
    no_build: bool,
    programs: Programs,
    journal: &Journal,
) -> anyhow::Result<Binaries> {
    let own = current_exe().context("cannot tell where this program is")?;
    let directory = own.parent().context("a program is in a directory")?;
    if let Some(cargo) = var_os("CARGO")
        && !no_build
    {
        compile(&cargo, directory, programs, journal).await?;
    }
    Binaries::in_directory(directory, programs)
}
