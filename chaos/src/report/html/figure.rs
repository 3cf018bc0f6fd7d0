use maud::{Markup, html};

use super::breaker::{self, Stretch, stretches};
use super::scale::{Scale, even_ticks};
use super::text::{place, seconds};
use crate::report::Report;

/// The left and right end of every plot, in units of the drawing, of which it is
/// [`WIDTH`] wide.
pub(super) const SIDES: [f64; 2] = [92.0, 708.0];
const WIDTH: f64 = 720.0;
/// The room above the first panel, for the names of the phases.
pub(super) const HEAD: f64 = 30.0;
/// The room below the last panel: the marks of time, the breaker's lane and its words.
const FOOT: f64 = 104.0;
/// The widest that a letter gets on a phone, where the letters are drawn larger.
const LETTER: f64 = 12.5;

/// What all plots of a run share: the axis of time, the phases, and the breaker's lane.
#[derive(Debug)]
pub(super) struct Figure<'a> {
    report: &'a Report,
    pub(super) time: Scale,
    length: f64,
    stretches: Vec<Stretch>,
}

/// What makes one plot differ from another.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    /// The name by which the parts of the drawing are found.
    pub(super) id: &'a str,
    /// The title, above the plot.
    pub(super) title: &'a str,
    /// What can be seen, for who cannot see it.
    pub(super) description: &'a str,
    /// What the signs mean.
    pub(super) key: &'a Markup,
    /// The end of the last panel.
    pub(super) bottom: f64,
    /// The panels.
    pub(super) panels: &'a Markup,
}

impl<'a> Figure<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let length = seconds(report.settings.length());
        Self {
            report,
            time: Scale::linear([0.0, length], SIDES),
            length,
            stretches: stretches(&report.events, length),
        }
    }

    pub(super) fn breaker(&self) -> &[Stretch] {
        &self.stretches
    }

    pub(super) fn draw(&self, plot: &Plot<'_>) -> Markup {
        let height = plot.bottom + FOOT;
        let (title, description) =
            (format!("{}-title", plot.id), format!("{}-description", plot.id));
        html! {
            figure {
                figcaption { strong { (plot.title) } (plot.key) }
                svg role="img" viewBox={ "0 0 " (WIDTH) " " (height) }
                    aria-labelledby={ (title) " " (description) } {
                    title id=(title) { (plot.title) }
                    desc id=(description) {
                        (plot.description) " " (breaker::sentence(&self.stretches))
                    }
                    (self.phases(plot.bottom))
                    (plot.panels)
                    (self.seconds(plot.bottom))
                    (breaker::lane(&self.stretches, self.time, [plot.bottom + 44.0, height - 28.0]))
                }
            }
        }
    }

    /// The phases as stripes down to `bottom`, those that break something shaded.
    fn phases(&self, bottom: f64) -> Markup {
        let windows = self.report.settings.windows();
        let phases = self.report.settings.phases.iter().zip(windows).zip(1..);
        html! {
            @for ((phase, window), number) in phases {
                @let x = self.time.at(seconds(window.start));
                @let width = self.time.at(seconds(window.end)) - x;
                @let name = format!("{number} {}", phase.name);
                @let class = if phase.fault.is_some() { "phase broken" } else { "phase" };
                rect class=(class) x=(place(x)) y="0" width=(place(width)) height=(place(bottom)) {}
                @if length(&name) * LETTER <= width {
                    text class="name" x=(place(x + 4.0)) y="20" { (name) }
                } @else {
                    // Too narrow for the larger letters of a phone, which get the number alone.
                    @let fits = length(&name) * LETTER * 0.6 <= width;
                    @if fits { text class="name wide" x=(place(x + 4.0)) y="20" { (name) } }
                    text class={ "name" @if fits { " narrow" } } x=(place(x + 4.0)) y="20" {
                        (number)
                    }
                }
            }
        }
    }

    /// The marks of time below a panel that ends at `bottom`.
    fn seconds(&self, bottom: f64) -> Markup {
        html! {
            @for (at, number) in even_ticks(self.length, 10).into_iter().zip(0..) {
                @let x = place(self.time.at(at));
                @let class = if number % 2 == 1 { "axis middle wide" } else { "axis middle" };
                line class="tick" x1=(x) x2=(x) y1=(place(bottom)) y2=(place(bottom + 5.0)) {}
                text class=(class) x=(x) y=(place(bottom + 24.0)) { (at) " s" }
            }
        }
    }
}

/// Letters of `text`, as far as a width needs them.
fn length(text: &str) -> f64 {
    u32::try_from(text.chars().count()).map_or(f64::INFINITY, f64::from)
}

/// A line across the plot at `y` with its value beside it.
pub(super) fn across(y: f64, value: &str) -> Markup {
    let [left, right] = SIDES;
    html! {
        line class="grid" x1=(place(left)) x2=(place(right)) y1=(place(y)) y2=(place(y)) {}
        text class="axis end" x=(place(left - 8.0)) y=(place(y + 5.0)) { (value) }
    }
}

/// A line across the plot that nothing should pass.
pub(super) fn limit(y: f64, words: &str) -> Markup {
    let [left, right] = SIDES;
    html! {
        line class="limit" x1=(place(left)) x2=(place(right)) y1=(place(y)) y2=(place(y)) {}
        text class="axis end" x=(place(right - 4.0)) y=(place(y - 6.0)) { (words) }
    }
}
