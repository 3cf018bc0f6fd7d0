//! What a policy looks like at one moment.

use maud::{Markup, html};
use resilience::wire::{
    BreakerState, CircuitState, FaultState, LimitState, PolicyState, RetryState, ThresholdState,
};

use super::super::{
    switch::switch,
    text::{float, lasting, left, percent},
    words,
};

/// The changes of a breaker that are listed.
const MOST_CHANGES: usize = 4;

pub(super) fn state(policy: &PolicyState, service: &str) -> Markup {
    match policy {
        PolicyState::CircuitBreaker(breaker) => circuit_breaker(breaker),
        PolicyState::KeyedCircuitBreaker(keyed) => html! {
            p { b { (keyed.keys) } " keys have a breaker of their own, of at most " (keyed.max_keys) "." }
        },
        PolicyState::RetryBudget(budget) => html! {
            p { b { (budget.tokens) } @if budget.tokens == 1 { " retry" } @else { " retries" } " saved up." }
        },
        PolicyState::KeyedRetryBudget(keyed) => html! {
            p { b { (keyed.keys) } " keys have a retry budget of their own, of at most " (keyed.max_keys) "." }
        },
        PolicyState::Retry(retry) => retries(retry),
        PolicyState::Timeout(limit) | PolicyState::Deadline(limit) => time_limit(limit),
        PolicyState::Fault(fault) => armed(fault, service),
        _ => html! { p class="empty" { "The service is newer than this page, or older." } },
    }
}

fn circuit_breaker(breaker: &BreakerState) -> Markup {
    let BreakerState { state, calls, failed, slow, refused, .. } = *breaker;
    html! {
        p class="stands" {
            (switch(state)) " "
            strong class={ "state " (words::state(state)) } { (words::state(state)) }
            " for " (lasting(breaker.in_state_for.as_secs_f64()))
            @if let Some(time) = breaker.time_left { ", " (left(time.as_secs_f64())) " left" }
        }
        p class="quiet meaning" { (meaning(state)) }
        dl class="facts" {
            div { dt { "failed" } dd { (of(failed, calls)) } }
            div { dt { "slow" } dd { (of(slow, calls)) } }
            div { dt { "failures in a row" } dd { (breaker.failures_in_a_row) } }
            div { dt { "refused since" } dd { (refused) } }
        }
        p class="rule" { (rule(&breaker.thresholds)) }
    }
}

/// The last changes of a policy that tells them. They stand below the forms: a list that grows would
/// move a button away from under the pointer.
pub(super) fn past(policy: &PolicyState) -> Markup {
    let PolicyState::CircuitBreaker(breaker) = policy else { return html! {} };
    html! {
        @if breaker.transitions.is_empty() {
            p class="empty" { "No change of state since the service started." }
        } @else {
            h4 { "Last changes" }
            ol class="changes" {
                @for change in breaker.transitions.iter().take(MOST_CHANGES) {
                    li {
                        span class="ago" { (lasting(change.ago.as_secs_f64())) " ago" }
                        span {
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

/// What a state does with calls.
const fn meaning(state: CircuitState) -> &'static str {
    match state {
        CircuitState::Closed => "Calls pass and are counted.",
        CircuitState::Open => "Calls are refused until the wait is over.",
        CircuitState::HalfOpen => "A few calls pass, to see how they go.",
        CircuitState::ForcedOpen => "Calls are refused until somebody moves it.",
        CircuitState::Disabled => "Calls pass and are not counted, until somebody moves it.",
        CircuitState::MetricsOnly => "Calls pass and are counted; the rules only report.",
        _ => "What it does with calls is not known to this page.",
    }
}

fn of(part: u64, calls: u64) -> String {
    if calls == 0 {
        return "no calls".to_owned();
    }
    format!("{part} of {calls} ({})", percent(float(part) / float(calls)))
}

pub(super) fn rule(thresholds: &[ThresholdState]) -> String {
    let told = |rule: &ThresholdState| {
        let ThresholdState { rule, threshold, min_calls } = rule;
        let among = min_calls.map(|calls| format!(" of at least {calls} calls"));
        let among = among.unwrap_or_default();
        match rule.as_str() {
            "failure_rate" => format!("{}{among} fail", percent(*threshold)),
            "slow_call_rate" => format!("{}{among} are slow", percent(*threshold)),
            "consecutive_failures" => format!("{threshold} in a row fail"),
            other => format!("{} reaches {threshold}{among}", other.replace('_', " ")),
        }
    };
    if thresholds.is_empty() {
        return "No rule opens it.".to_owned();
    }
    format!("Opens when {}.", thresholds.iter().map(told).collect::<Vec<_>>().join(", or "))
}

/// A sign and a word for what is on or off.
fn lamp(is_on: bool, on: &str, off: &str) -> Markup {
    let (class, sign, word) = if is_on { ("held", "●", on) } else { ("warned", "○", off) };
    html! { strong class={ "standing " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

fn retries(retry: &RetryState) -> Markup {
    html! {
        p class="stands" { (lamp(retry.is_on, "on", "off: one attempt is made")) }
        p {
            @match retry.max_attempts {
                Some(most) => { b { (most) } " attempts at most, the first included." },
                None => "Attempts are not limited.",
            }
            @if let Some(budget) = &retry.budget {
                " Paid for by " code { (budget.policy) } ": " b { (budget.tokens) } " saved up."
            } @else if let Some(budgets) = &retry.keyed_budget {
                " Paid for by " code { (budgets.policy) } ", a budget for each key."
            } @else {
                " No budget limits them."
            }
        }
    }
}

fn time_limit(limit: &LimitState) -> Markup {
    let time = limit.limit.map(|limit| humantime::format_duration(limit).to_string());
    html! {
        p class="stands" {
            span {
                b { (time.as_deref().unwrap_or("not known before the first call")) }
                @if limit.is_set { ", set by an operator" } @else { ", as the layers were made" }
            }
        }
    }
}

fn armed(fault: &FaultState, service: &str) -> Markup {
    let status = &fault.status;
    html! {
        @match &status.armed {
            Some(plan) => {
                p class="stands armed" { span aria-hidden="true" { "▲ " } "armed, " (left(plan.expires_in.as_secs_f64())) " left" }
                p { (words::fault(plan, service)) "." }
            },
            None => p class="stands" { strong class="standing held" { span aria-hidden="true" { "○" } " nothing is armed" } },
        }
        p class="quiet" { (status.injected) " calls were hit since the service started." }
    }
}
