use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures what the layers cost, beside others that do the same.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Rounds; in each, every subject runs once. Two threads are measured in a third as many,
    /// 9 at least.
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u16).range(3..=999))]
    pub(crate) rounds: u16,

    /// Measures only the cases whose name begins so. May be given more than once.
    #[arg(long, value_name = "CASE")]
    pub(crate) only: Vec<String>,

    /// Writes the rows to a file, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Names the cases and ends.
    #[arg(long)]
    pub(crate) list: bool,

    #[command(subcommand)]
    pub(crate) part: Option<Part>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// Counts the instructions of calls through our layers, and compares them with those noted.
    ///
    /// Ends with 1 where they differ, and with 3 where they are those of another compiler.
    Counts {
        /// Where they are noted.
        file: PathBuf,
        /// Notes them there instead.
        #[arg(long)]
        write: bool,
    },
    /// Makes so many calls of one subject, for valgrind to watch.
    #[command(hide = true)]
    One {
        /// The name of the case.
        case: String,
        /// The name of the subject.
        subject: String,
        /// How many.
        calls: u64,
    },
}

impl Args {
    /// Whether the case of this name is asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only.as_str()))
    }
}
