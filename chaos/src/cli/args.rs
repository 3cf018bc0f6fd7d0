use std::path::PathBuf;

use crate::target::Programs;
use clap::{Parser, Subcommand, ValueEnum};

use super::{doctor, down, health, monkey, test, up};

/// Runs experiments against services and judges the outcome.
///
/// Every command first cleans up after runs that were killed and could not do it themselves.
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Breaks the demo's services and compares a guarded order service with a bare one
    // Here and not at the arguments, whose texts the line above would replace.
    #[command(long_about = DEMO, after_help = EXIT_CODES)]
    Demo(DemoArgs),
    /// Starts the services and the dashboard and keeps them running, to be played with
    #[command(long_about = up::ABOUT, after_help = up::EXIT_CODES)]
    Up(up::UpArgs),
    /// Ends what `chaos up` has started
    #[command(after_help = down::EXIT_CODES)]
    Down,
    /// Kills random members of a running demo
    #[command(long_about = monkey::ABOUT, after_help = monkey::EXIT_CODES)]
    Monkey(monkey::MonkeyArgs),
    /// Checks a running demo and starts again what is dead
    #[command(long_about = health::ABOUT, after_help = health::EXIT_CODES)]
    Health(health::HealthArgs),
    /// Lets the monkey loose while health checks mend what it breaks, and then decides
    #[command(long_about = test::ABOUT, after_help = test::EXIT_CODES)]
    Test(test::TestArgs),
    /// Tells what this machine can do, and how to get the rest
    #[command(after_help = doctor::EXIT_CODES)]
    Doctor(doctor::DoctorArgs),
    /// Ends and removes what killed runs have left
    #[command(after_help = CLEANUP_EXIT_CODES)]
    Cleanup,
}

const DEMO: &str = "\
Starts a user service and two order services, one with resilience layers and one without, and \
places the same orders at both for about 80 seconds, while user calls become slow, then fail, \
and then the user service is killed and restarted. Under cargo the services are built first.

All traffic stays on this machine, on free ports. Databases are temporary. Meanwhile a dashboard \
shows the services.

With --compose it does the same to the services of a docker compose project that runs: it finds \
their containers by the labels of compose, kills and restarts them through the Docker API, and \
leaves them running as it found them. Their databases keep the orders; only those of the run \
are judged.";

const EXIT_CODES: &str = "\
Exit codes:
    0  the guarded service kept its promise, and the data of both is intact
    1  the promise was broken, the guarded service broke down, or an order was lost,
       doubled or changed
    2  wrong usage
    3  inconclusive: a fault did too little, another service broke down, there were too
       few orders, or this machine was too busy
    4  the run could not be made, for example because a service did not start, or what was
       broken could not be mended
  130  interrupted, by Ctrl-C or SIGTERM; nothing that was started keeps running, and what was
       broken is mended";

const CLEANUP_EXIT_CODES: &str = "\
Exit codes:
    0  nothing is left
    4  something could not be mended; the next command tries it again
  130  interrupted, by Ctrl-C or SIGTERM";

/// Options of `chaos demo`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Runs the same phases in about 22 seconds, with coarser figures
    #[arg(long)]
    pub(super) quick: bool,

    /// Prints the report as JSON on standard output instead of the table
    #[arg(long)]
    pub(super) json: bool,

    /// The seed of the schedule; the same seed places the same orders at the same times
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// Orders per second at each of the two order services
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) rate: u32,

    #[command(flatten)]
    pub(super) compose: ComposeArgs,

    /// Leaves a layer out of the guarded service, to see what it is good for; may be repeated
    #[arg(long, value_name = "LAYER", value_delimiter = ',')]
    pub(super) without: Vec<GuardedLayer>,

    /// Where the report goes, as JSON; a page for people goes beside it, ending in .html
    #[arg(long, value_name = "PATH", default_value = "report.json")]
    pub(super) report: PathBuf,

    #[command(flatten)]
    pub(super) dashboard: DashboardArgs,

    /// Uses the services as they are beside this program, also under cargo
    #[arg(long)]
    pub(super) no_build: bool,

    /// A further argument for both order services; may be repeated
    #[arg(long, value_name = "ARG", hide = true, allow_hyphen_values = true)]
    pub(super) order_arg: Vec<String>,
}

