use std::fmt::Write;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::Report;
use crate::analysis::{DataCheck, GroupVerdict, Interval, PhaseSummary, Verdict};
use crate::experiment::Group;

/// The report for people: a table, a sentence a phase, the verdicts.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let within = report.settings.promise.within;
    let _ = writeln!(text, "{}", phases(report));
    let _ = writeln!(
        text,
        "ok: acknowledged within {within:?} of the intended start; late: after it; refused: by a \
         policy.\ncalls/order: calls that reached the user service per order sent.\n"
    );
    for phase in &report.phases {
        let fault = phase.fault.as_deref().unwrap_or("nothing is broken");
        let _ = writeln!(text, "{} ({fault})\n  {}", phase.name, phase.sentence);
        if let Some(difference) = phase.difference {
            let points = points(difference);
            let _ = writeln!(text, "  ok share of guarded minus bare, in points: {points}");
        }
    }
    text.push('\n');
    for group in Group::ALL {
        verdict(&mut text, group, report.verdicts.of(group));
        data(&mut text, report.data.of(group));
    }
    let lag = millis(report.generator.lag_p99_ms);
    let _ = writeln!(
        text,
        "load generator: lag p99 {lag} ms; {} cores, {} build, seed {}",
        report.environment.cores, report.environment.build, report.settings.seed
    );
    text
}

const COLUMNS: [&str; 11] = [
    "phase",
    "group",
    "scheduled",
    "sent",
    "ok",
    "late",
    "failed",
    "refused",
    "p50 ms",
    "p99 ms",
    "calls/order",
];

/// Lines above and below, and nothing between the rows.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('─', '─', '─', '─'))
    .header_separator(LineStyle::new('─', '─', '─', '─'))
    .bottom_border(LineStyle::new('─', '─', '─', '─'));

fn phases(report: &Report) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(COLUMNS);
    for phase in &report.phases {
        for group in Group::ALL {
            table.add_row(row(phase, group));
        }
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(phase: &PhaseSummary, group: Group) -> [String; 11] {
    let summary = phase.groups.of(group);
    let first = group == Group::Guarded;
    [
        if first { phase.name.clone() } else { String::new() },
        group.to_string(),
        summary.scheduled.to_string(),
        summary.sent.to_string(),
        summary.ok.to_string(),
        summary.late.to_string(),
        summary.failed.to_string(),
        summary.refused.to_string(),
        millis(summary.p50_ms),
        millis(summary.p99_ms),
        summary.lookups_per_order.map_or_else(dash, |calls| format!("{calls:.2}")),
    ]
}

/// A difference of shares in percentage points.
fn points(difference: Interval) -> String {
    let Interval { value, low, high } = difference;
    // Adding zero turns a rounded -0.0 into 0.0.
    let [value, low, high] = [value, low, high].map(|part| (part * 1_000.0).round() / 10.0 + 0.0);
    format!("{value:+.1} (95 % interval {low:+.1} to {high:+.1})")
}

fn millis(time: Option<f64>) -> String {
    time.map_or_else(dash, |time| format!("{time:.1}"))
}

fn dash() -> String {
    "-".to_owned()
}

/// Parts that were kept are summed up in a number; the others are listed.
fn verdict(text: &mut String, group: Group, verdict: &GroupVerdict) {
    let kept = verdict.findings.iter().filter(|finding| finding.verdict == Verdict::Held).count();
    let of = verdict.findings.len();
    let _ =
        writeln!(text, "{group}: {} ({kept} of {of} parts of the promise kept)", verdict.verdict);
    for finding in verdict.findings.iter().filter(|finding| finding.verdict != Verdict::Held) {
        let phase = finding.phase.as_deref().unwrap_or("run");
        let _ = writeln!(
            text,
            "  {} in {phase}: {}, measured {}",
            finding.verdict, finding.promised, finding.measured
        );
    }
}

fn data(text: &mut String, data: &DataCheck) {
    let DataCheck { acknowledged, unknown, unknown_stored, repeated, stored, violated, .. } = data;
    let outcome = match data.verdict {
        Verdict::Held => "intact".to_owned(),
        Verdict::Deviated => format!("VIOLATED {violated} times"),
        Verdict::Inconclusive => "nothing was acknowledged, so nothing is proved".to_owned(),
    };
    let _ = writeln!(
        text,
        "  data {outcome}: {acknowledged} orders acknowledged, {repeated} of them repeated, {stored} \
         stored, {unknown} with an open outcome ({unknown_stored} of them stored)"
    );
    for violation in &data.violations {
        let _ = writeln!(text, "    {violation}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_in_points_and_without_a_negative_zero() {
        let difference = Interval { value: 0.1482, low: 0.1301, high: 0.1669 };
        assert_eq!(points(difference), "+14.8 (95 % interval +13.0 to +16.7)");
        let none = Interval { value: -0.000_01, low: -0.002, high: 0.002 };
        assert_eq!(points(none), "+0.0 (95 % interval -0.2 to +0.2)");
    }
}
