mod wrap;

use std::fmt::Write;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use self::wrap::wrap;
use super::{Environment, Report, Target};
use crate::analysis::{DataCheck, Finding, GroupVerdict, Interval, PhaseSummary, Verdict};
use crate::experiment::{Group, Promise};
use crate::measure::Limits;

/// The report for people, at most 80 columns wide: the promise, a table, a sentence a phase,
/// the verdicts.
pub fn render(report: &Report) -> String {
    let mut text = head(report);
    let _ = writeln!(text, "{}", phases(report));
    text.push_str(&legend(report));
    text.push('\n');
    for phase in &report.phases {
        let fault = phase.fault.as_deref().unwrap_or("nothing is broken");
        line(&mut text, "", &format!("{} ({fault})", phase.name));
        line(&mut text, "  ", &phase.sentence);
        if let Some(difference) = phase.difference {
            let points = points(difference);
            line(&mut text, "  ", &format!("ok share, guarded minus bare, in points: {points}"));
        }
    }
    text.push('\n');
    for group in Group::ALL {
        verdict(&mut text, group, report.verdicts.of(group));
        let summaries = report.phases.iter().map(|phase| phase.groups.of(group));
        data(&mut text, report.data.of(group), summaries.map(|each| each.repeats.same).sum());
    }
    let lag = millis(report.generator.lag_p99_ms);
    let Environment { cores, build, .. } = &report.environment;
    let seed = report.settings.seed;
    let machine = format!("lag p99 {lag} ms; {cores} cores, {build} build, seed {seed}");
    line(&mut text, "load generator: ", &machine);
    text
}

/// Adds `words` to `text`, wrapped.
fn line(text: &mut String, first: &str, words: &str) {
    let _ = writeln!(text, "{}", wrap(first, words));
}

/// What is held against the promise, and with which limits.
fn head(report: &Report) -> String {
    let Promise { ok_share, within, refusal_p99, refusals_end, .. } = &report.settings.promise;
    let mut text = String::new();
    let promised = format!(
        "in each phase p99 is below {within:?} and at least {} % of the orders are ok; while the \
         user service is killed, orders are refused in less than {refusal_p99:?} at p99 instead, \
         and no longer than {refusals_end:?} after its restart",
        (ok_share * 1_000.0).round() / 10.0
    );
    line(&mut text, "promise: ", &promised);
    if report.target != Target::Local {
        line(&mut text, "target: ", &report.target.to_string());
    }
    let limits = report.limits.as_ref().map_or_else(|| "not told".to_owned(), Limits::to_string);
    line(&mut text, "limits of guarded: ", &limits);
    text
}

fn legend(report: &Report) -> String {
    let within = report.settings.promise.within;
    let mut text = String::new();
    let columns = format!(
        "due: orders to be placed; sent: in time. ok: acknowledged within {within:?} of the \
         intended start; late: after it; refused: by a policy; failed: all others. p50, p99: in \
         ms, over all these orders, failures included. calls: those that reached the user \
         service, per order sent."
    );
    line(&mut text, "", &columns);
    let words = "attempt: one of the calls made for an order. policy: a rule around these calls. \
                 breaker: the policy that stops asking after many failures, and tries again later.";
    line(&mut text, "", words);
    text
}

const COLUMNS: [&str; 11] =
    ["phase", "group", "due", "sent", "ok", "late", "failed", "refused", "p50", "p99", "calls"];

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
    // One blank beside the one that the style puts between columns, where room is left for it:
    // the widest run that can be asked for then fits 80 columns.
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, u16::from((2..8).contains(&number))));
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
    // A tenth of a millisecond is nothing beside a second.
    let text = |time| if time < 1_000.0 { format!("{time:.1}") } else { format!("{time:.0}") };
    time.map_or_else(dash, text)
}

fn dash() -> String {
    "-".to_owned()
}

/// Parts that were kept are summed up in a number; the others are listed.
fn verdict(text: &mut String, group: Group, verdict: &GroupVerdict) {
    let kept = verdict.findings.iter().filter(|finding| finding.verdict == Verdict::Held).count();
    let of = verdict.findings.len();
    let kept = format!("{} ({kept} of {of} parts of the promise kept)", verdict.verdict);
    line(text, &format!("{group}: "), &kept);
    for finding in verdict.findings.iter().filter(|finding| finding.verdict != Verdict::Held) {
        let phase = finding.phase.as_deref().unwrap_or("run");
        let Finding { promised, measured, verdict, .. } = finding;
        line(text, "  ", &format!("{verdict} in {phase}: {promised}, measured {measured}"));
    }
}

/// `same` of the repeated orders brought back the order that they repeat.
fn data(text: &mut String, data: &DataCheck, same: u64) {
    let DataCheck { acknowledged, unknown, unknown_stored, repeated, stored, violated, .. } = data;
    let outcome = match data.verdict {
        Verdict::Held => "intact".to_owned(),
        Verdict::Deviated => format!("VIOLATED {violated} times"),
        Verdict::Inconclusive => "nothing was acknowledged, so nothing is proved".to_owned(),
    };
    let counts = format!(
        "{outcome}: {acknowledged} orders acknowledged, {stored} stored, {unknown} with an open \
         outcome ({unknown_stored} of them stored); {repeated} sent again, {same} of these brought \
         the same order"
    );
    line(text, "  data ", &counts);
    for violation in &data.violations {
        line(text, "    ", &violation.to_string());
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
