use maud::{Markup, html};

use super::text::{group, table};
use crate::analysis::{GroupSummary, Interval, PhaseSummary};
use crate::experiment::Group;
use crate::report::Report;

const COLUMNS: [&str; 7] = ["orders", "in time", "late", "failed", "refused", "p50 ms", "p99 ms"];

/// How the orders of each phase ended, and each phase in a sentence.
pub(super) fn orders(report: &Report) -> Markup {
    let caption = html! { "Orders by phase and by how they ended" };
    let content = html! {
        thead {
            tr {
                th scope="col" { "group" }
                @for column in COLUMNS {
                    th scope="col" class="number" { (column) }
                }
            }
        }
        @for (phase, number) in report.phases.iter().zip(1..) {
            tbody {
                tr { th scope="rowgroup" colspan="8" { (number) " " (phase.name) (fault(phase)) } }
                @for each in Group::ALL { (row(each, phase.groups.of(each))) }
            }
        }
    };
    html! {
        section aria-labelledby="orders" {
            h2 id="orders" { "What became of the orders" }
            (table("orders", &caption, &content))
            ol class="sentences" {
                @for phase in &report.phases {
                    li {
                        strong { (phase.name) } ": " (phase.sentence)
                        @if let Some(difference) = phase.difference {
                            " " span class="quiet" { (points(difference)) }
                        }
                    }
                }
            }
        }
    }
}

fn fault(phase: &PhaseSummary) -> Markup {
    html! {
        span class="quiet" { " " (phase.fault.as_deref().unwrap_or("nothing is broken")) }
    }
}

fn row(each: Group, summary: &GroupSummary) -> Markup {
    let unsent = summary.scheduled.saturating_sub(summary.sent);
    let counts =
        [("", summary.ok), ("bad", summary.late), ("bad", summary.failed), ("", summary.refused)];
    html! {
        tr {
            th scope="row" { (group(each)) }
            td class="number" {
                (summary.scheduled)
                @if unsent > 0 { span class="note" { " " (unsent) " not sent" } }
            }
            @for (class, count) in counts {
                td class={ "number " @if count > 0 { (class) } @else { "quiet" } } { (count) }
            }
            td class="number" { (millis(summary.p50_ms)) }
            td class="number" { (millis(summary.p99_ms)) }
        }
    }
}

/// Milliseconds, with a digit behind the point where it matters.
fn millis(time: Option<f64>) -> Markup {
    html! {
        @match time {
            Some(ms) if ms < 100.0 => (format!("{ms:.1}")),
            Some(ms) => (format!("{ms:.0}")),
            None => span title="nothing was measured" { "–" },
        }
    }
}

/// The difference of the shares served in time, in words.
fn points(difference: Interval) -> String {
    let Interval { value, low, high } = difference;
    // Adding zero turns a rounded -0.0 into 0.0.
    let [value, low, high] = [value, low, high].map(|part| (part * 1_000.0).round() / 10.0 + 0.0);
    format!(
        "Share served in time, guarded minus bare: {value:+.1} points (95 % interval {low:+.1} to \
         {high:+.1})."
    )
}
