//! The last three minutes of a service, drawn.

use std::fmt::Write as _;

use maud::{Markup, html};
use resilience::wire::CircuitState;

use super::{
    scale::{Scale, decades, powers, round_up},
    text::{percent, place, rate, sign, time},
    words,
};
use crate::model::{Figures, KEPT, Point, Service, Snapshot, Span, Stretch};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 300.0;
/// The left and right end of the panels: two units a second, so that paths are of whole numbers.
const SIDES: [f64; 2] = [58.0, 418.0];
/// The top and bottom of the panel of calls, of the panel of times, and of the breaker's lane.
const CALLS: [f64; 2] = [22.0, 112.0];
const TIMES: [f64; 2] = [140.0, 244.0];
const LANE: [f64; 2] = [256.0, 272.0];

/// Seconds without a point over which a line is not drawn.
const GAP: u64 = 2;

/// The narrowest stretch that can still be seen.
const NARROWEST: f64 = 1.5;

/// The ends of the axes. What is to be compared shares them: times of all services, rates of
/// those with the same name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scales {
    rate: f64,
    times: [f64; 2],
}

impl Scales {
    pub(super) fn of(snapshot: &Snapshot, drawn: &Service) -> Self {
        let all = || snapshot.services.iter();
        let alike = all().filter(|service| service.service == drawn.service);
        let rates = alike.flat_map(|service| &service.history).map(|point| point.figures.rate);
        let times = all().flat_map(|service| &service.history);
        let times = times.flat_map(|point| [point.figures.p50_ms, point.figures.p99_ms]);
        Self { rate: round_up(rates.fold(0.0, f64::max)), times: decades(times.flatten()) }
    }
}

/// What is drawn of a service.
pub(super) struct Plot<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) service: &'a Service,
    pub(super) scales: Scales,
}

