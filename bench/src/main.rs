//! Measures what the layers of `tower-bulwark` cost, beside other crates that do the same.
//!
//! ```sh
//! cargo run --release -p bench                          # everything, as Markdown
//! cargo run --release -p bench -- --only closed --rounds 9
//! cargo run --release -p bench -- --json rows.json
//! cargo run --release -p bench --no-default-features -- --only fault   # layer compiled out
//! cargo run --release -p bench -- counts bench/counts.json              # instructions alone
//! ```
//!
//! Times are real and belong to the machine. Every batch checks that exactly the calls
//! succeeded that should have. Allocations are counted by the allocator, instructions and
//! readings of the clock by callgrind, where valgrind is installed.

mod args;
mod cases;
mod counts;
mod end_to_end;
mod features;
mod harness;
mod inner;
mod measure;
mod memory;
mod report;
mod row;
mod subjects;
mod trials;

use std::{fs::File, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;

use crate::{
    args::{Args, Part},
    counts::Found,
    harness::Valgrind,
};

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let runtime = harness::runtime()?;
    let _entered = runtime.enter();
    match &args.part {
        Some(Part::One { case, subject, calls }) => one(case, subject, *calls)?,
        Some(Part::Counts { file, write }) => {
            may_measure()?;
            return Ok(match counts::run(file, *write)? {
                Found::Same => ExitCode::SUCCESS,
                Found::Differs => ExitCode::FAILURE,
                Found::Incomparable => ExitCode::from(3),
            });
        }
        None if args.list => {
            for case in cases::all() {
                println!("{:24} {}", case.name, case.title);
            }
            for (name, _) in memory::CASES {
                println!("{name}");
            }
            println!("{}\n{}", end_to_end::NAME, trials::NAME);
        }
        None => all(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn one(case: &str, subject: &str, calls: u64) -> Result<()> {
    let case = cases::all().into_iter().find(|known| known.name == case);
    let case = case.context("there is no such case")?;
    let subject = case.place(subject).context("there is no such subject")?;
    let mut load = (case.subjects[subject].make)();
    load.run(calls);
    Ok(())
}

/// Fails where tokio's clock is not the one that services have.
fn may_measure() -> Result<()> {
    ensure!(
        !features::tokio_is_for_tests(),
        "tokio is compiled with test-util, which makes its clock slower; run this package alone"
    );
    if cfg!(debug_assertions) {
        eprintln!("this is no release build: its figures mean nothing");
    }
    Ok(())
}

fn all(args: &Args) -> Result<()> {
    may_measure()?;
    let valgrind = Valgrind::find();
    if let Err(error) = &valgrind {
        println!("Instructions and clock reads are not counted: {error}.");
    }
    let mut rows = Vec::new();
    for case in cases::all().iter().filter(|case| args.wants(&case.name)) {
        let measured = measure::measure(case, usize::from(args.rounds), valgrind.as_ref().ok());
        print!("{}", report::table(&measured));
        rows.extend(measured);
    }
    for (_, make) in memory::CASES.iter().filter(|(name, _)| args.wants(name)) {
        let measured = make();
        print!("{}", report::table(&measured));
        rows.extend(measured);
    }
    if args.wants(end_to_end::NAME) {
        let measured = end_to_end::measure(usize::from(args.rounds))?;
        print!("{}", report::table(&measured));
        rows.extend(measured);
    }
    if args.wants(trials::NAME) {
        print!("{}", trials::table()?);
    }
    if let Some(path) = &args.json {
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        serde_json::to_writer_pretty(file, &rows)?;
    }
    Ok(())
}
