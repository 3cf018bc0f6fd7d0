use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::duration::duration;
use super::exit::Exit;
use super::fleet::{FleetArgs, Told};
use super::interrupt::Interrupts;
use super::say::{print, say, time};
use crate::fleet::{Checkup, Fleet, Round};

pub(super) const ABOUT: &str = "\
Asks every member of a running demo whether it is ready, places an order with each order service, \
and starts again what is dead.";

pub(super) const EXIT_CODES: &str = "\
Signs: ✔ is well, ↻ was dead and was started again, ✘ is not well.

Exit codes:
    0  everything is well in the end, after restarts; with --watch, in the last round
    1  something is not
    2  wrong usage
    4  no demo runs, or it ended meanwhile
  130  interrupted, by Ctrl-C or SIGTERM; with --watch that is how it ends, and the last
       round decides";

/// Options of `chaos health`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct HealthArgs {
    /// Only looks and leaves the dead alone
    #[arg(long)]
    no_restart: bool,

    /// Looks again and again, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// The pause between two looks
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration, requires = "watch")]
    every: Duration,

    /// When to stop looking
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "watch")]
    length: Option<Duration>,

    /// Prints each look as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Looks once, or until it is told to stop.
pub(super) async fn health(args: HealthArgs, interrupts: &mut Interrupts) -> anyhow::Result<Exit> {
    let fleet = interrupts.guard(args.fleet.expect()).await??;
    let fleet = Told(fleet.as_ref());
    let checkup = Checkup::new(!args.no_restart)?;
    if !args.watch {
        let round = interrupts.guard(checkup.round(&fleet)).await??;
        show(&round, args.json)?;
        return Ok(exit(round.healthy()));
    }
    let last = Cell::new(None);
    let end = after(args.length);
    let watched = watch(&checkup, &fleet, args.every, end, |round, _| {
        last.set(Some(round.healthy()));
        show(round, args.json)
    });
    match interrupts.guard(watched).await {
        Ok(ended) => ended?,
        Err(interrupted) => match last.get() {
            Some(_) => say(format_args!("{}: the last round decides", interrupted.signal)),
            None => return Err(interrupted.into()),
        },
    }
    Ok(exit(last.get() == Some(true)))
}

const fn exit(healthy: bool) -> Exit {
    if healthy { Exit::Done } else { Exit::Unwell }
}

/// Ends after `length`, counted from this call and not from when it is polled first; `None`:
/// never.
fn after(length: Option<Duration>) -> impl Future<Output = ()> {
    let end = length.map(sleep);
    async {
        match end {
            Some(end) => end.await,
            None => pending().await,
        }
    }
}

/// Looks every so often until `end`, which no round is cut short by. `seen` gets each round
/// with the time at which it began.
pub(super) async fn watch(
    checkup: &Checkup,
    fleet: &dyn Fleet,
    every: Duration,
    end: impl Future<Output = ()>,
    mut seen: impl FnMut(&Round, Instant) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut end = pin!(end);
    loop {
        let began = Instant::now();
        seen(&checkup.round(fleet).await?, began)?;
        tokio::select! {
            biased;
            () = &mut end => return Ok(()),
            () = sleep(every) => {}
        }
    }
}

/// Prints a round, one line for each check, or one of JSON.
fn show(round: &Round, json: bool) -> anyhow::Result<()> {
    if json {
        return print(json!({
            "time": jiff::Timestamp::now(), "healthy": round.healthy(), "checks": round.checks
        }));
    }
    lines(round).iter().try_for_each(print)
}

pub(super) fn lines(round: &Round) -> Vec<String> {
    let time = time().to_string();
    round.checks.iter().map(|check| format!("{time} {check}")).collect()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_of_the_first_look_counts() {
        let length = Duration::from_secs(1);
        let (end, never) = (after(Some(length)), after(None));
        advance(2 * length).await;
        assert_eq!(end.now_or_never(), Some(()));
        assert_eq!(never.now_or_never(), None);
    }
}
