use std::fmt::Write;

use maud::{Markup, html};

use super::figure::{Figure, HEAD, Plot, across, limit};
use super::scale::{Scale, decades, log_ticks};
use super::text::{group, place, seconds, time};
use crate::analysis::Second;
use crate::experiment::Group;
use crate::report::Report;

const BOTTOM: f64 = 290.0;

/// How a figure is read from a second.
type Read = fn(&Second) -> Option<f64>;

/// What is drawn of each group, and how thick.
const LINES: [(&str, Read); 2] = [("p50", |second| second.p50_ms), ("p99", |second| second.p99_ms)];

/// How long answers took, second by second.
pub(super) fn latency(figure: &Figure<'_>, report: &Report) -> Markup {
    let within = seconds(report.settings.promise.within) * 1_000.0;
    let all = Group::ALL.into_iter().flat_map(|group| report.series.of(group));
    let values = all.flat_map(|second| LINES.into_iter().filter_map(|(_, read)| read(second)));
    let range = decades(values.chain([within]));
    let scale = Scale::log(range, [BOTTOM, HEAD]);
    let panels = html! {
        @for tick in log_ticks(range) { (across(scale.at(tick), &time(tick))) }
        (limit(scale.at(within), "promised"))
        @for group in Group::ALL.into_iter().rev() {
            @for (name, read) in LINES {
                path class={ "line " (group.name()) " " (name) }
                    d=(line(report.series.of(group), read, figure.time, scale)) {}
            }
        }
    };
    figure.draw(&Plot {
        id: "latency",
        title: "How long an order took, second by second",
        description: &description(report),
        key: &key(),
        bottom: BOTTOM,
        panels: &panels,
    })
}

/// A path through the middles of the seconds; a second without a value is a gap.
fn line(series: &[Second], read: Read, across: Scale, up: Scale) -> String {
    let mut path = String::new();
    let mut last = None;
    for second in series {
        let Some(value) = read(second) else { continue };
        let command = if last.is_some_and(|last| last + 1 == second.second) { 'L' } else { 'M' };
        let (x, y) = (place(across.at(middle(second))), place(up.at(value)));
        let _ = write!(path, "{command}{x} {y}");
        if command == 'M' {
            // A lone second is a line of no length, which round ends make a dot.
            let _ = write!(path, "h0");
        }
        last = Some(second.second);
    }
    path
}

/// The middle of a second of the run.
fn middle(second: &Second) -> f64 {
    u32::try_from(second.second).map_or(f64::INFINITY, f64::from) + 0.5
}

fn description(report: &Report) -> String {
    let slowest = |group: Group| {
        let times = report.series.of(group).iter().filter_map(|second| second.p99_ms);
        times.reduce(f64::max).map_or_else(|| "unknown".to_owned(), time)
    };
    format!(
        "The 99th percentile of the slowest second is {} for guarded and {} for bare.",
        slowest(Group::Guarded),
        slowest(Group::Bare)
    )
}

fn key() -> Markup {
    html! {
        span class="keys" {
            @for each in Group::ALL {
                @for (name, words) in [("p50", "50 % are faster"), ("p99", "99 % are faster")] {
                    span {
                        svg class="key" viewBox="0 0 28 16" aria-hidden="true" {
                            path class={ "line " (each.name()) " " (name) } d="M1 8h26" {}
                        }
                        " " (group(each)) " " (name) " (" (words) ")"
                    }
                }
            }
            span { "Each step up the scale is a multiple of the one below." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_without_orders_is_a_gap_in_the_line() {
        let second = |second, p50_ms| Second { second, p50_ms, ..Second::default() };
        let series = [
            second(0, Some(1.0)),
            second(1, Some(10.0)),
            second(2, None),
            second(3, Some(1.0)),
            second(5, Some(1.0)),
        ];
        let (across, up) =
            (Scale::linear([0.0, 10.0], [0.0, 100.0]), Scale::log([1.0, 10.0], [50.0, 0.0]));
        let path = line(&series, |second| second.p50_ms, across, up);
        assert_eq!(path, "M5 50h0L15 0M35 50h0M55 50h0");
    }
}
