//! The command line of a service: the flags all of them have, and how a mistake is told.

use std::{ffi::OsString, net::SocketAddr};

use clap::{Args, Parser, error::ErrorKind};

use crate::telemetry::{LogFormat, Traces};

/// What every service is told, whatever else it is told.
pub trait Service: Parser {
    /// The flags that every service has.
    fn process(&self) -> Process;

    /// Where its spans go. Default: nowhere.
    fn traces(&self) -> Traces {
        Traces::default()
    }

    /// Where it listens.
    fn address(&self) -> SocketAddr;
}

/// The flags that every service has.
#[derive(Args, Clone, Copy, Debug)]
pub struct Process {
    /// Threads that serve requests
    #[arg(long, env = "WORKERS", default_value_t = 2, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,

    /// How log lines are written to standard error
    #[arg(long, env = "LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,

    /// Asks the service that listens there whether it is ready, and ends with 0 or 1
    #[arg(long)]
    pub check_health: bool,
}

/// Why a command line does not start a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Help or the version was asked for; this is the text.
    Asked(String),
    /// A flag is wrong; one line that says which and why.
    Wrong(String),
}

/// Reads the command line and the environment.
///
/// # Errors
///
/// [`Usage::Wrong`] holds one line, because it may be read in a log among others.
pub fn parse<C: Parser>(args: impl IntoIterator<Item = OsString>) -> Result<C, Usage> {
    C::try_parse_from(args).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Usage::Asked(error.to_string()),
        _ => Usage::Wrong(one_line(&error.to_string())),
    })
}

/// The first paragraph of a message of clap's, on one line: the usage after it is for people
/// who ask for it.
fn one_line(message: &str) -> String {
    let told = message.split("\n\n").next().unwrap_or(message);
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Parser, Process, Usage, parse};

    #[derive(Parser, Debug)]
    struct Config {
        #[arg(long)]
        needed: String,
        #[command(flatten)]
        process: Process,
    }

    fn parse_words(words: &str) -> Result<Config, Usage> {
        parse(words.split(' ').map(Into::into))
    }

    #[test]
    fn a_good_command_line_is_read() {
        let config = parse_words("service --needed it --workers 4").unwrap();
        assert_eq!((config.needed.as_str(), config.process.workers), ("it", 4));
    }

    #[test]
    fn a_mistake_is_one_line_that_names_the_flag_and_what_is_allowed() {
        let Usage::Wrong(line) = parse_words("service --needed it --workers 0").unwrap_err() else {
            panic!("no help was asked for");
        };
        assert_eq!(line, "error: invalid value '0' for '--workers <N>': 0 is not in 1..=64");

        let Usage::Wrong(line) = parse_words("service --needed it --log xml").unwrap_err() else {
            panic!("no help was asked for");
        };
        assert!(line.contains("'xml'") && line.contains("[possible values: text, json]"), "{line}");
        assert!(!line.contains('\n'));
    }

    #[test]
    fn help_is_no_mistake() {
        assert!(matches!(parse_words("service --help"), Err(Usage::Asked(_))));
    }
}
