use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::duration::duration;
use super::exit::Exit;
use super::fleet::{FleetArgs, Told};
use super::health::{lines, watch};
use super::interrupt::Interrupts;
use super::monkey::{all_but_the_dashboard, announce, line, seed};
use super::say::{print, say};
use super::up::{Start, start};
use crate::fleet::{
    Checkup, DeadTimes, Fate, Fleet, Habits, Monkey, Purpose, Round, Schedule, Victims,
};
use crate::target::Ports;

pub(super) const ABOUT: &str = "\
Lets the monkey loose on a running demo while health checks start again what it killed. When it \
is done, a last check decides. Without a running demo one is started, on free ports and without a \
dashboard, and ended afterwards.

The same seed kills the same members after the same pauses.";

pub(super) const EXIT_CODES: &str = "\
Exit codes:
    0  everything is well in the end
    1  something is not
    2  wrong usage
    3  inconclusive: the monkey killed nothing
    4  the demo could not be started, or it ended meanwhile
  130  interrupted, by Ctrl-C or SIGTERM; a demo that was started for this is ended, and in one
       that ran before, whom this has killed is started again";

/// Options of `chaos test`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TestArgs {
    /// How long the monkey is loose
    #[arg(long = "for", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    length: Duration,

    /// The mean pause between two of its attempts
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    every: Duration,

    /// The seed of its victims and pauses
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Prints the summary as JSON; the lines before it go to standard error
    #[arg(long)]
    json: bool,

    /// Uses the services as they are beside this program, also under cargo
    #[arg(long)]
    no_build: bool,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// The pause between two health checks.
const LOOK: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Summary {
    seed: u64,
    kills: usize,
    rounds: usize,
    rounds_with_dead: usize,
    restarts: usize,
    longest_dead_s: f64,
    healthy: bool,
}

impl Summary {
    fn see(&mut self, round: &Round) {
        self.rounds += 1;
        self.rounds_with_dead += usize::from(round.met_the_dead());
        self.restarts += round.restarts();
        self.healthy = round.healthy();
    }

    /// Checks that find nothing wrong prove nothing unless something was killed.
    const fn exit(&self) -> Exit {
        match (self.healthy, self.kills) {
            (false, _) => Exit::Unwell,
            (true, 0) => Exit::Inconclusive,
            (true, _) => Exit::Done,
        }
    }

    fn text(&self) -> String {
        let Self { seed, kills, rounds, rounds_with_dead, restarts, longest_dead_s, .. } = self;
        let last = match self.exit() {
            Exit::Unwell => "✘ something is not well",
            Exit::Inconclusive => "○ everything is well, but nothing was killed: inconclusive",
            _ => "✔ everything is well",
        };
        format!(
            "kills               {kills}, seed {seed}\n\
             rounds of checks    {rounds}, of them {rounds_with_dead} with something dead\n\
             restarts            {restarts}\n\
             longest time dead   {longest_dead_s:.2} s\n\
             final check         {last}"
        )
    }
}

/// Tests the demo that runs, or one of its own.
pub(super) async fn test(args: TestArgs, interrupts: &mut Interrupts) -> anyhow::Result<Exit> {
    let summary = if let Some(fleet) = interrupts.guard(args.fleet.find()).await?? {
        attack_found(&args, fleet.as_ref(), interrupts).await?
    } else {
        say("no demo runs: one is started for this test");
        let (purpose, ports) = (Purpose::Test, Ports::ANY);
        let own = Start { no_build: args.no_build, dashboard: false, ports, purpose };
        let mut supervisor = interrupts.guard(start(own)).await??;
        let fleet = supervisor.local();
        let attacked = interrupts.guard(async {
            tokio::select! {
                () = supervisor.run(&|_| {}) => unreachable!("it has no end"),
                summary = attack(&args, &fleet) => summary,
            }
        });
        let summary = attacked.await??;
        for unclean in interrupts.guard(supervisor.stop()).await? {
            say(format_args!("warning: {unclean}"));
        }
        summary
    };
    print(if args.json { serde_json::to_string_pretty(&summary)? } else { summary.text() })?;
    Ok(summary.exit())
}