/// Options of a run that attacks what it finds.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ComposeArgs {
    /// Attacks the services of a running docker compose project instead of starting any
    #[arg(long, conflicts_with_all = ["without", "no_build", "order_arg", "dashboard", "no_dashboard"])]
    pub(super) compose: bool,

    /// The name of the compose project, where more than one could be meant
    #[arg(long, value_name = "NAME", requires = "compose")]
    pub(super) project: Option<String>,
}

/// Options of the dashboard that a run starts.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct DashboardArgs {
    /// The port of the dashboard; another free one if it cannot be had, any free one with 0
    #[arg(long = "dashboard", value_name = "PORT", default_value_t = 8080, id = "dashboard")]
    pub(super) port: u16,

    /// Starts no dashboard
    #[arg(long = "no-dashboard", conflicts_with = "dashboard", id = "no_dashboard")]
    pub(super) none: bool,
}

impl DashboardArgs {
    /// What has to be built.
    pub(super) const fn programs(self) -> Programs {
        if self.none { Programs::Services } else { Programs::WithDashboard }
    }
}

/// A layer that the guarded service can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GuardedLayer {
    /// No second attempts.
    Retry,
    /// Calls go on while the user service is down.
    Breaker,
    /// An attempt may take as long as it likes.
    Timeout,
    /// The order as a whole may take as long as it likes.
    Deadline,
    /// Second attempts are not limited.
    Budget,
}

impl GuardedLayer {
    /// The name that the order service knows it by.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_long_help_of_the_demo_tells_what_it_does_and_how_it_ends() {
        let mut command = Args::command();
        let demo = command.find_subcommand_mut("demo").expect("demo is a command");
        let help = demo.render_long_help().to_string();
        assert!(help.contains("Starts a user service") && help.contains("Exit codes"), "{help}");
    }

    #[test]
    fn the_help_of_every_command_but_cleanup_tells_how_it_ends() {
        for mut command in Args::command().get_subcommands().cloned() {
            let help = command.render_long_help().to_string();
            let tells = help.contains("Exit codes:") && help.contains("130  interrupted");
            assert!(tells || command.get_name() == "cleanup", "{help}");
        }
    }

    #[test]
    fn layers_may_be_given_as_a_list_or_one_by_one() {
        let given = ["chaos", "demo", "--without", "retry,breaker", "--without", "budget"];
        let Command::Demo(demo) = Args::parse_from(given).command else { panic!("demo was given") };
        let names: Vec<_> = demo.without.into_iter().map(GuardedLayer::name).collect();
        assert_eq!(names, ["retry", "breaker", "budget"]);
    }

    #[test]
    fn a_compose_project_is_taken_as_it_is() {
        let parsed = |more: &[&str]| Args::try_parse_from([&["chaos", "demo"], more].concat());
        assert!(parsed(&["--compose"]).is_ok());
        assert!(parsed(&["--compose", "--project", "shop", "--quick", "--json"]).is_ok());
        assert!(parsed(&["--project", "shop"]).is_err());
        for more in [
            &["--without", "retry"][..],
            &["--no-build"],
            &["--order-arg=--x"],
            &["--dashboard", "0"],
            &["--no-dashboard"],
        ] {
            assert!(parsed(&[&["--compose"], more].concat()).is_err(), "{more:?}");
        }
        assert!(parsed(&["--dashboard", "0", "--no-dashboard"]).is_err());
    }

    #[test]
    fn an_unknown_layer_and_a_rate_of_zero_are_refused() {
        assert!(Args::try_parse_from(["chaos", "demo", "--without", "tires"]).is_err());
        assert!(Args::try_parse_from(["chaos", "demo", "--rate", "0"]).is_err());
    }
}
