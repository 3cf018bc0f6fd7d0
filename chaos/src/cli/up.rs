use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::{Context, bail};
use resilience::wire::{ArmFault, FaultKind, Flag};

use super::detach::detach;
use super::exit::Exit;
use super::found::binaries;
use super::interrupt::Interrupts;
use super::say::{print, say, time};
use super::traffic::Traffic;
use crate::fleet::{Claim, Member, Options, Purpose, Running, State, Supervisor};
use crate::target::{Journal, Ports, Programs, state_dir};

pub(super) const ABOUT: &str = "\
Starts a user service, an order service with resilience layers, one without and the dashboard, \
with empty databases, places a few orders at both so that there is something to see, and keeps \
all running until Ctrl-C. Under cargo the services are built first.

Play with it from another terminal: `chaos monkey` kills members, `chaos health` starts them \
again, and the token that is printed opens the pages of the dashboard on which policies are \
changed and faults are armed. What dies stays dead until somebody starts it.

All traffic stays on this machine. There is one such demo at a time.";

pub(super) const EXIT_CODES: &str = "\
Exit codes:
    0  it ran and was ended by Ctrl-C, SIGTERM or chaos down; with -d: it runs
    2  wrong usage
    4  it could not be started, for example because one runs already or a port is taken
  130  interrupted while it was being started, or again while it drained; nothing keeps running";

/// Options of `chaos up`.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct UpArgs {
    /// Starts it in the background and returns when it is ready; `chaos down` ends it
    #[arg(short, long)]
    pub(super) detach: bool,

    /// Takes free ports instead of 5001, 5002, 5003 and 8080
    #[arg(long)]
    pub(super) any_ports: bool,

    /// Orders per second at each of the two order services; 0 for none
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub(super) rate: u32,

    /// Uses the services as they are beside this program, also under cargo
    #[arg(long)]
    pub(super) no_build: bool,

    /// Leaves the terminal's session, as the process in the background does
    #[arg(long, hide = true)]
    pub(super) own_session: bool,
}

/// What is started, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) no_build: bool,
    pub(super) dashboard: bool,
    pub(super) ports: Ports,
    pub(super) purpose: Purpose,
}

/// Starts a fleet, unless one runs already.
pub(super) async fn start(start: Start) -> anyhow::Result<Supervisor> {
    let state_dir = state_dir();
    let journal = Journal::open(&state_dir)?;
    let Some(claim) = Claim::take(&state_dir, start.purpose).await? else {
        return Err(occupied(State::living(&state_dir)?.as_ref()));
    };
    let programs = if start.dashboard { Programs::WithDashboard } else { Programs::Services };
    let binaries = binaries(start.no_build, programs, &journal).await?;
    say("the services start");
    let options = Options { binaries, ports: start.ports };
    Supervisor::start(options, claim, journal).await
}

/// Says where the demo is that runs already.
pub(super) fn occupied(state: Option<&State>) -> anyhow::Error {
    let Some(state) = state else {
        return anyhow::anyhow!("another demo is being started or ended, try again in a moment");
    };
    if let Err(error) = state.is_to_be_played_with() {
        return error;
    }
    let State { supervisor, fleet, .. } = state;
    let place = match fleet.as_ref().and_then(|fleet| fleet.members.first()) {
        Some(Member { name, url: Some(url), .. }) => format!("with {name} at {url}"),
        _ => "which is still being started".to_owned(),
    };
    anyhow::anyhow!(
        "a demo runs already as process {}, {place}; end it with: chaos down",
        supervisor.pid
    )
}

