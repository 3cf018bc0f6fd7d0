use std::env::temp_dir;
use std::path::Path;

use anyhow::{Context, ensure};
use futures_util::future::join_all;
use tokio::net::UnixListener;
use uuid::Uuid;

use super::keeper::Keeper;
use super::{Claim, Local, Member, Running, desk};
use crate::experiment::{Group, Role};
use crate::target::{
    Binaries, DashboardPort, Journal, Ports, Processes, RunDir, Service, Site, SiteOptions, is_free,
};

/// What a fleet is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The programs; without that of the dashboard the fleet has none.
    pub binaries: Binaries,
    /// Where all listen.
    pub ports: Ports,
}

/// Holds the processes of a fleet and takes requests for them.
///
/// # Cancellation
///
/// Dropping it ends the members first, then removes their directory with the socket, then the
/// state file, then the journal.
#[derive(Debug)]
pub struct Supervisor {
    keepers: Vec<Keeper>,
    listener: UnixListener,
    http: reqwest::Client,
    fleet: Running,
    _run_dir: RunDir,
    _claim: Claim,
    journal: Journal,
}

/// The longest path that Linux takes for a socket.
const LONGEST_SOCKET: usize = 107;
/// The name of the socket in the run directory.
const SOCKET: &str = "control.sock";

impl Supervisor {
    /// Starts a fleet with empty databases and tells of it in the state file of `claim`.
    ///
    /// # Errors
    ///
    /// When a port is taken or a member does not start.
    pub async fn start(options: Options, claim: Claim, journal: Journal) -> anyhow::Result<Self> {
        let Options { binaries, ports } = options;
        check_ports(ports, binaries.dashboard.is_some())?;
        check_room_for_a_socket(&temp_dir())?;
        let site = SiteOptions {
            binaries,
            without: Vec::new(),
            order_args: Vec::new(),
            ports,
            dashboard_port: DashboardPort::Promised,
        };
        let site = Site::start(site, journal).await?.into_processes();
        // The bindings are dropped in reverse: the journal outlives what it names.
        let Processes { journal, run_dir, token, http, orders, user, dashboard } = site;
        let operators = [
            (Member::USER, &user),
            (Role::Order(Group::Guarded).service(), &orders.guarded),
            (Role::Order(Group::Bare).service(), &orders.bare),
        ];
        let told =
            |(name, service): (&str, &Service)| Some((name.to_owned(), service.operators_url()?));
        let operators = operators.into_iter().filter_map(told).collect();
        let keeper = |name, service| Keeper::new(name, service, http.clone());
        let mut keepers = vec![
            keeper(Member::USER, user),
            keeper(Role::Order(Group::Guarded).service(), orders.guarded),
            keeper(Role::Order(Group::Bare).service(), orders.bare),
        ];
        keepers.extend(dashboard.map(|dashboard| keeper(Member::DASHBOARD, dashboard)));
        let socket = run_dir.join(SOCKET);
        let listener = UnixListener::bind(&socket)
            .with_context(|| format!("cannot listen at {}", socket.display()))?;
        let member = |keeper: &Keeper| Member {
            name: keeper.name().to_owned(),
            url: Some(keeper.url()),
            runs: true,
        };
        let members = keepers.iter().map(member).collect();
        let fleet = Running { members, operators, token, socket, logs: run_dir.path().to_owned() };
        claim.tell(fleet.clone())?;
        Ok(Self { keepers, listener, http, fleet, _run_dir: run_dir, _claim: claim, journal })
    }

    /// What it tells of the fleet.
    pub const fn fleet(&self) -> &Running {
        &self.fleet
    }

    /// A way to the fleet, which answers while [`run`](Self::run) is polled.
    pub fn local(&self) -> Local {
        Local::new(self.fleet.socket.clone())
    }

    /// For single calls to the members.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Carries out requests and tells of members that die or come back, without an end.
    pub async fn run(&mut self, tell: &(dyn Fn(&str) + Sync)) {
        let mut posts = Vec::new();
        let mut keeping = Vec::new();
        for keeper in &mut self.keepers {
            let (post, errands) = keeper.post();
            posts.push(post);
            keeping.push(keeper.keep(errands, &self.journal, tell));
        }
        // No tasks of their own: whoever drops this future has the processes back at once.
        tokio::join!(join_all(keeping), desk::serve(&self.listener, &posts));
    }

    /// Has all members drain and stop, callers before those they call, and gives what did not
    /// end cleanly. They are gone when this returns.
    pub async fn stop(&mut self) -> Vec<String> {
        let mut unclean = Vec::new();
        for keeper in self.keepers.iter_mut().rev() {
            if let Err(error) = keeper.stop(&self.journal).await {
                unclean.push(format!("{}: {error:#}", keeper.name()));
            }
        }
        unclean
    }
}

/// Finds a directory for temporary files whose path leaves no room for that of a socket before
/// anything is started.
fn check_room_for_a_socket(temp: &Path) -> anyhow::Result<()> {
    // As long as the name of any run directory.
    let socket = temp.join(format!("chaos-run-{}", Uuid::nil().simple())).join(SOCKET);
    let most = (temp.as_os_str().len() + LONGEST_SOCKET).saturating_sub(socket.as_os_str().len());
    ensure!(
        socket.as_os_str().len() <= LONGEST_SOCKET,
        "the path {} is too long for the control socket in it, expected at most {most} bytes; set \
         TMPDIR to a shorter one",
        temp.display(),
    );
    Ok(())
}

/// Finds ports that somebody else has before anything is started.
fn check_ports(ports: Ports, dashboard: bool) -> anyhow::Result<()> {
    let Ports { user, orders, dashboard: page } = ports;
    let wanted = [
        (Member::USER, user),
        (Role::Order(Group::Guarded).service(), orders.guarded),
        (Role::Order(Group::Bare).service(), orders.bare),
    ];
    let wanted = wanted.into_iter().chain(dashboard.then_some((Member::DASHBOARD, page)));
    let taken = wanted.filter(|&(_, port)| !is_free(port));
    let taken: Vec<_> = taken.map(|(name, port)| format!("{port} ({name})")).collect();
    ensure!(
        taken.is_empty(),
        "taken on 127.0.0.1: port {}; free what is taken, or use free ports with --any-ports",
        taken.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::SocketAddr;

    use super::*;

    #[test]
    fn a_temporary_directory_with_a_long_path_is_named_with_the_limit_that_sockets_have() {
        let run = format!("/chaos-run-{}/{SOCKET}", Uuid::nil().simple()).len();
        for (length, fits) in [(LONGEST_SOCKET - run, true), (LONGEST_SOCKET - run + 1, false)] {
            let temp = format!("/{}", "x".repeat(length - 1));
            let checked = check_room_for_a_socket(Path::new(&temp));
            let socket = format!("{temp}/chaos-run-{}/{SOCKET}", Uuid::nil().simple());
            assert_eq!(SocketAddr::from_pathname(socket).is_ok(), fits, "what the system says");
            assert_eq!(checked.is_ok(), fits, "{length}");
            let told = checked.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(fits || told.contains("TMPDIR"), "{told}");
        }
    }

    #[test]
    fn a_taken_port_is_named_with_its_member_and_the_way_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ports = Ports { dashboard: port, ..Ports::ANY };
        assert!(check_ports(ports, false).is_ok(), "without a dashboard nobody needs it");
        let error = check_ports(ports, true).unwrap_err().to_string();
        assert!(error.contains(&format!("{port} (dashboard)")), "{error}");
        assert!(error.contains("--any-ports"), "{error}");
    }
}
