use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Binaries, Journal, Launch, Ports, RunDir, Service, Site, http};
use crate::experiment::{Group, PerGroup, Role};

/// What the services of a run are started with.
#[derive(Clone, Debug)]
pub struct SiteOptions {
    /// The programs.
    pub binaries: Binaries,
    /// Layers that the guarded service leaves out.
    pub without: Vec<String>,
    /// Further arguments of both order services.
    pub order_args: Vec<String>,
    /// Where they listen.
    pub ports: Ports,
    /// What happens when the dashboard cannot have its port.
    pub dashboard_port: DashboardPort,
}

/// Where the services of a run answer operators: a dashboard is told which port it became.
const OPERATORS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How much a run wants a certain port for its dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DashboardPort {
    /// It was promised; without it the run fails.
    Promised,
    /// Another free one is as good, and the run can do without a dashboard.
    Preferred,
}

impl Site {
    /// Starts the services, each with an empty database, and the dashboard last, and waits until
    /// that has asked each service once.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub async fn start(options: SiteOptions, journal: Journal) -> anyhow::Result<Self> {
        let http = http::client()?;
        let run_dir = RunDir::create(&journal)?;
        let token = Uuid::new_v4().simple().to_string();
        keep_token(&run_dir.join(TOKEN_FILE), &token)?;
        let user = Launch {
            name: "user".to_owned(),
            binary: options.binaries.user.clone(),
            args: vec!["--database".into(), run_dir.join("user.db").into()],
            admin_token: Some(token.clone()),
            operators: Some(OPERATORS),
            log: run_dir.join("user.log"),
        };
        let ports = options.ports;
        let user = user.start_on(ports.user, &journal).await?;
        let users_url = user.url("");
        let launch = |group: Group| {
            let mut args: Vec<OsString> = vec![
                "--database".into(),
                run_dir.join(&database_name(group)).into(),
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
                admin_token: Some(token.clone()),
                operators: Some(OPERATORS),
                log: run_dir.join(&format!("order-{group}.log")),
            }
        };
        let orders = PerGroup {
            guarded: launch(Group::Guarded).start_on(ports.orders.guarded, &journal).await?,
            bare: launch(Group::Bare).start_on(ports.orders.bare, &journal).await?,
        };
        let dashboard = match &options.binaries.dashboard {
            Some(binary) => {
                let launch = Launch {
                    name: "dashboard".to_owned(),
                    binary: binary.clone(),
                    args: watched(&user, &orders),
                    admin_token: None,
                    operators: None,
                    log: run_dir.join("dashboard.log"),
                };
                let began = Instant::now();
                let mut dashboard = match options.dashboard_port {
                    DashboardPort::Promised => launch.start_on(ports.dashboard, &journal).await,
                    DashboardPort::Preferred => near(ports.dashboard, launch, &journal).await,
                }?;
                dashboard.become_ready(&http, began).await?;
                Some(dashboard)
            }
            None => None,
        };
        let dashboard_url = dashboard.as_ref().map(|dashboard| dashboard.url(""));
        let stops = Role::ALL.to_vec();
        Ok(Self {
            dashboard,
            user,
            orders,
            http,
            token,
            run_dir,
            dashboard_url,
            project: None,
            _turn: None,
            stops,
            journal,
        })
    }
}

/// The name of the database of `group`'s order service in the directory of a run.
pub(super) fn database_name(group: Group) -> String {
    format!("order-{group}.db")
}

/// The file in the directory of a run that holds the token of its services.
pub(super) const TOKEN_FILE: &str = "operator.token";

