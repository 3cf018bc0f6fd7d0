//! What matters at this moment, in sentences.

use maud::{Markup, html};
use resilience::wire::{BreakerState, CircuitState};

use super::{
    text::{capital, lasting, left},
    words,
};
use crate::model::{Health, Service, Snapshot};

/// The sentences that are shown; the rest is counted.
const MOST: usize = 6;

/// One thing that matters: how bad it is, what it is, and what goes with it.
struct Line {
    class: &'static str,
    sign: &'static str,
    /// Without figures, so that it stays the same while nothing happens.
    what: String,
    more: String,
}

/// What matters at this moment.
pub(super) fn headline(snapshot: &Snapshot) -> Markup {
    let mut lines = lines(snapshot);
    let further = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    html! {
        ul class="lines" {
            @for Line { class, sign, what, more } in &lines {
                li class=(class) {
                    span class="sign" aria-hidden="true" { (sign) }
                    span { strong { (what) } @if !more.is_empty() { " " (more) } }
                }
            }
            @if further > 0 { li class="more" { "and " (further) " more below" } }
        }
    }
}

/// The title of the window, and what a screen reader says.
pub(super) fn summary(snapshot: &Snapshot) -> (String, String) {
    let lines = lines(snapshot);
    let first = lines.first();
    let title = first.map_or("", |line| line.what.trim_end_matches('.'));
    let sign = first.map_or("", |line| line.sign);
    let spoken: Vec<_> = lines.iter().take(MOST).map(|line| line.what.as_str()).collect();
    (format!("{sign} {title} – dashboard"), spoken.join(" "))
}

fn lines(snapshot: &Snapshot) -> Vec<Line> {
    let services = &snapshot.services;
    if services.iter().all(|service| service.health == Health::Unknown) {
        return vec![Line {
            class: "unknown",
            sign: "?",
            what: "The services are being asked for the first time.".to_owned(),
            more: String::new(),
        }];
    }
    let mut lines: Vec<_> = services
        .iter()
        .filter_map(|service| unhealthy(service, snapshot.now))
        .chain(services.iter().filter_map(disturbed))
        .chain(services.iter().filter_map(armed))
        .collect();
    if lines.is_empty() {
        lines.push(well(services));
    }
    lines
}

fn unhealthy(service: &Service, now: f64) -> Option<Line> {
    let (class, sign, _) = words::health(service.health);
    let (what, doing) = match service.health {
        Health::Down => ("is down", "For"),
        Health::NotReady => ("is not ready", "For"),
        Health::Up | Health::Unknown => return None,
    };
    let since = lasting(now - service.since);
    let why = service.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    Some(Line {
        class,
        sign,
        what: format!("{} {what}.", capital(&service.title)),
        more: format!("{doing} {since}{why}."),
    })
}

/// The worst breaker of a service, unless all are closed.
fn disturbed(service: &Service) -> Option<Line> {
    let is_closed = |breaker: &&BreakerState| words::passage(breaker.state) == CircuitState::Closed;
    let worst = service.breakers.first().filter(|worst| !is_closed(worst))?;
    let not_closed = service.breakers.iter().filter(|breaker| !is_closed(breaker)).count();
    let all = service.breakers.len();
    let title = &service.title;
    let what = if all == 1 {
        format!("The circuit breaker of {title} has opened.")
    } else {
        format!("Circuit breakers of {title} have opened.")
    };
    let more = if all == 1 {
        doing(worst)
    } else {
        format!("{not_closed} of {all}, among them {}.", worst.policy)
    };
    Some(Line { class: "failed", sign: "✗", what, more })
}

/// What a breaker that is not closed does with calls.
fn doing(breaker: &BreakerState) -> String {
    if breaker.state == CircuitState::HalfOpen {
        return "It is half-open: a few calls pass, to see whether the other side is back."
            .to_owned();
    }
    if breaker.state == CircuitState::ForcedOpen {
        return "It is forced open: calls are refused until somebody says otherwise.".to_owned();
    }
    let again = breaker.time_left.map(|time| left(time.as_secs_f64()));
    let again = again.map(|time| format!(", for another {time}")).unwrap_or_default();
    format!("It is open: calls are refused at once{again}.")
}

fn armed(service: &Service) -> Option<Line> {
    let fault = service.fault.as_ref()?;
    let armed = &fault.armed;
    Some(Line {
        class: "warned",
        sign: "▲",
        what: format!("A fault is armed in {}.", service.title),
        more: format!(
            "{}, for another {}; {} were hit so far.",
            words::fault(armed, &service.title),
            lasting(armed.expires_in.as_secs_f64()),
            fault.hit
        ),
    })
}

fn well(services: &[Service]) -> Line {
    let breakers: usize = services.iter().map(|service| service.breakers.len()).sum();
    let breakers = match breakers {
        0 => String::new(),
        1 => ", the circuit breaker is closed".to_owned(),
        many => format!(", all {many} circuit breakers are closed"),
    };
    Line {
        class: "held",
        sign: "✓",
        what: "All is well.".to_owned(),
        more: format!("Every service answers{breakers}, and no fault is armed."),
    }
}
