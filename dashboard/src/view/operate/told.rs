//! What was done, what was refused, and what has changed, in words.

use maud::{Markup, html};
use resilience::wire::{CircuitState, Done, EventState, HappenedState, InstanceState, PolicyState};

use super::{
    super::{
        text::{capital, lasting},
        words::{ended, reason, state},
    },
    article::title,
    state::rule,
};
use crate::model::{Operated, Refusal};

/// The name of this page's own server, where it refuses.
pub(crate) const DASHBOARD: &str = "dashboard";

/// How a service is, as a region: without figures, so that it is read out when something happens.
pub(crate) fn standing_region(
    number: usize,
    who: &str,
    seen: Result<&Operated, &Refusal>,
) -> (String, Markup) {
    let html = match seen {
        Err(refusal) => refused(who, refusal),
        Ok(operated) => answers(who, &summary(&operated.policies), operated.deaf.as_ref()),
    };
    (format!("standing-{number}"), html)
}

/// That a service answers, what there is to say of it, and why it tells no changes, if so.
pub(super) fn answers(who: &str, summary: &str, deaf: Option<&Refusal>) -> Markup {
    html! {
        p class="said held" {
            span class="sign" aria-hidden="true" { "✓" } " "
            span { strong { "It answers." } " " (summary) }
        }
        @if let Some(refusal) = deaf { (refused(who, refusal)) }
    }
}

/// The breakers that are not closed, or that there is none.
fn summary(policies: &[InstanceState]) -> String {
    let breakers = policies.iter().filter_map(|policy| match &policy.state {
        PolicyState::CircuitBreaker(breaker) => Some(breaker),
        _ => None,
    });
    let moved = breakers.clone().filter(|breaker| breaker.state != CircuitState::Closed);
    let moved: Vec<_> =
        moved.map(|breaker| format!("{} is {}", breaker.policy, state(breaker.state))).collect();
    if !moved.is_empty() {
        format!("Circuit breaker {}.", moved.join(", "))
    } else if breakers.count() > 0 {
        "All circuit breakers are closed.".to_owned()
    } else if policies.is_empty() {
        "It has no policies.".to_owned()
    } else {
        "It has no circuit breaker.".to_owned()
    }
}

/// The last changes of a service's policies, as a region.
pub(crate) fn changes_region(number: usize, operated: &Operated) -> (String, Markup) {
    let further = operated.total.saturating_sub(operated.policies.len());
    let html = html! {
        @if further > 0 {
            p class="quiet" { "and " (further) " more policies, which this page does not show" }
        }
        @if !operated.changes.is_empty() {
            h3 { "What changed the policies" }
            ol class="changes" {
                @for change in &operated.changes {
                    li {
                        span class="ago" { (lasting(change.ago.as_secs_f64())) " ago" }
                        span { (happened(change)) }
                    }
                }
            }
        }
    };
    (format!("happened-{number}"), html)
}

fn happened(change: &EventState) -> Markup {
    let policy = &change.policy;
    html! {
        @match &change.happened {
            HappenedState::StateChanged { from, to, reason: why } => {
                "Breaker " code { (policy) } ": " (spaced(from)) " → " strong { (spaced(to)) }
                ": " span title=(why) { (reason(why)) }
            },
            HappenedState::RuleMet { reason: why } => {
                "Breaker " code { (policy) } " met a rule: " span title=(why) { (reason(why)) }
            },
            HappenedState::SettingsChanged {} => { code { (policy) } " goes by other settings" },
            HappenedState::Commanded { kind, command, by } => {
                strong { (by) } " told the " (spaced(kind)) " " code { (policy) } ": " b { (spaced(command)) }
            },
            HappenedState::FaultArmed { fault, expires_in } => {
                "A fault is armed in " code { (policy) } ": " b { (spaced(fault)) } ", for "
                // Told as it was armed, a moment of it is gone.
                (lasting(expires_in.as_secs_f64().ceil())) " at most"
            },
            HappenedState::FaultEnded { fault, why } => {
                "The fault in " code { (policy) } " ended: " b { (spaced(fault)) } ", "
                span title=(why) { (ended(why)) }
            },
            _ => { "Something happened to " code { (policy) } },
        }
    }
}

/// A label as words.
pub(super) fn spaced(label: &str) -> String {
    label.replace('_', " ")
}

