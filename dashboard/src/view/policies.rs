//! What protects the calls of a service.

use maud::{Markup, html};
use resilience::wire::{BreakerState, BudgetState, CircuitState};
use serde_json::Value;

use super::{
    switch::switch,
    text::{float, lasting, left, name, percent, place, rate},
    words,
};
use crate::model::{Health, Service};

/// The breakers that are listed, the worst first; the rest is counted.
const MOST_ROWS: usize = 24;

/// The changes of state that are listed.
const MOST_CHANGES: usize = 6;

/// The breakers of a service, the worst first; or that it has no policies.
pub(super) fn breakers(service: &Service) -> Markup {
    html! {
        div class="heading" {
            h3 { (name(service)) }
            @if let Some(nothing) = nothing(service) { p class="empty" { (nothing) } }
        }
        @if !service.breakers.is_empty() { (table(service)) }
    }
}

/// What else protects the calls of a service.
pub(super) fn limits(service: &Service) -> Markup {
    html! {
        @if nothing(service).is_none() {
            (budgets(service))
            (bounds(&service.limits))
        }
    }
}

/// Why there is nothing to show, if so.
fn nothing(service: &Service) -> Option<&'static str> {
    if service.health == Health::Down {
        return Some("It does not answer, so nobody knows.");
    }
    if !service.breakers.is_empty() || !service.budgets.is_empty() {
        return None;
    }
    Some(match service.variant.as_deref() {
        Some("bare") => {
            "Nothing, on purpose: each call is made once, and waits as long as it takes. It shows \
             what protections are worth."
        }
        _ => "Nothing: it makes no calls that are guarded.",
    })
}

fn table(service: &Service) -> Markup {
    let further = service.breakers.len().saturating_sub(MOST_ROWS);
    let shown = &service.breakers[..service.breakers.len() - further];
    html! {
        table class="breakers" {
            caption { "Circuit breakers" }
            thead {
                tr {
                    th scope="col" { "name" }
                    th scope="col" { "state" }
                    th scope="col" { "failed" }
                    th scope="col" class="number" { "in a row" }
                }
            }
            tbody {
                @for breaker in shown { (row(breaker, &service.limits)) }
            }
        }
        @if further > 0 { p class="quiet" { "and " (further) " more with fewer failures" } }
        p class="rule" { (rule(&service.limits)) }
    }
}

fn row(breaker: &BreakerState, limits: &Value) -> Markup {
    let BreakerState { state, calls, failed, .. } = *breaker;
    let since = breaker.in_state_for.as_secs_f64();
    html! {
        tr {
            th scope="row" { code { (breaker.policy) } }
            td {
                (switch(state)) " "
                strong class={ "state " (words::state(state)) } { (words::state(state)) }
                @match breaker.time_left {
                    Some(time) => { " " (left(time.as_secs_f64())) " left" }
                    None => { " for " (lasting(since)) }
                }
            }
            td {
                (meter(calls, failed, limits["breaker_failure_rate"].as_f64()))
                " "
                @match state {
                    CircuitState::Open | CircuitState::ForcedOpen => "no calls pass",
                    CircuitState::Disabled => "calls are not counted",
                    CircuitState::HalfOpen => { (failed) " of " (calls) " tries" },
                    _ => { (failed) " of " (calls) " calls" },
                }
            }
            td class="number" { (breaker.failures_in_a_row) }
        }
    }
}

/// The share of failures as a bar, with a mark where the breaker opens.
fn meter(calls: u64, failed: u64, opens_at: Option<f64>) -> Markup {
    let share = if calls == 0 { 0.0 } else { float(failed) / float(calls) };
    html! {
        svg class="meter" width="80" height="12" aria-hidden="true" {
            path class="track" d="M0 6h80" {}
            @if share > 0.0 { path class="filled" d={ "M0 6h" (place((share * 80.0).max(3.0))) } {} }
            @if let Some(at) = opens_at {
                path class="mark" d={ "M" (place(at * 80.0)) " 0v12" } {}
            }
        }
    }
}

