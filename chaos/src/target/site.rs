use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use uuid::Uuid;

use super::{Binaries, Breakdown, Journal, Launch, RunDir, Service};
use crate::experiment::{Group, PerGroup, Role};

/// How long a single call to a service may take.
const CALL: Duration = Duration::from_secs(5);

/// All services, callers before those they call: the order in which they stop.
const ROLES: [Role; 3] = [Role::Order(Group::Guarded), Role::Order(Group::Bare), Role::User];

/// What the services of a run are started with.
#[derive(Clone, Debug)]
pub struct SiteOptions {
    /// The programs.
    pub binaries: Binaries,
    /// Layers that the guarded service leaves out.
    pub without: Vec<String>,
    /// Further arguments of both order services.
    pub order_args: Vec<String>,
}

/// The services of a run, with all that has to go when it ends.
///
/// # Cancellation
///
/// Dropping it ends the services first, then removes their directory, then the journal.
#[derive(Debug)]
pub struct Site {
    /// The user service, which faults are aimed at.
    pub user: Service,
    /// The order services.
    pub orders: PerGroup<Service>,
    /// For calls other than the load: admin routes and metrics.
    pub http: reqwest::Client,
    /// The token of the user service's admin routes.
    pub token: String,
    /// The directory with databases and logs.
    pub run_dir: RunDir,
    /// The journal that all of it is noted in.
    pub journal: Journal,
}

impl Site {
    /// Starts the services on free ports, each with an empty database.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub async fn start(options: SiteOptions, journal: Journal) -> anyhow::Result<Self> {
        let http = client()?;
        let run_dir = RunDir::create(&journal)?;
        let token = Uuid::new_v4().simple().to_string();
        let user = Launch {
            name: "user".to_owned(),
            binary: options.binaries.user.clone(),
            args: vec!["--database".into(), run_dir.join("user.db").into()],
            admin_token: Some(token.clone()),
            log: run_dir.join("user.log"),
        };
        let user = user.start(&journal).await?;
        let users_url = user.url("");
        let launch = |group: Group| {
            let mut args: Vec<OsString> = vec![
                "--database".into(),
                run_dir.join(&database(group)).into(),
                "--users-url".into(),
                users_url.clone().into(),
                "--stack".into(),
                group.name().into(),
            ];
            if group == Group::Guarded && !options.without.is_empty() {
                args.extend(["--without".into(), options.without.join(",").into()]);
            }
            args.extend(options.order_args.iter().map(OsString::from));
            Launch {
                name: format!("{group} order"),
                binary: options.binaries.order.clone(),
                args,
                admin_token: None,
                log: run_dir.join(&format!("order-{group}.log")),
            }
        };
        let orders = PerGroup {
            guarded: launch(Group::Guarded).start(&journal).await?,
            bare: launch(Group::Bare).start(&journal).await?,
        };
        Ok(Self { user, orders, http, token, run_dir, journal })
    }

    /// The database of `group`'s order service.
    pub fn order_database(&self, group: Group) -> PathBuf {
        self.run_dir.join(&database(group))
    }

    /// Asks all services to drain and stop, the callers first.
    ///
    /// They are gone when this returns; what did not stop cleanly is told.
    pub async fn stop(&mut self) -> Vec<Breakdown> {
        let mut breakdowns = Vec::new();
        for role in ROLES {
            if let Err(error) = self.service(role).stop().await {
                breakdowns.push(Breakdown { role, what: error.to_string() });
            }
        }
        breakdowns
    }

    /// The services that are gone although nobody has asked them to stop.
    pub fn broken_down(&mut self) -> Vec<Breakdown> {
        let died = |role| {
            let status = self.service(role).ended()?;
            Some(Breakdown { role, what: format!("it died during the run with {status}") })
        };
        ROLES.into_iter().filter_map(died).collect()
    }

    const fn service(&mut self, role: Role) -> &mut Service {
        match role {
            Role::User => &mut self.user,
            Role::Order(group) => self.orders.of_mut(group),
        }
    }
}

fn database(group: Group) -> String {
    format!("order-{group}.db")
}

/// A client for single calls to the services: no proxy, no retry, a limit on each call.
fn client() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
    client.timeout(CALL).build().context("cannot set up an HTTP client")
}
