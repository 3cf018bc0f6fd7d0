use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::exit::Exit;
use super::say::say;
use crate::fleet::State;
use crate::target::state_dir;

pub(super) const EXIT_CODES: &str = "\
Exit codes:
    0  nothing runs
    4  it could not be ended in time, or belongs to a test that runs
  130  interrupted, by Ctrl-C or SIGTERM";

/// How long the demo may take to end: four members may drain for 15 s each.
pub(super) const END: Duration = Duration::from_secs(75);
/// How often its end is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Ends the demo in order and waits until it is gone.
pub(super) async fn down() -> anyhow::Result<Exit> {
    let Some(state) = State::living(&state_dir())? else {
        say("no demo runs");
        return Ok(Exit::Done);
    };
    state.is_to_be_played_with()?;
    let supervisor = state.supervisor;
    let pid = supervisor.pid;
    // The start time was compared a moment ago: no other process is meant by this pid.
    let sent = kill(Pid::from_raw(pid), Signal::SIGTERM);
    if supervisor.runs() {
        sent.with_context(|| format!("cannot end the demo of process {pid}"))?;
    }
    say(format_args!("the demo of process {pid} is being ended; its members drain and stop"));
    let give_up = Instant::now() + END;
    while supervisor.runs() {
        if Instant::now() >= give_up {
            bail!("the demo of process {pid} has not ended within {END:?} of SIGTERM");
        }
        sleep(LOOK).await;
    }
    let what = match state.fleet {
        Some(fleet) => {
            let names: Vec<_> = fleet.members.into_iter().map(|member| member.name).collect();
            names.join(", ")
        }
        None => "a demo that was still being started".to_owned(),
    };
    say(format_args!("ended: {what} (process {pid})"));
    Ok(Exit::Done)
}
