use std::path::PathBuf;

use anyhow::Context;
use futures_util::try_join;

use super::start::{TOKEN_FILE, database_name};
use super::{Breakdown, FaultFlag, Journal, Project, RunDir, Service, Turn};
use crate::experiment::{Group, PerGroup, Role};

/// The services of a run, with all that has to go when it ends.
///
/// [`Site::start`] makes one of processes, [`Site::attach`] of the containers of a Compose
/// project. Whoever breaks and measures it need not know which.
///
/// # Cancellation
///
/// Dropping it ends the processes first, then removes their directory, then the journal.
/// Containers go on; what they are owed stays in the journal for [`settle`](super::settle).
#[derive(Debug)]
pub struct Site {
    /// The dashboard, where this run has started one.
    pub(super) dashboard: Option<Service>,
    /// The user service, which faults are aimed at.
    pub user: Service,
    /// The order services.
    pub orders: PerGroup<Service>,
    /// For calls other than the load: commands and metrics.
    pub http: reqwest::Client,
    /// The token with which the services are commanded.
    pub token: String,
    /// The directory with databases and logs.
    pub run_dir: RunDir,
    pub(super) dashboard_url: Option<String>,
    pub(super) project: Option<Project>,
    /// The right to attack the project.
    pub(super) _turn: Option<Turn>,
    /// The services that stop at the end, in this order.
    pub(super) stops: Vec<Role>,
    /// The journal that all of it is noted in.
    pub journal: Journal,
}

/// The parts of a [`Site`] of processes.
///
/// # Cancellation
///
/// As with the site: dropped in this order.
#[derive(Debug)]
pub struct Processes {
    /// The dashboard, where there is one.
    pub dashboard: Option<Service>,
    /// The user service.
    pub user: Service,
    /// The order services.
    pub orders: PerGroup<Service>,
    /// For single calls.
    pub http: reqwest::Client,
    /// The token with which the services are commanded.
    pub token: String,
    /// The directory with databases and logs.
    pub run_dir: RunDir,
    /// The journal that all of it is noted in.
    pub journal: Journal,
}

impl Site {
    /// The Compose project that the services belong to; `None`: this run has started them.
    pub const fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// Where people can watch the services; `None`: nowhere.
    pub fn dashboard_url(&self) -> Option<&str> {
        self.dashboard_url.as_deref()
    }

    /// The file with the token that the policies page of this run's dashboard asks for; `None`: it has
    /// started none.
    pub fn token_file(&self) -> Option<PathBuf> {
        self.dashboard.as_ref().map(|_| self.run_dir.join(TOKEN_FILE))
    }

    /// The feature flag of the user service that arms this run's faults.
    ///
    /// # Errors
    ///
    /// When the service answers operators nowhere that can be reached from here.
    pub fn flag(&self) -> anyhow::Result<FaultFlag> {
        let service = self.user.operators_url();
        let service = service.context("the user service answers operators nowhere on 127.0.0.1")?;
        let (http, token) = (self.http.clone(), self.token.clone());
        Ok(FaultFlag::new(http, service, token, self.run_dir.tag()))
    }

    /// The database of `group`'s order service, which should be stopped, as a file here.
    ///
    /// # Errors
    ///
    /// When it cannot be copied out of a container.
    pub async fn order_database(&self, group: Group) -> anyhow::Result<PathBuf> {
        let path = self.run_dir.join(&database_name(group));
        let brought = self.orders.of(group).bring_database(&path).await;
        brought.with_context(|| format!("the database of the {group} order service"))?;
        Ok(path)
    }

    /// Asks the services to drain and stop, the callers first: all that this run has started,
    /// the order services of a project.
    ///
    /// They are gone when this returns; what did not stop cleanly is told.
    pub async fn stop(&mut self) -> Vec<Breakdown> {
        let mut breakdowns = Vec::new();
        for role in self.stops.clone() {
            let journal = self.journal.clone();
            if let Err(error) = self.service(role).stop(&journal).await {
                breakdowns.push(Breakdown { role, what: format!("{error:#}") });
            }
        }
        breakdowns
    }

    /// Leaves a project as it was found: starts what was stopped here. What does not come up stays
    /// in the journal, and [`settle`](super::settle) tries it again and tells of it.
    pub async fn leave(&mut self) {
        for role in Role::ALL {
            let journal = self.journal.clone();
            let _ = self.service(role).resume(&journal).await;
        }
    }

    /// Stops the dashboard that this run has started, if it has.
    ///
    /// # Errors
    ///
    /// When it did not stop in time or not cleanly; it is gone in any case.
    pub async fn stop_dashboard(&mut self) -> anyhow::Result<()> {
        match self.dashboard.take() {
            Some(mut dashboard) => dashboard.stop(&self.journal).await,
            None => Ok(()),
        }
    }

    /// How the dashboard that this run has started died, told once.
    ///
    /// It is no breakdown: nothing that is measured depends on it.
    ///
    /// # Errors
    ///
    /// None: it is a process of this run.
    pub async fn lost_dashboard(&mut self) -> anyhow::Result<Option<String>> {
        let Some(dashboard) = &mut self.dashboard else { return Ok(None) };
        let how = dashboard.ended().await?;
        if how.is_some() {
            self.dashboard = None;
        }
        Ok(how)
    }

    /// The services that are gone although nobody has asked them to stop.
    ///
    /// # Errors
    ///
    /// When the engine of their containers cannot be asked.
    pub async fn broken_down(&mut self) -> anyhow::Result<Vec<Breakdown>> {
        let PerGroup { guarded, bare } = &mut self.orders;
        let (guarded, bare, user) = try_join!(guarded.ended(), bare.ended(), self.user.ended())?;
        let died = |(role, how): (Role, Option<String>)| {
            Some(Breakdown { role, what: format!("it died during the run with {}", how?) })
        };
        Ok(Role::ALL.into_iter().zip([guarded, bare, user]).filter_map(died).collect())
    }

    /// The processes of a site that this run has started, for somebody else to keep.
    pub fn into_processes(self) -> Processes {
        let Self { dashboard, user, orders, http, token, run_dir, journal, .. } = self;
        Processes { dashboard, user, orders, http, token, run_dir, journal }
    }

    const fn service(&mut self, role: Role) -> &mut Service {
        match role {
            Role::User => &mut self.user,
            Role::Order(group) => self.orders.of_mut(group),
        }
    }
}
