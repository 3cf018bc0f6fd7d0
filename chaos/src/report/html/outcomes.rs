use std::fmt::Write;

use maud::{Markup, html};

use super::figure::{Figure, HEAD, Plot, SIDES, across};
use super::scale::Scale;
use super::text::{mark, percent, place, share};
use crate::analysis::Second;
use crate::experiment::Group;
use crate::report::Report;

const HEIGHT: f64 = 120.0;
const GAP: f64 = 46.0;

/// A bar's part from one share of a second's orders to another.
type Part = fn(&Second) -> [f64; 2];

/// The ways not to be served in time, by the class that draws them: failed from the bottom,
/// refused on top of it.
const PARTS: [(&str, Part); 2] = [
    ("failed", |second| [0.0, share(second.failed, total(second))]),
    ("refused", |second| {
        let failed = share(second.failed, total(second));
        [failed, failed + share(second.refused, total(second))]
    }),
];

const fn total(second: &Second) -> u64 {
    second.ok + second.failed + second.refused
}

/// The share of orders that were not served in time, second by second.
pub(super) fn outcomes(figure: &Figure<'_>, report: &Report) -> Markup {
    let panel = |number: f64| {
        let top = HEAD + 24.0 + number * (HEIGHT + GAP);
        [top, top + HEIGHT]
    };
    let [_, bottom] = panel(1.0);
    let panels = html! {
        @for (each, number) in Group::ALL.into_iter().zip([0.0, 1.0]) {
            @let [top, bottom] = panel(number);
            @let up = Scale::linear([0.0, 1.0], [bottom, top]);
            @for tick in [0.0, 0.5, 1.0] { (across(up.at(tick), &percent(tick))) }
            @for (class, part) in PARTS {
                path class=(class) d=(bars(report.series.of(each), part, figure.time, up)) {}
            }
            text class={ "panel " (each.name()) } x=(place(SIDES[0] + 4.0)) y=(place(top - 7.0)) {
                (mark(each)) " " (each.name())
            }
        }
    };
    figure.draw(&Plot {
        id: "outcomes",
        title: "Orders not served in time, second by second",
        description: &description(report),
        key: &key(),
        bottom,
        panels: &panels,
    })
}

/// One path for all seconds: a rectangle each, and none where there is nothing to show.
fn bars(series: &[Second], part: Part, across: Scale, up: Scale) -> String {
    let mut path = String::new();
    for second in series {
        let [low, high] = part(second);
        if high <= low {
            continue;
        }
        let start = u32::try_from(second.second).map_or(f64::INFINITY, f64::from);
        let (left, right) = (place(across.at(start)), place(across.at(start + 1.0)));
        let _ = write!(path, "M{left} {}V{}H{right}V{0}z", place(up.at(low)), place(up.at(high)));
    }
    path
}

fn description(report: &Report) -> String {
    let worst = |group: Group| {
        let shares = report
            .series
            .of(group)
            .iter()
            .map(|second| share(second.failed + second.refused, total(second)));
        percent(shares.fold(0.0, f64::max))
    };
    format!(
        "In the worst second, guarded did not serve {} of its orders in time, bare {}.",
        worst(Group::Guarded),
        worst(Group::Bare)
    )
}

fn key() -> Markup {
    html! {
        span class="keys" {
            @for (class, words) in [
                ("failed", "failed or answered too late (solid)"),
                ("refused", "refused at once by a protection (striped)"),
            ] {
                span {
                    svg class="key" viewBox="0 0 28 16" aria-hidden="true" {
                        path class=(class) d="M1 1h26v14h-26z" {}
                    }
                    " " (words)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_stands_on_failed_and_an_empty_second_draws_nothing() {
        let series = [
            Second { second: 0, ok: 50, failed: 25, refused: 25, ..Second::default() },
            Second { second: 1, ok: 100, ..Second::default() },
            Second { second: 2, ..Second::default() },
        ];
        let (across, up) =
            (Scale::linear([0.0, 10.0], [0.0, 100.0]), Scale::linear([0.0, 1.0], [100.0, 0.0]));
        let drawn = PARTS.map(|(_, part)| bars(&series, part, across, up));
        assert_eq!(drawn, ["M0 100V75H10V100z", "M0 75V50H10V75z"]);
    }
}