/// That a policy has done what it was told.
pub(crate) fn done(done: &Done) -> Markup {
    carried_out(&spaced(&done.command), &outcome(&done.command, &done.policy.state))
}

/// That `what` was done, and what is since.
pub(super) fn carried_out(what: &str, since: &str) -> Markup {
    html! {
        p class="said held" {
            span class="sign" aria-hidden="true" { "✓" } " "
            span { strong { "Done: " (what) "." } " " (since) }
        }
    }
}

fn outcome(command: &str, policy: &PolicyState) -> String {
    match policy {
        PolicyState::CircuitBreaker(breaker)
            if matches!(
                command,
                "set_failure_rate" | "set_min_calls" | "set_consecutive_failures"
            ) =>
        {
            rule(&breaker.thresholds)
        }
        PolicyState::CircuitBreaker(breaker) => format!("It is {}.", state(breaker.state)),
        PolicyState::Retry(retry) => {
            let most =
                retry.max_attempts.map_or("any number of".to_owned(), |most| most.to_string());
            let is = if retry.is_on { "on" } else { "off" };
            format!("It is {is}, with {most} attempts.")
        }
        PolicyState::Timeout(limit) | PolicyState::Deadline(limit) => match limit.limit {
            Some(time) => format!("It is {}.", humantime::format_duration(time)),
            None => "It is not known before the first call.".to_owned(),
        },
        PolicyState::Fault(fault) if fault.status.armed.is_none() => "Nothing is armed.".to_owned(),
        other => format!("{} {} has it.", title(other), other.policy()),
    }
}

/// That `who` refused, why, and what was expected.
pub(crate) fn refused(who: &str, refusal: &Refusal) -> Markup {
    let (what, more) = match refusal {
        Refusal::Away => {
            (format!("{who} is away."), "Nobody listens at its address for operators.".to_owned())
        }
        Refusal::Broken => {
            let more = "The connection broke before it. A command may have been carried out all \
                        the same: look at the state.";
            (format!("{who} gave no answer."), more.to_owned())
        }
        Refusal::Slow(limit) => (
            format!("{who} gave no answer within {limit:?}."),
            "A command may have been carried out all the same: look at the state.".to_owned(),
        ),
        Refusal::Strange => (
            format!("{who} does not answer as a service does."),
            "Expected is the address of its --admin-listen.".to_owned(),
        ),
        // The service tells a program what it expects of it, and not a person.
        Refusal::Said { status: 401, reason, .. } if who != DASHBOARD => {
            (said(who, reason), "Expected is the one with which it was started.".to_owned())
        }
        Refusal::Said { reason, detail, .. } => (said(who, reason), sentence(detail)),
    };
    html! {
        p class="said failed" {
            span class="sign" aria-hidden="true" { "✗" } " "
            span {
                strong { (what) } " " (more)
                @if let Refusal::Said { status, reason, .. } = refusal {
                    " " span class="quiet" { "(" (status) ", " (reason) ")" }
                }
            }
        }
    }
}

fn said(who: &str, reason: &str) -> String {
    match reason {
        "unauthorized" => format!("{who} does not know this token."),
        "read_only" => "This token lets look and not command.".to_owned(),
        "foreign_host" => format!("{who} is not reached under that name."),
        "policy_not_found" => "That policy is gone.".to_owned(),
        "illegal_transition" => "It cannot be moved so.".to_owned(),
        "not_for_this_policy" => "It cannot be told that.".to_owned(),
        "flag_not_found" => "That flag is gone.".to_owned(),
        "key_not_found" => "That key is gone.".to_owned(),
        "flag_overruled" => "Another source counts.".to_owned(),
        "invalid_settings" | "invalid_fields" | "invalid_flag" => "Nothing was changed.".to_owned(),
        _ => format!("{who} refused."),
    }
}

/// A detail with a full stop, and a capital letter unless it begins with the name of a setting or of
/// what has one.
fn sentence(detail: &str) -> String {
    let first = detail.split(' ').next().unwrap_or_default();
    let is_name = first.contains('_') || first.ends_with(':');
    let text = if is_name { detail.to_owned() } else { capital(detail) };
    if text.is_empty() || text.ends_with('.') { text } else { format!("{text}.") }
}
