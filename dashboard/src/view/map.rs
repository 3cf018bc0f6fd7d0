//! Who calls whom, and how that goes.

use maud::{Markup, html};
use resilience::wire::{BreakerState, CircuitState};

use super::{
    switch::switch,
    text::{NOTHING, lasting, left, name, percent, rate, sign, time},
    words,
};
use crate::model::{Figures, Health, Service, Snapshot};

/// The callers of one service that are drawn, the busiest first; the rest is counted.
const MOST: usize = 8;

/// A caller of a service, with the calls between the two.
struct Edge<'a> {
    caller: &'a Service,
    attempts: Option<Figures>,
}

/// A service that is called, with all that call it.
struct Star<'a> {
    callee: &'a str,
    /// What is known of it; `None` when it is not one of those that are watched.
    service: Option<&'a Service>,
    edges: Vec<Edge<'a>>,
}

/// Who calls whom: a row for each caller, from its clients through it to what it calls.
pub(super) fn map(snapshot: &Snapshot) -> Markup {
    let stars = stars(&snapshot.services);
    html! {
        @for star in &stars { (drawn(star, &stars, snapshot.now)) }
        @if stars.is_empty() {
            p class="empty" {
                "No service has called another yet. Send something to a service that calls others, \
                 and the way of the calls is drawn here."
            }
        }
    }
}

/// The services that are called, with their callers.
fn stars(services: &[Service]) -> Vec<Star<'_>> {
    let mut stars: Vec<Star<'_>> = Vec::new();
    for caller in services {
        for peer in &caller.peers {
            let edge = Edge { caller, attempts: peer.attempts };
            match stars.iter_mut().find(|star| star.callee == peer.name) {
                Some(star) => star.edges.push(edge),
                None => stars.push(Star {
                    callee: &peer.name,
                    service: services.iter().find(|service| is_called(service, &peer.name)),
                    edges: vec![edge],
                }),
            }
        }
    }
    for star in &mut stars {
        let rate = |edge: &Edge<'_>| edge.attempts.map_or(0.0, |attempts| attempts.rate);
        if star.edges.len() > MOST {
            star.edges.sort_by(|one, other| rate(other).total_cmp(&rate(one)));
        }
    }
    stars
}

fn is_called(service: &Service, name: &str) -> bool {
    service.service.as_deref() == Some(name) || service.name == name
}

fn drawn(star: &Star<'_>, all: &[Star<'_>], now: f64) -> Markup {
    let further = star.edges.len().saturating_sub(MOST);
    let shown = &star.edges[..star.edges.len() - further];
    html! {
        div class="star" {
            div class="node clients" { span class="title" { "clients" } }
            div class="rows" {
                @for edge in shown {
                    div class="row" {
                        @if all.iter().any(|star| is_called(edge.caller, star.callee)) {
                            (wire(edge.caller, "its callers", edge.caller.calls, None))
                        } @else {
                            (wire(edge.caller, "clients", edge.caller.calls, None))
                        }
                        (node(edge.caller, now))
                        (out(edge, star.callee))
                    }
                }
                @if further > 0 { p class="quiet" { "and " (further) " more with fewer calls" } }
            }
            @match star.service {
                Some(service) => (node(service, now)),
                None => div class="node" {
                    span class="title" { (star.callee) }
                    span class="quiet" { "not watched" }
                },
            }
        }
    }
}

fn node(service: &Service, now: f64) -> Markup {
    let armed = service.fault.is_some();
    let class = if service.health == Health::Down { "node away" } else { "node" };
    html! {
        div class=(class) {
            span class="title" { (name(service)) }
            span class="health" {
                (words::standing(service))
                @let lasts = service.up_for.or((service.health == Health::Down).then_some(now - service.since));
                @if let Some(lasts) = lasts { " " span class="quiet" { "for " (lasting(lasts)) } }
            }
            @if armed {
                span class="armed" { span aria-hidden="true" { "▲" } " fault armed" }
            }
        }
    }
}

fn out(edge: &Edge<'_>, callee: &str) -> Markup {
    let breaker = edge.caller.breakers.first();
    wire(edge.caller, callee, edge.attempts, breaker)
}

/// The line between two services with its figures; into `service`, or from it to `other`.
fn wire(
    service: &Service,
    other: &str,
    figures: Option<Figures>,
    breaker: Option<&BreakerState>,
) -> Markup {
    let (class, _) = sign(service.variant.as_deref());
    let incoming = other == "clients" || other == "its callers";
    let label = if incoming {
        format!("from {other} to {}", service.title)
    } else {
        format!("from {} to {other}", service.title)
    };
    let cut = breaker.is_some_and(|breaker| words::passage(breaker.state) == CircuitState::Open);
    html! {
        div class={ "edge " (class) @if !incoming { " out" } @if cut { " cut" } }
            role="group" aria-label=(label) {
            span class="way" { (label) }
            (numbers(figures))
            span class="line" {
                span class="wire" {}
                @if let Some(breaker) = breaker { (switch(breaker.state)) span class="wire after" {} }
                svg class="head" viewBox="0 0 10 12" width="10" height="12" aria-hidden="true" {
                    path d="M0 0 10 6 0 12z" {}
                }
            }
            @if incoming { (refused(figures)) } @else { (under(service, breaker)) }
        }
    }
}

fn numbers(figures: Option<Figures>) -> Markup {
    let of = |tell: fn(&Figures) -> String| figures.as_ref().map_or(NOTHING.to_owned(), tell);
    let failing = figures.is_some_and(|figures| figures.failed > 0.0);
    html! {
        span class="numbers" {
            span class="number" { b { (of(|f| rate(f.rate))) } " /s" }
            span class={ "number" @if failing { " bad" } } {
                b { (of(|f| percent(f.failed))) } " failed"
            }
            span class="number" {
                "p99 " b { (of(|f| f.p99_ms.map_or(NOTHING.to_owned(), time))) }
            }
        }
    }
}

/// What stands under the line into a service: the share that it turned away.
fn refused(figures: Option<Figures>) -> Markup {
    let share = figures.map_or(0.0, |figures| figures.refused);
    html! {
        span class="under" {
            @if share > 0.0 { span class="refused" { b { (percent(share)) } " refused at once" } }
        }
    }
}

/// What stands under a line: the state of the switch in it, or that there is none.
fn under(service: &Service, breaker: Option<&BreakerState>) -> Markup {
    let others = service.breakers.len().saturating_sub(1);
    html! {
        span class="under" {
            @match breaker {
                Some(breaker) => {
                    span class={ "state " (words::state(breaker.state)) } {
                        "breaker " (words::state(breaker.state))
                    }
                    @if let Some(time) = breaker.time_left { " " (left(time.as_secs_f64())) " left" }
                    @if others > 0 { " and " (others) " more" }
                }
                None => span class="quiet" { "no breaker" },
            }
        }
    }
}