impl Plot<'_> {
    pub(super) fn draw(&self) -> Markup {
        let up = Scale::linear([0.0, self.scales.rate], [CALLS[1], CALLS[0]]);
        let long = Scale::log(self.scales.times, [TIMES[1], TIMES[0]]);
        let history = &self.service.history;
        let (class, _) = sign(self.service.variant.as_deref());
        html! {
            svg class="plot" role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                aria-label=(self.description()) {
                (self.shades())
                @for share in [0.0, 0.5, 1.0] {
                    @let value = share * self.scales.rate;
                    (across(up.at(value), &rate(value)))
                }
                (panel(CALLS[0], "calls a second"))
                path class="failed" d=(self.area(up, |f| [0.0, f.failed])) {}
                path class="refused" fill="url(#stripes-refused)"
                    d=(self.area(up, |f| [f.failed, f.failed + f.refused])) {}
                path class={ "line " (class) } d=(self.line(up, |point| Some(point.figures.rate))) {}
                @for tick in powers(self.scales.times) { (across(long.at(tick), &short(tick))) }
                (panel(TIMES[0], "time to answer"))
                @if !history.is_empty() {
                    path class={ "line thin " (class) } d=(self.line(long, |p| p.figures.p50_ms)) {}
                    path class={ "line " (class) } d=(self.line(long, |p| p.figures.p99_ms)) {}
                }
                (self.marks())
                (self.lane())
                (minutes())
            }
        }
    }

    /// The place of a time. Whole seconds only, so that a plot moves once a second.
    fn across(&self) -> Scale {
        let end = self.snapshot.now.floor();
        Scale::linear([end - whole(KEPT), end], SIDES)
    }

    /// A line through the seconds, each point by how far it lies from the one before.
    fn line(&self, scale: Scale, read: fn(&Point) -> Option<f64>) -> String {
        let (mut path, mut last) = (String::new(), None);
        for point in &self.service.history {
            let Some(value) = read(point) else { continue };
            let (x, y) = (self.column(point.second) + 1, scale.at(value).round());
            let _ = match last.replace((point.second, x, y)) {
                Some((second, from, height)) if point.second - second <= GAP => {
                    write!(path, "l{} {}", x - from, y - height)
                }
                _ => write!(path, "M{x} {y}"),
            };
        }
        path.replace(" -", "-")
    }

    /// A part of the calls: a step for each second that had some.
    fn area(&self, up: Scale, part: fn(&Figures) -> [f64; 2]) -> String {
        let mut path = String::new();
        for Point { second, figures } in &self.service.history {
            let [low, high] = part(figures);
            if high <= low {
                continue;
            }
            let [low, high] = [low, high].map(|share| up.at(figures.rate * share).round());
            // What is there is seen, however little it is.
            let high = high.min(low - 1.0);
            let _ = write!(path, "M{} {low}v{}h2v{}", self.column(*second), high - low, low - high);
        }
        path
    }

    /// The left end of a second.
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within the drawing")]
    fn column(&self, second: u64) -> i32 {
        self.across().at(whole(second)).round() as i32
    }

    /// When something was broken on purpose, anywhere, and when this service did not answer.
    fn shades(&self) -> Markup {
        let faults = self.snapshot.services.iter().flat_map(|service| &service.faults);
        html! {
            @for span in faults { (self.shade(span, "shade", None)) }
            @for span in &self.service.away { (self.shade(span, "away", Some("url(#stripes-away)"))) }
        }
    }

    fn shade(&self, span: &Span, class: &str, fill: Option<&str>) -> Markup {
        let [x, width] = self.room(span);
        html! {
            rect class=(class) x=(place(x)) y=(place(CALLS[0])) width=(place(width))
                height=(place(TIMES[1] - CALLS[0])) fill=[fill] {}
        }
    }

    fn room(&self, span: &Span) -> [f64; 2] {
        let across = self.across();
        let x = across.at(span.from);
        [x, (across.at(span.to) - x).max(NARROWEST).min(SIDES[1] - x)]
    }

    /// Where a breaker opened from closed or closed again, and where a process took over.
    fn marks(&self) -> Markup {
        let across = self.across();
        let (top, bottom) = (place(CALLS[0]), place(LANE[1]));
        html! {
            @for (at, class) in self.turns() {
                @let x = place(across.at(at));
                line class={ "turn " (class) } x1=(x) x2=(x) y1=(top) y2=(bottom) {}
            }
            @for at in &self.service.restarts {
                @let x = place(across.at(*at));
                line class="turn restart" x1=(x) x2=(x) y1=(top) y2=(bottom) {}
                text class="middle" x=(x) y=(place(CALLS[0] - 5.0)) { "↻" }
            }
        }
    }

    /// The ends of the time that breakers were not closed, with the state entered.
    fn turns(&self) -> Vec<(f64, &'static str)> {
        let mut turns: Vec<(f64, &'static str)> = Vec::new();
        let first = self.snapshot.now.floor() - whole(KEPT);
        for Stretch { span, .. } in self.service.disturbed.iter().flatten() {
            match turns.last_mut() {
                // One state follows the other, or another breaker is not closed meanwhile.
                Some((last, "closed")) if *last >= span.from - 0.01 => *last = last.max(span.to),
                _ => turns.extend([(span.from, "open"), (span.to, "closed")]),
            }
        }
        // What goes on has no end yet, and what began earlier no beginning.
        turns.retain(|(at, _)| *at > first + 0.5 && *at < self.snapshot.now - 0.01);
        turns
    }

    /// The lane below: a thin line is closed, a half-high striped bar half-open, a full one open.
    fn lane(&self) -> Markup {
        let [top, bottom] = LANE;
        let height = bottom - top;
        html! {
            text class="end" x=(place(SIDES[0] - 6.0)) y=(place(bottom - 2.0)) { "breaker" }
            @match &self.service.disturbed {
                None => text x=(place(SIDES[0])) y=(place(bottom - 2.0)) { "none" },
                Some(stretches) => {
                    rect class="breaker closed" x=(place(SIDES[0])) y=(place(bottom - 2.0))
                        width=(place(SIDES[1] - SIDES[0])) height="2" {}
                    @for stretch in stretches {
                        @let [x, width] = self.room(&stretch.span);
                        @let passage = words::passage(stretch.state);
                        @let open = passage == CircuitState::Open;
                        @let high = if open { height } else { height * 0.55 };
                        rect class={ "breaker " (words::state(passage)) } x=(place(x))
                            y=(place(bottom - high)) width=(place(width)) height=(place(high))
                            fill=[(!open).then_some("url(#stripes-half-open)")] {}
                    }
                }
            }
        }
    }

    /// What can be seen, for who cannot see it.
    fn description(&self) -> String {
        let history = &self.service.history;
        let most = |read: fn(&Point) -> f64| history.iter().map(read).fold(0.0, f64::max);
        let worst = most(|point| point.figures.failed);
        let refused = most(|point| point.figures.refused);
        let slowest = most(|point| point.figures.p99_ms.unwrap_or(0.0));
        let breaker = match &self.service.disturbed {
            None => String::new(),
            Some(stretches) if stretches.is_empty() => " Its breaker stayed closed.".to_owned(),
            Some(stretches) => format!(
                " Its breaker was open or half-open, last {} s ago.",
                (self.snapshot.now - stretches.last().map_or(0.0, |last| last.span.to)).round()
                    + 0.0
            ),
        };
        format!(
            "The last three minutes of {}: up to {} calls a second; in the worst second {} failed, \
             and {} were refused at once; the highest p99 was {}.{breaker}",
            self.service.title,
            rate(most(|point| point.figures.rate)),
            percent(worst),
            percent(refused),
            time(slowest),
        )
    }
}

/// The marks of time below the panels.
fn minutes() -> Markup {
    let across = Scale::linear([-3.0, 0.0], SIDES);
    html! {
        @for (at, class, label) in
            [(-3.0, "start", "3 min ago"), (-2.0, "middle", "2"), (-1.0, "middle", "1")] {
            text class=(class) x=(place(across.at(at))) y=(place(HEIGHT - 8.0)) { (label) }
        }
        text class="end" x=(place(SIDES[1])) y=(place(HEIGHT - 8.0)) { "now" }
    }
}

/// A line across a panel with its value beside it.
fn across(y: f64, value: &str) -> Markup {
    let [left, right] = SIDES;
    html! {
        line class="grid" x1=(place(left)) x2=(place(right)) y1=(place(y)) y2=(place(y)) {}
        text class="end" x=(place(left - 6.0)) y=(place(y + 3.5)) { (value) }
    }
}

fn panel(top: f64, words: &str) -> Markup {
    html! { text class="panel" x=(place(SIDES[0])) y=(place(top - 6.0)) { (words) } }
}

/// A power of ten of milliseconds, as short as can be.
fn short(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", ms / 1_000.0) } else { format!("{ms} ms") }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 seconds")]
const fn whole(second: u64) -> f64 {
    second as f64
}
