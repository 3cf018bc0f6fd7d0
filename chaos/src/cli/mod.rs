//! The command line.

mod args;
mod demo;
mod exit;
mod found;
mod interrupt;
mod progress;
mod say;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;
use interrupt::{Interrupted, Interrupts};
use say::say;

use crate::target::{check_system, settle, state_dir, sweep};

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
    let interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            say(format_args!("error: cannot listen for signals: {error}"));
            return Exit::CouldNotRun;
        }
    };
    let done = interrupts.guard(command(args)).await;
    mend().await;
    match done {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            say(format_args!("error: {error:#}"));
            Exit::CouldNotRun
        }
        Err(Interrupted { signal }) => {
            say(format_args!(
                "interrupted by {signal}: all that it started is ended, no report is written"
            ));
            Exit::Interrupted
        }
    }
}

/// Undoes what a run that ended early did to containers, which stay when it is dropped.
async fn mend() {
    let settled = settle(&state_dir()).await;
    if settled.any() {
        say(settled);
    }
}

async fn command(args: Args) -> anyhow::Result<Exit> {
    check_system()?;
    let found = sweep(&state_dir()).await;
    if found.any() {
        say(&found);
    }
    match args.command {
        Command::Demo(args) => Box::pin(demo::demo(args)).await,
        Command::Cleanup => {
            if !found.any() {
                say("nothing to clean up");
            }
            Ok(if found.mended.failed.is_empty() { Exit::Held } else { Exit::CouldNotRun })
        }
    }
}
