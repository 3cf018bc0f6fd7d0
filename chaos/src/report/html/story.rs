use std::ops::AddAssign;

use super::text::{capital, percent, seconds, share};
use crate::analysis::{GroupSummary, GroupVerdict, Verdict};
use crate::experiment::Group;
use crate::report::Report;

/// The orders of a group over all phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Orders {
    scheduled: u64,
    ok: u64,
    late: u64,
    failed: u64,
    refused: u64,
}

impl AddAssign<&GroupSummary> for Orders {
    fn add_assign(&mut self, phase: &GroupSummary) {
        self.scheduled += phase.scheduled;
        self.ok += phase.ok;
        self.late += phase.late;
        self.failed += phase.failed;
        self.refused += phase.refused;
    }
}

/// The run in three sentences: what was done, what came of it, what follows.
pub(super) fn story(report: &Report) -> [String; 3] {
    [done(report), came(report), follows(report)]
}

fn done(report: &Report) -> String {
    let faults: Vec<_> = report.phases.iter().filter_map(|phase| phase.fault.as_deref()).collect();
    let faults = match faults.split_last() {
        None => "nothing was broken".to_owned(),
        Some((last, [])) => format!("one thing was broken on purpose: {last}"),
        Some((last, others)) => format!(
            "{} things were broken on purpose, one after the other: {}; and {last}",
            others.len() + 1,
            others.join("; ")
        ),
    };
    format!(
        "Two copies of one order service, one guarded and one bare, each got the same {} orders a \
         second for {:.0} s, while {faults}.",
        report.settings.rate,
        seconds(report.settings.length())
    )
}

fn came(report: &Report) -> String {
    let [guarded, bare] = Group::ALL.map(|group| {
        let mut orders = Orders::default();
        report.phases.iter().for_each(|phase| orders += phase.groups.of(group));
        let Orders { scheduled, ok, late, failed, refused } = orders;
        let rest: Vec<_> =
            [(refused, "refused at once"), (late, "answered too late"), (failed, "failed")]
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, ending)| format!("{count} {ending}"))
                .collect();
        let rest = if rest.is_empty() { String::new() } else { format!(" ({})", rest.join(", ")) };
        format!(
            "{group} served {ok} of {scheduled} orders in time, {}{rest}",
            percent(share(ok, scheduled))
        )
    });
    format!("{}; {bare}.", capital(&guarded))
}

fn follows(report: &Report) -> String {
    let kept = |group: Group| {
        let GroupVerdict { verdict, findings } = report.verdicts.of(group);
        let broken = findings.iter().filter(|finding| finding.verdict == Verdict::Deviated).count();
        match verdict {
            Verdict::Held => format!("{group} kept every part of its promise"),
            Verdict::Deviated => {
                format!("{group} broke {broken} of the {} parts of its promise", findings.len())
            }
            Verdict::Inconclusive => format!("whether {group} kept its promise cannot be told"),
        }
    };
    let damaged: Vec<_> = Group::ALL
        .into_iter()
        .filter(|group| report.data.of(*group).verdict == Verdict::Deviated)
        .map(Group::name)
        .collect();
    let proved = Group::ALL.iter().all(|group| report.data.of(*group).verdict == Verdict::Held);
    let data = match (damaged.as_slice(), proved) {
        ([], true) => "in both, every acknowledged order is stored exactly once".to_owned(),
        ([], false) => "too little was acknowledged to prove the data intact".to_owned(),
        (damaged, _) => format!("the stored orders of {} are damaged", damaged.join(" and ")),
    };
    format!("{}, {}, and {data}.", capital(&kept(Group::Guarded)), kept(Group::Bare))
}
