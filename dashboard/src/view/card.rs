//! One service: its figures at this moment, and its last three minutes.

use maud::{Markup, html};

use super::{
    plot::{Plot, Scales},
    text::{NOTHING, name, percent, rate, time},
    words,
};
use crate::model::{Figures, Health, Service, Snapshot};

/// The name, the health and the figures of a service.
pub(super) fn top(service: &Service) -> Markup {
    let figures = service.calls.as_ref();
    let of = |tell: fn(&Figures) -> String| figures.map_or(NOTHING.to_owned(), tell);
    let time_of = |ms: Option<f64>| ms.map_or(NOTHING.to_owned(), time);
    let failing = figures.is_some_and(|figures| figures.failed > 0.0);
    let p50 = figures.map_or(NOTHING.to_owned(), |figures| time_of(figures.p50_ms));
    let p99 = figures.map_or(NOTHING.to_owned(), |figures| time_of(figures.p99_ms));
    html! {
        div class="heading" { h3 { (name(service)) } (words::standing(service)) }
        dl class="figures" {
            div { dt { "calls /s" } dd { (of(|f| rate(f.rate))) } }
            div class=[failing.then_some("bad")] { dt { "failed" } dd { (of(|f| percent(f.failed))) } }
            div { dt { "p50" } dd { (p50) } }
            div { dt { "p99" } dd { (p99) } }
        }
    }
}

/// The last three minutes of a service.
pub(super) fn plot(snapshot: &Snapshot, service: &Service) -> Markup {
    if service.history.is_empty() {
        return html! { p class="empty" { (nothing_yet(service)) } };
    }
    Plot { snapshot, service, scales: Scales::of(snapshot, service) }.draw()
}

fn nothing_yet(service: &Service) -> &'static str {
    match service.health {
        Health::Down => "It does not answer. Start it, and its calls are drawn here.",
        _ => "No calls yet. As soon as somebody calls it, the plot begins here.",
    }
}
