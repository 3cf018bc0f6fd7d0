//! The forms that change a policy.

use maud::{Markup, html};
use resilience::wire::{BreakerState, LimitState, PolicyState, RetryState};

/// A field: its name, what stands before it, what is typed there as an example, and its value.
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    example: &'a str,
    value: Option<String>,
}

/// The moves of a breaker: command, what the button says, what it does.
const MOVES: [(&str, &str, &str); 7] = [
    ("force_open", "Force open", "refuses all calls until the next move"),
    ("close", "Close", "lets all calls pass and counts them"),
    ("open", "Open", "refuses calls for as long as after any opening"),
    ("half_open", "Half-open", "lets a few calls try"),
    ("metrics_only", "Shadow", "lets all pass, counts, and only reports"),
    ("disable", "Disable", "lets all pass and counts none"),
    ("reset", "Reset", "closes it and forgets what it counted"),
];

/// The forms of a policy, whose article has this id; they send to `to`.
pub(super) fn forms(policy: &PolicyState, id: &str, to: &str) -> Markup {
    let draw = Forms { id, to };
    match policy {
        PolicyState::CircuitBreaker(breaker) => draw.circuit_breaker(breaker),
        PolicyState::Retry(retry) => draw.retry(retry),
        PolicyState::RetryBudget(_) => draw.budget(),
        PolicyState::Timeout(limit) | PolicyState::Deadline(limit) => draw.limit(limit),
        PolicyState::Fault(_) => draw.moves(&[("disarm", "Disarm", "hits no call from here on")]),
        _ => html! {},
    }
}

struct Forms<'a> {
    id: &'a str,
    to: &'a str,
}

impl Forms<'_> {
    fn circuit_breaker(&self, breaker: &BreakerState) -> Markup {
        let rule = |name| breaker.thresholds.iter().find(|rule| rule.rule == name);
        let rate = rule("failure_rate");
        let row = rule("consecutive_failures");
        html! {
            (self.moves(&MOVES))
            div class="settings" {
                (self.set("set_failure_rate", &[Field {
                    name: "failure_rate",
                    label: "Share of failures that opens it, in %",
                    example: "50",
                    // Rounded: a share such as 0.07 is no whole number of percent times a hundred.
                    value: rate.map(|rate| ((rate.threshold * 1e8).round() / 1e6).to_string()),
                }]))
                (self.set("set_min_calls", &[Field {
                    name: "min_calls",
                    label: "Calls that a share needs",
                    example: "20",
                    value: rate.and_then(|rate| rate.min_calls).map(|calls| calls.to_string()),
                }]))
                (self.set("set_consecutive_failures", &[Field {
                    name: "consecutive_failures",
                    label: "Failures in a row that open it; 0: none",
                    example: "10",
                    value: row.map(|row| row.threshold.to_string()),
                }]))
                (self.set("set_open_for", &[Field {
                    name: "open_for",
                    label: "Stays open for, at first",
                    example: "such as 5s",
                    value: None,
                }]))
            }
        }
    }

    fn retry(&self, retry: &RetryState) -> Markup {
        html! {
            (self.moves(&[
                ("switch_off", "Switch off", "makes one attempt"),
                ("switch_on", "Switch on", "tries again"),
            ]))
            div class="settings" {
                (self.set("set_max_attempts", &[Field {
                    name: "max_attempts",
                    label: "Attempts at most",
                    example: "3",
                    value: retry.max_attempts.map(|most| most.to_string()),
                }]))
            }
        }
    }

    fn budget(&self) -> Markup {
        let field = |name, label, example| Field { name, label, example, value: None };
        html! {
            div class="settings" {
                (self.set("set_budget", &[
                    field("ratio", "A call saves, in % of a retry", "unchanged"),
                    field("min_per_sec", "Retries that each second brings", "unchanged"),
                ]))
            }
        }
    }

    fn limit(&self, limit: &LimitState) -> Markup {
        html! {
            div class="settings" {
                (self.set("set_limit", &[Field {
                    name: "limit",
                    label: "Limit",
                    example: "such as 250ms",
                    value: limit.limit.map(|time| humantime::format_duration(time).to_string()),
                }]))
            }
            (self.moves(&[("clear_limit", "Clear", "as the layers were made")]))
        }
    }

    /// A form whose buttons are commands.
    fn moves(&self, moves: &[(&str, &str, &str)]) -> Markup {
        html! {
            form class="moves" data-to=(self.to) novalidate {
                div class="buttons" {
                    @for (command, name, does) in moves {
                        button type="submit" name="command" value=(command) title=(does) { (name) }
                    }
                }
                (result(None))
            }
        }
    }

    /// A form that sends fields with one command.
    fn set(&self, command: &str, fields: &[Field<'_>]) -> Markup {
        html! {
            form class="set" data-to=(self.to) autocomplete="off" novalidate {
                input type="hidden" name="command" value=(command);
                @for field in fields {
                    @let id = format!("{}-{}", self.id, field.name);
                    label for=(id) { (field.label) }
                    input id=(id) type="text" name=(field.name) value=[field.value.as_deref()]
                        placeholder=(field.example) spellcheck="false";
                }
                button type="submit" { "Set" }
                (result(None))
            }
        }
    }
}

/// Where the outcome of a form is told; with an id, that of others too.
pub(super) fn result(id: Option<&str>) -> Markup {
    html! { div id=[id] class="result" role="status" {} }
}
