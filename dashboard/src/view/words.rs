//! What labels and states mean, in words.

use maud::{Markup, html};
use resilience::wire::{ArmFault, CircuitState, FaultKind};

use super::text::percent;
use crate::model::{Health, Service};

/// The name of a state.
pub(super) const fn state(state: CircuitState) -> &'static str {
    match state {
        CircuitState::Closed => "closed",
        CircuitState::Open => "open",
        CircuitState::HalfOpen => "half-open",
        CircuitState::ForcedOpen => "forced open",
        CircuitState::Disabled => "disabled",
        CircuitState::MetricsOnly => "metrics only",
        _ => "unknown",
    }
}

/// What a state does with calls: it lets all pass, none, or a few.
pub(super) const fn passage(state: CircuitState) -> CircuitState {
    match state {
        CircuitState::Open | CircuitState::ForcedOpen => CircuitState::Open,
        CircuitState::HalfOpen => CircuitState::HalfOpen,
        _ => CircuitState::Closed,
    }
}

/// Why a breaker changed its state, from the label; a label that is not known stands for itself.
pub(super) fn reason(label: &str) -> &str {
    match label {
        "consecutive_failures" => "too many failures in a row",
        "failure_rate" => "too large a share of failures",
        "slow_call_rate" => "too large a share of slow calls",
        "failure_ratio" => "too many failures among the last calls",
        "failure_count" => "too many failures",
        "low_success_rate" => "too small a share of successes",
        "manual" => "it was moved by hand",
        "wait_over" => "the wait was over",
        "probes_succeeded" => "the calls that tried went well",
        "probes_failed" => "the calls that tried failed",
        "probes_timed_out" => "the calls that tried got no answer",
        "reset" => "it was reset by hand",
        other => other,
    }
}

/// Why a fault is armed no more, from the label; one that is not known stands for itself.
pub(super) fn ended(label: &str) -> &str {
    match label {
        "expired" => "its time was over",
        "spent" => "it has hit all that it may",
        "disarmed" => "it was disarmed",
        "replaced" => "another was armed in its place",
        other => other,
    }
}

/// What a fault does, with the service that it does it to.
pub(super) fn fault(armed: &ArmFault, service: &str) -> String {
    let method = armed.method.as_ref().map(|method| format!("{method} "));
    let path = armed.path_prefix.as_ref().map(|prefix| format!(" under {prefix}"));
    let header = armed.header.as_ref().map(|header| match &header.value {
        Some(value) => format!(" with {}: {value}", header.name),
        None => format!(" with {}", header.name),
    });
    let sticky = armed.sticky_by.as_ref().map(|by| format!(", always the same {}", by.header));
    let which = [path, header, sticky].map(Option::unwrap_or_default).concat();
    let method = method.unwrap_or_default();
    let share = percent(armed.rate);
    let done = match &armed.fault {
        FaultKind::Latency { delay } => {
            format!("take {delay:?} more")
        }
        FaultKind::Error { status } => format!("are answered {status}"),
        FaultKind::Abort {} => "are cut off without an answer".to_owned(),
        FaultKind::RandomLatency(_) => "take longer, each by another time".to_owned(),
        FaultKind::Stall {} => "are never answered".to_owned(),
        FaultKind::GrpcStatus { code } => format!("are answered with the code {code} of gRPC"),
        FaultKind::ReadinessStall {} => "wait and are not taken".to_owned(),
        FaultKind::SlowBody { .. } => "are answered in pieces, with pauses".to_owned(),
        FaultKind::TruncatedBody { after } => format!("are answered with {after} bytes at most"),
        FaultKind::Panic {} => "panic".to_owned(),
        _ => "are disturbed".to_owned(),
    };
    let at_once = armed.max_active.map(|most| format!(", at most {most} at once"));
    let in_all = armed.max_injected.map(|most| format!(", at most {most} in all"));
    let of_all = armed.max_share.map(|most| format!(", at most {} of all", percent(most)));
    let bounds = [at_once, in_all, of_all].map(Option::unwrap_or_default).concat();
    format!("{share} of the {method}calls to {service}{which} {done}{bounds}")
}

/// The sign and the word of a service's health, with the class that colours it.
pub(super) const fn health(health: Health) -> (&'static str, &'static str, &'static str) {
    match health {
        Health::Up => ("held", "✓", "up"),
        Health::NotReady => ("warned", "!", "not ready"),
        Health::Down => ("failed", "✗", "down"),
        Health::Unknown => ("unknown", "?", "not asked yet"),
    }
}

/// A service's health as sign and word.
pub(super) fn standing(service: &Service) -> Markup {
    let (class, sign, word) = health(service.health);
    html! {
        span class={ "standing " (class) } title=[service.why.as_deref()] {
            span aria-hidden="true" { (sign) } " " (word)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        num::{NonZeroU32, NonZeroU64},
        time::Duration,
    };

    use resilience::wire::{HeaderMatch, StickyBy};

    use super::{ArmFault, FaultKind, fault, reason};

    #[test]
    fn a_fault_is_a_sentence() {
        let armed = |fault, path_prefix: Option<&str>| ArmFault {
            path_prefix: path_prefix.map(str::to_owned),
            ..ArmFault::new(fault, 0.15, Duration::from_secs(9))
        };
        let delay = Duration::from_millis(1_500);
        let bounded = ArmFault {
            max_active: NonZeroU32::new(20),
            max_injected: NonZeroU64::new(1_000),
            ..armed(FaultKind::Abort {}, None)
        };
        let chosen = ArmFault {
            method: Some("GET".to_owned()),
            header: Some(HeaderMatch { name: "x-beta".to_owned(), value: Some("1".to_owned()) }),
            sticky_by: Some(StickyBy { header: "x-tenant".to_owned(), salt: 0 }),
            ..armed(FaultKind::Stall {}, Some("/users"))
        };
        let told = [
            fault(&bounded, "user"),
            fault(&armed(FaultKind::Latency { delay }, None), "user"),
            fault(&armed(FaultKind::Error { status: 503 }, Some("/users")), "user"),
            fault(&armed(FaultKind::Abort {}, None), "user"),
            fault(&chosen, "user"),
        ];
        assert_eq!(
            told,
            [
                "15 % of the calls to user are cut off without an answer, at most 20 at once, \
                 at most 1000 in all",
                "15 % of the calls to user take 1.5s more",
                "15 % of the calls to user under /users are answered 503",
                "15 % of the calls to user are cut off without an answer",
                "15 % of the GET calls to user under /users with x-beta: 1, always the same x-tenant \
                 are never answered",
            ]
        );
    }

    #[test]
    fn every_reason_of_the_crate_has_words_and_an_unknown_one_stands_for_itself() {
        for known in [
            "consecutive_failures",
            "failure_rate",
            "wait_over",
            "probes_succeeded",
            "probes_failed",
            "probes_timed_out",
            "reset",
        ] {
            assert_ne!(reason(known), known);
        }
        assert_eq!(reason("from_the_future"), "from_the_future");
    }
}
