//! The command line.

mod args;
mod demo;
mod detach;
mod doctor;
mod down;
mod duration;
mod exit;
mod fleet;
mod found;
mod health;
mod interrupt;
mod monkey;
mod progress;
mod say;
mod test;
mod traffic;
mod up;

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Parser;

use args::{Args, Command};
use exit::Exit;
use interrupt::{Interrupted, Interrupts};
use say::say;

use crate::fleet::Claim;
use crate::target::{check_system, is_private, settle, state_dir, sweep};

/// Runs the `chaos` command with this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("error: cannot start the runtime: {error}"));
            return Exit::CouldNotRun.into();
        }
    };
    let exit = runtime.block_on(run(args));
    // What is left is looking up names or reading a file, and nothing waits for it.
    runtime.shutdown_background();
    exit.into()
}

async fn run(args: Args) -> Exit {
    // First of all, so that no moment is left in which a signal would leave a process.
    let mut interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            say(format_args!("error: cannot listen for signals: {error}"));
            return Exit::CouldNotRun;
        }
    };
    let exit = match command(args, &mut interrupts).await {
        Ok(exit) => exit,
        Err(error) => {
            if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
                say(format_args!("{interrupted}: whatever this command had started is ended"));
                Exit::Interrupted
            } else {
                say(format_args!("error: {error:#}"));
                Exit::CouldNotRun
            }
        }
    };
    if mend(&state_dir(), &mut interrupts).await { exit } else { exit.unmended() }
}

/// Undoes what a run that ended early did to containers, which stay when it is dropped, and tells
/// whether nothing of it is left. A signal ends that too.
async fn mend(state_dir: &Path, interrupts: &mut Interrupts) -> bool {
    match interrupts.guard(settle(state_dir, &|line| say(line))).await {
        Ok(settled) => {
            if settled.any() {
                say(&settled);
            }
            settled.failed.is_empty()
        }
        Err(interrupted) => {
            say(format_args!(
                "{interrupted}: not everything is mended; the next command does it, or: chaos cleanup"
            ));
            false
        }
    }
}

/// Does what is asked for. A command that ends in order on a signal is handed `interrupts`, any
/// other is dropped by it with all that it started.
async fn command(args: Args, interrupts: &mut Interrupts) -> anyhow::Result<Exit> {
    check_system()?;
    let state_dir = state_dir();
    ensure!(
        is_private(&state_dir),
        "the state directory {} belongs to somebody else, or others can enter it; remove it, or \
         set XDG_STATE_HOME to one of your own",
        state_dir.display()
    );
    let found = interrupts.guard(clean_up(&state_dir)).await?;
    match args.command {
        Command::Demo(args) => interrupts.guard(Box::pin(demo::demo(args))).await?,
        Command::Up(args) => up::up(args, interrupts).await,
        Command::Down => interrupts.guard(down::down()).await?,
        Command::Monkey(args) => interrupts.guard(monkey::monkey(args)).await?,
        Command::Health(args) => health::health(args, interrupts).await,
        Command::Test(args) => test::test(args, interrupts).await,
        Command::Doctor(args) => interrupts.guard(doctor::doctor(args)).await?,
        Command::Cleanup => {
            if !found.any {
                say("nothing to clean up");
            }
            Ok(if found.all_mended { Exit::Done } else { Exit::CouldNotRun })
        }
    }
}

/// What a cleaning came to.
#[derive(Clone, Copy, Debug)]
struct Cleaned {
    /// Whether there was anything.
    any: bool,
    all_mended: bool,
}

/// Clears away what killed runs have left and tells of it.
async fn clean_up(state_dir: &Path) -> Cleaned {
    let found = sweep(state_dir, &|line| say(line)).await;
    if found.any() {
        say(&found);
    }
    let dead = Claim::sweep(state_dir);
    if let Some(dead) = dead {
        say(dead);
    }
    Cleaned { any: found.any() || dead.is_some(), all_mended: found.mended.failed.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fake_engine::FakeEngine;
    use crate::target::{Entry, Journal};

    fn owe(state_dir: &Path, engine: &FakeEngine) {
        let journal = Journal::open(state_dir).unwrap();
        let started = FakeEngine::started(1);
        journal.note(&Entry::ContainerDown { container: engine.which(), started }).unwrap();
    }

    #[tokio::test]
    async fn what_is_not_mended_is_told_of_by_the_exit_code() {
        let (state, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start().await);
        let mut interrupts = Interrupts::listen().unwrap();
        owe(state.path(), &engine);
        assert!(mend(state.path(), &mut interrupts).await);
        engine.refuse_starts();
        owe(state.path(), &engine);
        engine.take_down();
        assert!(!mend(state.path(), &mut interrupts).await);
        for exit in [Exit::Done, Exit::Held, Exit::Interrupted] {
            assert_eq!(exit.unmended(), Exit::CouldNotRun);
        }
        assert_eq!(Exit::Deviated.unmended(), Exit::Deviated);
    }
}