/// Attacks a demo that goes on afterwards. When the attack is cut short, those whom it has killed
/// are started again: nobody else would.
async fn attack_found(
    args: &TestArgs,
    fleet: &dyn Fleet,
    interrupts: &mut Interrupts,
) -> anyhow::Result<Summary> {
    let victims = Victims::new(fleet);
    let error = match interrupts.guard(attack(args, &victims)).await {
        Ok(Ok(summary)) => return Ok(summary),
        Ok(Err(error)) => error,
        Err(interrupted) => interrupted.into(),
    };
    interrupts.guard(start_again(&victims)).await?;
    Err(error)
}

/// Starts again whom the attack has killed.
async fn start_again(victims: &Victims<'_>) {
    for name in victims.names() {
        say(format_args!("{name} was killed by this test and is started again"));
        if let Err(error) = victims.start(&name).await {
            say(format_args!("warning: {error:#}; chaos health tries it again"));
        }
    }
}

async fn attack(args: &TestArgs, fleet: &dyn Fleet) -> anyhow::Result<Summary> {
    let tell = |line: &str| {
        if args.json {
            say(line);
            return Ok(());
        }
        print(line)
    };
    let habits = Habits {
        prey: all_but_the_dashboard(fleet).await?,
        every: args.every,
        length: args.length,
        count: usize::MAX,
        seed: seed(args.seed),
    };
    announce(&habits);
    let kills = Cell::new(0_usize);
    let summary = RefCell::new(Summary { seed: habits.seed, ..Summary::default() });
    let dead = RefCell::new(DeadTimes::default());
    let see = |round: &Round, began| {
        dead.borrow_mut().see(round, began, Instant::now());
        summary.borrow_mut().see(round);
        lines(round).iter().try_for_each(|line| tell(line))
    };
    let checkup = Checkup::new(true)?;
    let told = Told(fleet);
    let (done, end) = oneshot::channel::<()>();
    let strikes = async {
        // Dropped with this block, which ends the checks.
        let _done = done;
        let mut monkey = Monkey::new(fleet, Schedule::new(habits));
        while let Some(attempt) = monkey.strike().await? {
            if attempt.fate == Fate::Killed {
                kills.set(kills.get() + 1);
                dead.borrow_mut().killed(&attempt.strike.victim, Instant::now());
            }
            tell(&line(&attempt))?;
        }
        anyhow::Ok(())
    };
    let end = async { end.await.unwrap_or_default() };
    tokio::try_join!(strikes, watch(&checkup, &told, LOOK, end, see))?;

    tell("the monkey is done, this check decides")?;
    let began = Instant::now();
    see(&checkup.round(&told).await.context("the final check")?, began)?;
    let mut summary = summary.take();
    summary.kills = kills.get();
    summary.longest_dead_s = dead.take().longest().as_secs_f64();
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_without_a_kill_prove_nothing_and_the_last_one_decides() {
        let exit = |healthy, kills| Summary { kills, healthy, ..Summary::default() }.exit();
        assert_eq!(exit(true, 1), Exit::Done);
        assert_eq!(exit(true, 0), Exit::Inconclusive);
        assert_eq!(exit(false, 0), Exit::Unwell);
        assert_eq!(exit(false, 5), Exit::Unwell);
    }

    #[test]
    fn the_summary_counts_what_rounds_have_found() {
        use crate::fleet::{Check, What, Word};
        let round = |dead, word| Round {
            checks: vec![Check { member: "user".to_owned(), what: What::Ready, dead, word }],
        };
        let mut summary = Summary::default();
        summary.see(&round(true, Word::Restarted { took: Duration::ZERO }));
        summary.see(&round(true, Word::Failed { why: "no".to_owned() }));
        assert!(!summary.healthy);
        summary.see(&round(false, Word::Ok));
        let expected = Summary {
            rounds: 3,
            rounds_with_dead: 2,
            restarts: 1,
            healthy: true,
            ..Summary::default()
        };
        assert_eq!(summary, expected);
    }
}
