use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Valgrind, which runs this program and counts what it does.
///
/// Two runs differ only in the number of calls, and what one has more than the other is theirs.
/// Valgrind hides the kernel's vdso, so that each reading of the clock is a call of the C
/// library's `clock_gettime`, and shows among the calls that callgrind notes. The instructions of
/// the vdso itself are not counted, nor are clocks that are read by an instruction of the
/// processor, as governor's is.
pub(crate) struct Valgrind {
    program: PathBuf,
}

/// What one call takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) instructions: f64,
    pub(crate) clock_reads: f64,
}

const FEW: u64 = 1_000;
const MANY: u64 = 6_000;

impl Valgrind {
    /// Finds it.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub(crate) fn find() -> Result<Self> {
        let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            bail!("valgrind is not installed");
        }
        Ok(Self { program: env::current_exe().context("this program is not to be found")? })
    }

    /// Counts what one call takes.
    ///
    /// # Errors
    ///
    /// When a run fails.
    pub(crate) fn count(&self, case: &str, subject: &str) -> Result<Counted> {
        let (few, many) = (self.run(case, subject, FEW)?, self.run(case, subject, MANY)?);
        Ok(Counted {
            instructions: per_call(many.instructions, few.instructions),
            clock_reads: per_call(many.clock_reads, few.clock_reads),
        })
    }

    fn run(&self, case: &str, subject: &str, calls: u64) -> Result<Totals> {
        let out = env::temp_dir().join(format!("bench-{}.callgrind", process::id()));
        let status = Command::new("valgrind")
            .args(["--tool=callgrind", "--compress-strings=no", "--quiet"])
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(&self.program)
            .args(["one", case, subject, &calls.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("valgrind does not start")?;
        let text = fs::read_to_string(&out).context("callgrind wrote nothing");
        _ = fs::remove_file(&out);
        if !status.success() {
            bail!("the run under valgrind failed");
        }
        Totals::read(&text?).context("callgrind's file has no total")
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Totals {
    instructions: u64,
    clock_reads: u64,
}

impl Totals {
    fn read(text: &str) -> Option<Self> {
        let mut instructions = None;
        let mut clock_reads = 0;
        let mut is_clock = false;
        for line in text.lines() {
            if let Some(function) = line.strip_prefix("cfn=") {
                is_clock = function.starts_with("clock_gettime");
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| is_clock) {
                clock_reads += calls.split(' ').next()?.parse::<u64>().ok()?;
            } else if let Some(totals) = line.strip_prefix("totals:") {
                instructions = totals.trim().parse().ok();
            }
        }
        Some(Self { instructions: instructions?, clock_reads })
    }
}

#[expect(clippy::cast_precision_loss, reason = "what a thousand calls do is below 2^53")]
fn per_call(many: u64, few: u64) -> f64 {
    many.saturating_sub(few) as f64 / (MANY - FEW) as f64
}

#[cfg(test)]
mod tests {
    use super::Totals;

    #[test]
    fn clock_reads_are_the_calls_of_the_clock_from_anywhere() {
        let text = "fn=main\n1 5\ncfn=clock_gettime@@GLIBC_2.17\ncalls=3 0\n9 30\ncfn=malloc\n\
                    calls=7 0\n1 2\nfn=other\ncfn=clock_gettime@@GLIBC_2.17\ncalls=2 0\n\
                    totals: 1234\n";
        assert_eq!(Totals::read(text), Some(Totals { instructions: 1234, clock_reads: 5 }));
    }
}
