//! Runs behaviour given as data against the crate.
//!
//! A file holds cases: a configuration, steps in virtual time, and what must hold after each.
//! Nothing here knows a case by its id; what a case needs and this does not know makes it
//! "not covered", never passed.

mod alone;
mod breaker;
mod case;
mod keys;
mod numbers;
mod pattern;
mod run;
mod stack;
mod verdict;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use serde::Serialize;

use case::Case;
use verdict::{Mismatch, Verdict};

/// Runs files of cases and tells which ones hold.
///
/// Exit codes: 0 no case failed, 1 a case failed, 2 a file cannot be read.
#[derive(Debug, Parser)]
struct Args {
    /// Prints the verdicts as one JSON document
    #[arg(long)]
    json: bool,

    /// Files of cases
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// All verdicts, and their number.
#[derive(Debug, Default, Serialize)]
struct Summary {
    cases: Vec<Judged>,
    passed: usize,
    failed: usize,
    not_covered: usize,
}

#[derive(Debug, Serialize)]
struct Judged {
    id: String,
    #[serde(flatten)]
    verdict: Verdict,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut cases = Vec::new();
    for file in &args.files {
        match Case::read(file) {
            Ok(read) => cases.extend(read),
            Err(error) => {
                // Whoever cannot be told by a line is told by the code.
                let _ = writeln!(io::stderr(), "error: {error:#}");
                return ExitCode::from(2);
            }
        }
    }
    let mut summary = Summary::default();
    for case in cases {
        let verdict = run::run(&case);
        match verdict {
            Verdict::Passed => summary.passed += 1,
            Verdict::Failed(_) => summary.failed += 1,
            Verdict::NotCovered(_) => summary.not_covered += 1,
        }
        summary.cases.push(Judged { id: case.id, verdict });
    }
    match tell(&summary, args.json) {
        Ok(()) if summary.failed == 0 => ExitCode::SUCCESS,
        // A verdict that nobody can read has not been given.
        Ok(()) | Err(_) => ExitCode::FAILURE,
    }
}

fn tell(summary: &Summary, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, summary)?;
        return writeln!(out);
    }
    for Judged { id, verdict } in &summary.cases {
        writeln!(out, "{id} {verdict}")?;
        // Beside the line and not in it, which has one form for all cases.
        if let Verdict::Failed(Mismatch { way: Some(way), .. }) = verdict {
            let _ = writeln!(io::stderr(), "{id}: {way}");
        }
    }
    let Summary { passed, failed, not_covered, .. } = summary;
    writeln!(out, "{passed} passed, {failed} failed, {not_covered} not covered")
}