/// When the breakers open and what they do then, in words.
fn rule(limits: &Value) -> String {
    let text = |name: &str| limits[name].as_str();
    let share = limits["breaker_failure_rate"].as_f64().map(|share| {
        let calls = limits["breaker_min_calls"].as_u64().unwrap_or(1);
        let window = text("breaker_window").map(|window| format!(" within {window}"));
        format!("{} of at least {calls} calls{} failed", percent(share), window.unwrap_or_default())
    });
    let row = limits["breaker_consecutive"].as_u64().map(|row| format!("{row} in a row did"));
    let when: Vec<_> = share.into_iter().chain(row).collect();
    if when.is_empty() {
        return "The service does not tell when they open.".to_owned();
    }
    let then = match (text("breaker_open_for"), text("breaker_open_for_at_most")) {
        (Some(first), Some(most)) => format!(
            " It then refuses for {first}, up to {most} when it fails again, and lets a few calls \
             through to try."
        ),
        (Some(first), None) => {
            format!(" It then refuses for {first} and lets a few calls through to try.")
        }
        _ => String::new(),
    };
    format!("Opens when {}.{then}", when.join(", or "))
}

fn budgets(service: &Service) -> Markup {
    let retried = service.calls.map_or(0.0, |calls| calls.retried);
    html! {
        @for BudgetState { policy, tokens } in &service.budgets {
            p class="budget" {
                strong { "Retry budget" } " " code { (policy) } ": "
                b { (tokens) } @if *tokens == 1 { " retry" } @else { " retries" } " saved up, "
                b { (rate(retried)) } " a second are made. "
                span class="quiet" { (saving(&service.limits)) }
            }
        }
    }
}

/// How a budget is filled, in words.
fn saving(limits: &Value) -> String {
    let share = limits["budget_ratio"].as_f64().map(percent);
    let least = limits["budget_min_per_sec"].as_u64();
    match (share, least) {
        (Some(share), Some(least)) => format!(
            "Every call saves {share} of a retry, and {least} a second come free: asking again \
             can never double the load."
        ),
        _ => String::new(),
    }
}

/// The limits that are not told elsewhere.
fn bounds(limits: &Value) -> Markup {
    let told: Vec<_> = [
        ("attempts", "attempts at most"),
        ("attempt_timeout", "for one attempt"),
        ("deadline", "for the whole call"),
    ]
    .into_iter()
    .filter_map(|(name, words)| {
        let value = match &limits[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((value, words))
    })
    .collect();
    html! {
        @if !told.is_empty() {
            p class="rule" {
                strong { "Limits" } ": "
                @for (index, (value, words)) in told.iter().enumerate() {
                    @if index > 0 { ", " }
                    b { (value) } " " (words)
                }
                "."
            }
        }
    }
}

/// The last changes of all breakers of a service, the newest first.
pub(super) fn changes(service: &Service) -> Markup {
    let breakers = &service.breakers;
    if breakers.is_empty() {
        return html! {};
    }
    let of = |breaker: &'_ BreakerState| breaker.transitions.len().min(MOST_CHANGES);
    let mut changes: Vec<_> = breakers
        .iter()
        .flat_map(|breaker| {
            breaker.transitions[..of(breaker)].iter().map(|change| (&breaker.policy, change))
        })
        .collect();
    changes.sort_by_key(|(_, change)| change.ago);
    html! {
        h4 { "Last changes" }
        @if changes.is_empty() {
            p class="empty" { "None since the service started." }
        } @else {
            ol class="changes" {
                @for (policy, change) in changes.into_iter().take(MOST_CHANGES) {
                    li {
                        span class="ago" { (lasting(change.ago.as_secs_f64())) " ago" }
                        span {
                            @if breakers.len() > 1 { code { (policy) } " " }
                            (words::state(change.from)) " → "
                            strong class={ "state " (words::state(change.to)) } {
                                (words::state(change.to))
                            }
                            ": " span title=(change.reason) { (words::reason(&change.reason)) }
                        }
                    }
                }
            }
        }
    }
}