/// Writes the token where only this user can read it: one that is printed lies in a log.
fn keep_token(path: &Path, token: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{token}"));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// What the dashboard is told to show, and where operators are answered.
fn watched(user: &Service, orders: &PerGroup<Service>) -> Vec<OsString> {
    let target = |role: Role, service: &Service| {
        let name = role.service();
        let watched = ["--target".to_owned(), format!("{name}={}", service.url(""))];
        let operated = service.operators_url();
        let operated = operated.map(|url| ["--operate".to_owned(), format!("{name}={url}")]);
        let args = watched.into_iter().chain(operated.into_iter().flatten());
        args.map(OsString::from).collect::<Vec<_>>()
    };
    [
        target(Role::User, user),
        target(Role::Order(Group::Guarded), &orders.guarded),
        target(Role::Order(Group::Bare), &orders.bare),
    ]
    .concat()
}

/// Starts the dashboard on `port`, or on any free one when that cannot be had: another run may
/// show its own there.
async fn near(port: u16, launch: Launch, journal: &Journal) -> anyhow::Result<Service> {
    if port != 0
        && let Ok(dashboard) = launch.clone().start_on(port, journal).await
    {
        return Ok(dashboard);
    }
    let started = launch.start_on(0, journal).await;
    started.context("the run can do without it: --no-dashboard")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::target::fake::FakeSite;

    fn dashboard(directory: &Path, script: &str) -> Launch {
        let binary = directory.join("dashboard");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o700)).unwrap();
        Launch {
            name: "dashboard".to_owned(),
            binary,
            args: Vec::new(),
            admin_token: None,
            operators: None,
            log: directory.join("log"),
        }
    }

    #[tokio::test]
    async fn a_site_is_there_when_its_dashboard_has_looked() {
        let fake = FakeSite::start().await;
        assert_eq!(fake.looks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn the_token_of_a_run_is_in_a_file_that_nobody_else_can_read() {
        let fake = FakeSite::start().await;
        let path = fake.site.token_file().expect("it has a dashboard of its own");
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), fake.site.token);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn the_dashboard_is_told_where_operators_are_answered() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let script = |admin: &str| {
            let ready = format!("{{\"service\":\"x\",\"listening\":\"127.0.0.1:1\"{admin}}}");
            dashboard(directory.path(), &format!("echo '{ready}'\nexec sleep 60"))
        };
        let with = r#","admin":"127.0.0.1:2""#;
        let user = script(with).start_on(0, &journal).await.unwrap();
        let guarded = script(with).start_on(0, &journal).await.unwrap();
        let bare = script("").start_on(0, &journal).await.unwrap();
        let told = watched(&user, &PerGroup { guarded, bare });
        let told: Vec<_> = told.iter().filter_map(|word| word.to_str()).collect();
        let watched = |name| ["--target".to_owned(), format!("{name}=http://127.0.0.1:1")];
        let operated = |name| ["--operate".to_owned(), format!("{name}=http://127.0.0.1:2")];
        let expected = [
            watched("user"),
            operated("user"),
            watched("order-guarded"),
            operated("order-guarded"),
            watched("order-bare"),
        ];
        assert_eq!(told, expected.concat());
    }

    #[tokio::test]
    async fn a_dashboard_that_ends_before_it_is_ready_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let script = "echo '{\"service\":\"dashboard\",\"listening\":\"127.0.0.1:1\"}'";
        let mut ended = dashboard(directory.path(), script).start_on(0, &journal).await.unwrap();
        let http = http::client().unwrap();
        let error = ended.become_ready(&http, Instant::now()).await.unwrap_err().to_string();
        assert!(error.contains("ended with exit status: 0"), "{error}");
    }

    #[tokio::test]
    async fn a_dashboard_whose_port_is_taken_gets_another() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let script = "[ \"$2\" = 127.0.0.1:8080 ] && exit 1\n\
            echo '{\"service\":\"dashboard\",\"listening\":\"127.0.0.1:4242\"}'\nexec sleep 60";
        let launch = dashboard(directory.path(), script);
        for port in [8080, 0] {
            let dashboard = near(port, launch.clone(), &journal).await.unwrap();
            assert_eq!(dashboard.url(""), "http://127.0.0.1:4242");
        }
    }

    #[tokio::test]
    async fn a_dashboard_that_does_not_start_is_told_with_the_flag_that_leaves_it_out() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(&directory.path().join("state")).unwrap();
        let launch = dashboard(directory.path(), "echo broken >&2; exit 1");
        let error = format!("{:#}", near(8080, launch, &journal).await.unwrap_err());
        assert!(error.contains("--no-dashboard") && error.contains("broken"), "{error}");
    }
}
