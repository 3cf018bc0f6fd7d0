use std::env::current_exe;
use std::fs::{File, OpenOptions, remove_file};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{sleep, timeout};

use super::down::END;
use super::exit::Exit;
use super::found::binaries;
use super::interrupt::Interrupts;
use super::say::{print, say};
use super::up::{UpArgs, occupied, tell};
use crate::fleet::{Running, State};
use crate::target::{Journal, Programs, state_dir};

/// How often the process in the background is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take to be ready: four members that may take 20 s each.
const READY: Duration = Duration::from_secs(90);

/// Starts the demo in the background and waits until it is ready.
pub(super) async fn detach(args: &UpArgs, interrupts: &mut Interrupts) -> anyhow::Result<Exit> {
    let state_dir = state_dir();
    // Built here, where the compiler's messages are seen. The journal also makes the directory.
    let journal = Journal::open(&state_dir)?;
    interrupts.guard(binaries(args.no_build, Programs::WithDashboard, &journal)).await??;
    drop(journal);
    if let Some(state) = State::living(&state_dir)? {
        // Before its log is emptied.
        return Err(occupied(Some(&state)));
    }
    let path = State::log(&state_dir);
    let mut log = open(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut child = command(args, &log)?.spawn().context("cannot start the background process")?;

    say("the demo starts in the background");
    let ready = interrupts.guard(timeout(READY, ready(&mut child, &state_dir))).await;
    let fleet = match ready {
        Ok(Ok(ready)) => ready?,
        Ok(Err(_)) => {
            end(&mut child).await;
            discard(&path, &state_dir);
            bail!("the demo was not ready within {READY:?}{}", told(&mut log));
        }
        Err(interrupted) => {
            end(&mut child).await;
            discard(&path, &state_dir);
            return Err(interrupted.into());
        }
    };
    let Some(fleet) = fleet else {
        discard(&path, &state_dir);
        bail!("the demo did not start{}", told(&mut log))
    };
    // It runs, whether or not anybody reads where.
    let _ = tell(&fleet);
    let _ = print(format_args!("{:<14} {}", "demo's log", path.display()));
    say(format_args!("it runs in the background as process {}; end it: chaos down", child.id()));
    Ok(Exit::Done)
}

/// An empty log that only this user can read: it holds the token.
fn open(path: &Path) -> std::io::Result<File> {
    let log = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)?;
    log.set_len(0)?;
    Ok(log)
}

fn command(args: &UpArgs, log: &File) -> anyhow::Result<Command> {
    let own = current_exe().context("cannot tell where this program is")?;
    let mut command = Command::new(own);
    // It leaves this session before it starts anything; a Ctrl-C before that ends both.
    command.args(["up", "--own-session", "--no-build", "--rate", &args.rate.to_string()]);
    command.args(args.any_ports.then_some("--any-ports"));
    let copy = || log.try_clone().context("cannot hand over the log");
    command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?);
    Ok(command)
}

/// Waits until `child` has a fleet; `None`: it ended.
async fn ready(child: &mut Child, state_dir: &Path) -> anyhow::Result<Option<Running>> {
    loop {
        if let Some(state) = State::living(state_dir)?
            && u32::try_from(state.supervisor.pid) == Ok(child.id())
            && let Some(fleet) = state.fleet
        {
            return Ok(Some(fleet));
        }
        if child.try_wait().context("cannot wait for the background process")?.is_some() {
            return Ok(None);
        }
        sleep(LOOK).await;
    }
}

/// Has `child` end in order. One that does not is left to its own; `chaos down` tells.
async fn end(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id())
        && matches!(child.try_wait(), Ok(None))
    {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let gone = async {
        while matches!(child.try_wait(), Ok(None)) {
            sleep(LOOK).await;
        }
    };
    let _ = timeout(END, gone).await;
}

/// Removes a log that its demo may have left, unless a demo runs, whose log it may be.
fn discard(log: &Path, state_dir: &Path) {
    if matches!(State::living(state_dir), Ok(None)) {
        // One that stays is emptied by the next start.
        let _ = remove_file(log);
    }
}

/// What the process in the background said, to be shown after an error.
fn told(log: &mut File) -> String {
    let mut text = String::new();
    let _ = log.seek(SeekFrom::Start(0)).and_then(|_| log.read_to_string(&mut text));
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!("\n  | {}", lines.join("\n  | ")) }
}
