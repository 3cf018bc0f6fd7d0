use std::time::Duration;

use serde_json::json;

use super::duration::duration;
use super::exit::Exit;
use super::fleet::FleetArgs;
use super::say::{print, say, time};
use crate::fleet::{Attempt, Fate, Fleet, Habits, Member, Monkey, Schedule};

pub(super) const ABOUT: &str = "\
Kills random members of a running demo as a crash would, at random times, and starts none again. \
`chaos health --watch` beside it does, and the dashboard shows both.

The same seed kills the same members after the same pauses.";

pub(super) const EXIT_CODES: &str = "\
Exit codes:
    0  at least one member was killed
    2  wrong usage
    3  nothing was killed: whoever was chosen was dead, or the time was too short for an attempt
    4  no demo runs, or it ended meanwhile
  130  interrupted, by Ctrl-C or SIGTERM";

/// Options of `chaos monkey`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct MonkeyArgs {
    /// The mean pause between two attempts; each is between half of it and one and a half
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    every: Duration,

    /// When to stop
    #[arg(long = "for", value_name = "DURATION", default_value = "2m", value_parser = duration)]
    length: Duration,

    /// The most attempts; one at a member that is dead already counts
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    count: u16,

    /// The seed of victims and pauses
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// A member that may be killed [default: all but the dashboard]; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Prints JSON lines
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Kills members until the schedule is at its end.
pub(super) async fn monkey(args: MonkeyArgs) -> anyhow::Result<Exit> {
    let fleet = args.fleet.expect().await?;
    let prey = match prey(fleet.as_ref(), &args.only).await? {
        Ok(prey) => prey,
        Err(stranger) => {
            say(format_args!("error: {stranger}"));
            return Ok(Exit::WrongUsage);
        }
    };
    let habits = Habits {
        prey,
        every: args.every,
        length: args.length,
        count: usize::from(args.count),
        seed: seed(args.seed),
    };
    announce(&habits);
    let mut kills = 0_usize;
    let mut monkey = Monkey::new(fleet.as_ref(), Schedule::new(habits));
    while let Some(attempt) = monkey.strike().await? {
        kills += usize::from(attempt.fate == Fate::Killed);
        print(if args.json { json(&attempt).to_string() } else { line(&attempt) })?;
    }
    say(format_args!("the monkey is done: {kills} killed"));
    Ok(if kills > 0 { Exit::Done } else { Exit::Inconclusive })
}

/// A seed that is easy to type again, unless one was given.
pub(super) fn seed(given: Option<u64>) -> u64 {
    given.unwrap_or_else(|| u64::from(fastrand::u32(..)))
}

/// Those that may be killed where nobody is named: all but the dashboard.
pub(super) async fn all_but_the_dashboard(fleet: &dyn Fleet) -> anyhow::Result<Vec<String>> {
    let names = fleet.members().await?.into_iter().map(|member| member.name);
    Ok(names.filter(|name| name != Member::DASHBOARD).collect())
}

/// Those that may be killed: the named ones, or all but the dashboard.
///
/// # Errors
///
/// When the fleet is gone; inside, when a name is that of no member.
async fn prey(fleet: &dyn Fleet, only: &[String]) -> anyhow::Result<Result<Vec<String>, String>> {
    if only.is_empty() {
        return all_but_the_dashboard(fleet).await.map(Ok);
    }
    let names = fleet.members().await?.into_iter().map(|member| member.name);
    let names: Vec<_> = names.collect();
    Ok(match only.iter().find(|name| !names.contains(name)) {
        Some(name) => {
            let expected = names.join(", ");
            Err(format!("{name} is no member of this demo, expected {expected}"))
        }
        None => Ok(only.to_vec()),
    })
}

pub(super) fn announce(habits: &Habits) {
    let Habits { prey, every, length, count, seed } = habits;
    let most =
        if *count == usize::MAX { String::new() } else { format!(", at most {count} times") };
    say(format_args!(
        "the monkey strikes about every {every:?} for {length:?}{most}: {}; seed {seed}",
        prey.join(", ")
    ));
}

pub(super) fn line(attempt: &Attempt) -> String {
    let (victim, time) = (&attempt.strike.victim, time());
    match &attempt.fate {
        Fate::Killed => format!("{time} × killed {victim}"),
        Fate::WasDead => format!("{time} – skipped {victim}, which is dead already"),
        Fate::Failed(why) => format!("{time} ! could not kill {victim}: {why}"),
    }
}

fn json(attempt: &Attempt) -> serde_json::Value {
    let (what, why) = match &attempt.fate {
        Fate::Killed => ("killed", None),
        Fate::WasDead => ("skipped", None),
        Fate::Failed(why) => ("failed", Some(why)),
    };
    let at = attempt.strike.at.as_secs_f64();
    let time = jiff::Timestamp::now();
    json!({ "time": time, "at_s": at, "member": attempt.strike.victim, "what": what, "why": why })
}