/// Starts the demo and keeps it until it is told to end.
pub(super) async fn up(args: UpArgs, interrupts: &mut Interrupts) -> anyhow::Result<Exit> {
    if args.detach {
        return detach(&args, interrupts).await;
    }
    if args.own_session {
        nix::unistd::setsid().context("cannot leave the session of the terminal")?;
    }
    let ports = if args.any_ports { Ports::ANY } else { Ports::WELL_KNOWN };
    let purpose = Purpose::Play;
    let own = Start { no_build: args.no_build, dashboard: true, ports, purpose };
    let mut supervisor = interrupts.guard(start(own)).await??;
    // Whoever closed the output may still watch the dashboard.
    let _ = tell(supervisor.fleet());
    if !args.own_session {
        say("press Ctrl-C to end it, or run `chaos down` from anywhere");
    }

    let traffic = NonZeroU32::new(args.rate).map(|rate| Arc::new(Traffic::new(rate)));
    let (http, fleet) = (supervisor.http().clone(), supervisor.fleet().clone());
    let note = |line: &str| match &traffic {
        Some(traffic) => traffic.note(line),
        None => say(format_args!("{} {line}", time())),
    };
    let orders = async {
        match &traffic {
            Some(traffic) => traffic.run(http, &fleet.members).await,
            None => Ok(()),
        }
    };
    let running = async {
        tokio::join!(supervisor.run(&note), async {
            if let Err(error) = orders.await {
                note(&format!("no orders are placed: {error:#}"));
            }
        })
    };
    let ended = interrupts.guard(running).await;
    if let Some(traffic) = &traffic {
        traffic.finish();
    }
    let Err(interrupted) = ended else { bail!("the demo ended by itself, which it never should") };
    say(format_args!("{}: the members drain and stop", interrupted.signal));
    for unclean in interrupts.guard(supervisor.stop()).await? {
        say(format_args!("warning: {unclean}"));
    }
    drop(supervisor);
    say("the demo is ended");
    Ok(Exit::Done)
}

/// Prints where everything is.
pub(super) fn tell(fleet: &Running) -> anyhow::Result<()> {
    let Running { members, operators, token, logs, .. } = fleet;
    for Member { name, url, .. } in members {
        let url = url.as_deref().unwrap_or_default();
        match operators.get(name) {
            Some(operators) => print(format_args!("{name:<14} {url}, for operators {operators}"))?,
            None => print(format_args!("{name:<14} {url}"))?,
        }
    }
    let dashboard = members.iter().find(|member| member.name == Member::DASHBOARD);
    if let Some(url) = dashboard.and_then(|dashboard| dashboard.url.as_deref()) {
        print(format_args!("{:<14} {url}/policies", "policies"))?;
    }
    print(format_args!("{:<14} {}", "logs", logs.display()))?;
    print(format_args!("{:<14} {token}", "admin token"))?;
    if let Some(url) = operators.get(Member::USER) {
        print("\nThis makes three of ten user look-ups fail for a minute:\n")?;
        print(curl(url, token))?;
    }
    Ok(())
}

/// The command with which a person arms a fault in the service that answers operators at `operators`.
fn curl(operators: &str, token: &str) -> String {
    let minute = std::time::Duration::from_mins(1);
    let plan = ArmFault {
        path_prefix: Some("/users/".to_owned()),
        ..ArmFault::new(FaultKind::Error { status: 503 }, 0.3, minute)
    };
    let flag = Flag { policy: "user".to_owned(), enabled: true, plan };
    let body = serde_json::to_string(&flag).expect("a flag is valid JSON");
    format!(
        "  curl -X PUT {operators}/flags/failing-users -H 'authorization: Bearer {token}' \\\n    \
         -H 'x-resilience-command: 1' -d '{body}'\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::target::ProcessId;

    #[test]
    fn the_curl_line_carries_address_token_and_a_flag() {
        let line = curl("http://127.0.0.1:5001", "abc");
        assert!(line.contains("PUT http://127.0.0.1:5001/flags/failing-users"), "{line}");
        assert!(line.contains("Bearer abc"), "{line}");
        let body = line.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        let flag: Flag = serde_json::from_str(body).unwrap();
        assert!(flag.enabled && flag.plan.rate > 0.0);
    }

    #[test]
    fn a_demo_that_runs_is_named_with_its_process_and_address() {
        let supervisor = ProcessId { pid: 42, started: Some(1) };
        let user = Member { name: "user".into(), url: Some("http://h:1".into()), runs: true };
        let fleet = Running {
            members: vec![user],
            operators: BTreeMap::new(),
            token: String::new(),
            socket: "/s".into(),
            logs: "/l".into(),
        };
        let state = |purpose, fleet| State { supervisor, purpose, fleet };
        let text = occupied(Some(&state(Purpose::Play, Some(fleet)))).to_string();
        assert!(text.contains("process 42, with user at http://h:1"), "{text}");
        let text = occupied(Some(&state(Purpose::Play, None))).to_string();
        assert!(text.contains("still being started"), "{text}");
        let text = occupied(Some(&state(Purpose::Test, None))).to_string();
        assert!(text.contains("chaos test") && !text.contains("chaos down"), "{text}");
    }
}
