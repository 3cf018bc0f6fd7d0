//! What happened.

use maud::{Markup, html};
use resilience::wire::CircuitState;

use super::{
    text::{capital, lasting},
    words,
};
use crate::model::{Event, Snapshot, What};

/// The events that are shown.
const MOST: usize = 14;

/// What happened in the last three minutes, the newest first.
pub(super) fn events(snapshot: &Snapshot) -> Markup {
    let events = &snapshot.events;
    let further = events.len().saturating_sub(MOST);
    html! {
        @if events.is_empty() {
            p class="empty" {
                "Nothing in the last three minutes. Break something, with " code { "cargo demo" }
                " say, and read here what it does."
            }
        } @else {
            ol class="changes" {
                @for event in events.iter().take(MOST) {
                    li {
                        span class="ago" { (lasting(snapshot.now - event.at)) " ago" }
                        (told(event))
                    }
                }
            }
            @if further > 0 { p class="quiet" { "and " (further) " more before" } }
        }
    }
}

fn told(event: &Event) -> Markup {
    let (class, sign) = mark(&event.what);
    html! {
        span class={ "event " (class) } {
            span class="sign" aria-hidden="true" { (sign) }
            span { (sentence(&event.service, &event.what)) }
        }
    }
}

const fn mark(what: &What) -> (&'static str, &'static str) {
    match what {
        What::Down { .. }
        | What::Changed { to: CircuitState::Open | CircuitState::ForcedOpen, .. } => {
            ("failed", "✗")
        }
        What::NotReady { .. } => ("warned", "!"),
        What::Up | What::Changed { to: CircuitState::Closed, .. } => ("held", "✓"),
        What::Armed { .. } => ("warned", "▲"),
        What::Restarted => ("plain", "↻"),
        What::Changed { .. } | What::Probed { .. } | What::Disarmed => ("plain", "·"),
    }
}

fn sentence(service: &str, what: &What) -> Markup {
    let title = capital(service);
    html! {
        @match what {
            What::Down { why } => { strong { (title) " is down" } ": " (why) "." },
            What::NotReady { why } => { strong { (title) " is not ready" } ": " (why) "." },
            What::Up => { strong { (title) " answers again." } },
            What::Restarted => { (title) " was restarted: it is another process." },
            What::Changed { policy, to, reason, .. } => {
                strong { "Breaker " code { (policy) } " of " (service) " is " (words::state(*to)) }
                ": " span title=(reason) { (words::reason(reason)) } "."
            },
            What::Probed { policy, times } => {
                "Breaker " code { (policy) } " of " (service) " let calls try "
                @if *times == 1 { "once" } @else { (times) " times" }
                ", in vain: it is open again."
            },
            What::Armed { armed } => {
                strong { "A fault was armed in " (service) } ": " (words::fault(armed, service)) "."
            },
            What::Disarmed => { "The fault in " (service) " is over." },
        }
    }
}
