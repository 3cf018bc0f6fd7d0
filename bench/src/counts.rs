//! Whether the calls through our layers take as many instructions as they did.
//!
//! Times need an idle machine and somebody who reads them; instructions of the same compiler are the
//! same on a busy one, so that a machine can see at each change whether a call has become longer.

use std::{collections::BTreeMap, env::consts::ARCH, fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{
    cases,
    harness::{Case, Measure, OURS, Valgrind},
};

/// By how many of a hundred a figure may differ: a compiler that puts the same steps elsewhere changes
/// some, and so does a function that is no longer put where it is called.
const TOLERANCE: u64 = 6;
/// The same for calls that are so short that one step is more.
const LEAST: u64 = 6;

/// What was counted, and with which compiler.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    compiler: String,
    /// By the name of the case.
    instructions: BTreeMap<String, u64>,
}

/// What counting came to.
pub(crate) enum Found {
    /// All is as it was, or was written.
    Same,
    /// Some calls take more or less than they did.
    Differs,
    /// What was noted is of another compiler.
    Incomparable,
}

/// Counts, and compares with what `path` says or writes it there.
///
/// # Errors
///
/// When valgrind is not installed or fails, or the file cannot be read or written.
pub(crate) fn run(path: &Path, writes: bool) -> Result<Found> {
    let shown = || path.display().to_string();
    let compiler = compiler()?;
    if writes {
        let counts = Counts { compiler, instructions: count()? };
        fs::write(path, serde_json::to_string_pretty(&counts)? + "\n").with_context(shown)?;
        return Ok(Found::Same);
    }
    let known: Counts =
        serde_json::from_str(&fs::read_to_string(path).with_context(shown)?).with_context(shown)?;
    if known.compiler != compiler {
        println!("the figures are those of {}, and this is {compiler}", known.compiler);
        return Ok(Found::Incomparable);
    }
    let differences = differences(&known.instructions, &count()?);
    for difference in &differences {
        println!("{difference}");
    }
    if differences.is_empty() {
        println!("{} kinds of calls take as many instructions as noted", known.instructions.len());
        return Ok(Found::Same);
    }
    println!("where that is meant, note it: bench counts {} --write", path.display());
    Ok(Found::Differs)
}

fn compiler() -> Result<String> {
    let said = Command::new("rustc").arg("--version").output().context("rustc does not start")?;
    ensure!(said.status.success(), "rustc does not tell its version");
    Ok(format!("{} for {ARCH}", String::from_utf8_lossy(&said.stdout).trim()))
}

fn count() -> Result<BTreeMap<String, u64>> {
    let valgrind = Valgrind::find()?;
    let cases = cases::all().into_iter().filter(is_counted);
    cases
        .map(|case| {
            eprintln!("{}", case.name);
            let instructions = valgrind.count(&case.name, OURS)?.instructions;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few")]
            Ok((case.name, instructions.round() as u64))
        })
        .collect()
}

/// Not those by key, which a random hash puts elsewhere each time.
fn is_counted(case: &Case) -> bool {
    let is_steady = case.ours().is_some_and(|ours| case.subjects[ours].is_steady);
    case.measure == Measure::Time && is_steady && !case.name.starts_with("keyed")
}

fn differences(known: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) -> Vec<String> {
    let mut told = Vec::new();
    for (case, is) in counted {
        match known.get(case) {
            None => told.push(format!("{case}: {is} instructions, and nothing is noted")),
            Some(was) if is.abs_diff(*was) > (was * TOLERANCE / 100).max(LEAST) => {
                told.push(format!("{case}: {is} instructions, and {was} are noted"));
            }
            Some(_) => {}
        }
    }
    for (case, was) in known.iter().filter(|(case, _)| !counted.contains_key(*case)) {
        told.push(format!("{case}: {was} instructions are noted, and there is no such case"));
    }
    told
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::differences;

    fn map(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(case, count)| ((*case).to_owned(), *count)).collect()
    }

    #[test]
    fn a_call_that_takes_more_or_less_than_the_compiler_explains_is_told() {
        let known =
            map(&[("gone", 1), ("idle", 50), ("less", 1_000), ("more", 200), ("same", 200)]);
        let counted =
            map(&[("come", 7), ("idle", 56), ("less", 939), ("more", 213), ("same", 212)]);
        assert_eq!(
            differences(&known, &counted),
            [
                "come: 7 instructions, and nothing is noted",
                "less: 939 instructions, and 1000 are noted",
                "more: 213 instructions, and 200 are noted",
                "gone: 1 instructions are noted, and there is no such case",
            ]
        );
        assert_eq!(differences(&known, &known), <[&str; 0]>::default());
    }
}
