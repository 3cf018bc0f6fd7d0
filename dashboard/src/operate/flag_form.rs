//! What was typed into a form of the page on faults, as an order.

use std::time::Duration;

use resilience::wire::{ArmFault, FaultKind, Flag};

use super::form::{Fields, empty, number, percent, short, time, typed, wrong};
use crate::model::Refusal;

/// How long a fault stays armed unless it is said.
const EXPIRES_IN: Duration = Duration::from_mins(10);

/// What is to be done to a flag.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    /// Its name, which is one that a flag can have.
    pub(super) name: String,
    pub(super) deed: Deed,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// Sets it anew.
    Arm(Box<Flag>),
    /// Sets it as that source says it, but on or off.
    Switch { source: String, on: bool },
    /// Takes back what an operator has set.
    TakeBack,
}

/// Reads a form. Ranges are the service's own business, but for the share, which people type in
/// percent, and for the name, which is a part of an address.
pub(super) fn order(fields: &Fields) -> Result<Order, Refusal> {
    let switch = |on| {
        let source = fields.get("source").cloned().unwrap_or_default();
        Deed::Switch { source, on }
    };
    let deed = match fields.get("command").map_or("", String::as_str) {
        "arm" => None,
        "switch_on" => Some(switch(true)),
        "switch_off" => Some(switch(false)),
        "take_back" => Some(Deed::TakeBack),
        other => {
            let detail = format!("command is {:?}, which no form of this page sends", short(other));
            return Err(Refusal::said(400, "invalid_command", detail));
        }
    };
    let name = name(fields)?;
    let deed = match deed {
        Some(deed) => deed,
        None => Deed::Arm(Box::new(flag(fields)?)),
    };
    Ok(Order { name, deed })
}

fn name(fields: &Fields) -> Result<String, Refusal> {
    let name = typed(fields, "name").ok_or_else(|| empty("name"))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.len() <= 64 && name.as_bytes()[0].is_ascii_alphabetic() && name.bytes().all(fits) {
        return Ok(name.to_owned());
    }
    Err(wrong(format!(
        "name is {:?}, but must be 1 to 64 of a-z A-Z 0-9 . _ - beginning with a letter",
        short(name)
    )))
}

fn flag(fields: &Fields) -> Result<Flag, Refusal> {
    let policy = typed(fields, "policy").ok_or_else(|| empty("policy"))?.to_owned();
    let fault = match typed(fields, "kind").unwrap_or_default() {
        "latency" => FaultKind::Latency { delay: time(fields, "delay")? },
        "error" => {
            let status = number(fields, "status", "a status such as 503")?;
            FaultKind::Error { status: status.ok_or_else(|| empty("status"))? }
        }
        "abort" => FaultKind::Abort {},
        "stall" => FaultKind::Stall {},
        other => {
            let detail =
                format!("kind is {:?}, but must be latency, error, abort or stall", short(other));
            return Err(wrong(detail));
        }
    };
    let rate = percent(fields, "rate", 100.0)?.ok_or_else(|| empty("rate"))?;
    let expires_in = match typed(fields, "expires_in") {
        Some(_) => time(fields, "expires_in")?,
        None => EXPIRES_IN,
    };
    let path_prefix = typed(fields, "path_prefix").map(str::to_owned);
    let plan = ArmFault { path_prefix, ..ArmFault::new(fault, rate, expires_in) };
    Ok(Flag { policy, enabled: true, plan })
}

#[cfg(test)]
mod tests {
    use super::{ArmFault, Deed, Duration, FaultKind, Fields, Order, Refusal, order};

    /// The fields as the page has them at first, with these in their place.
    fn fields(typed: &[(&str, &str)]) -> Fields {
        let first = [
            ("command", "arm"),
            ("name", "slow-users"),
            ("policy", "user"),
            ("kind", "latency"),
            ("delay", "250ms"),
            ("status", "503"),
            ("rate", "10"),
            ("path_prefix", ""),
            ("expires_in", "10m"),
        ];
        let all = first.iter().chain(typed);
        all.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn plan(typed: &[(&str, &str)]) -> ArmFault {
        match order(&fields(typed)) {
            Ok(Order { name, deed: Deed::Arm(flag) }) => {
                assert_eq!((&*name, &*flag.policy, flag.enabled), ("slow-users", "user", true));
                flag.plan
            }
            other => panic!("{typed:?}: {other:?}"),
        }
    }

    #[test]
    fn the_form_to_arm_is_a_flag_that_is_on() {
        let latency = FaultKind::Latency { delay: Duration::from_millis(250) };
        let ten_minutes = Duration::from_mins(10);
        assert_eq!(plan(&[]), ArmFault::new(latency.clone(), 0.1, ten_minutes));
        assert_eq!(plan(&[("expires_in", " ")]), ArmFault::new(latency, 0.1, ten_minutes));
        let error = [
            ("kind", "error"),
            ("delay", "not read"),
            ("rate", " 12.5 "),
            ("expires_in", "3s"),
            ("path_prefix", "/users"),
        ];
        let expected = ArmFault {
            path_prefix: Some("/users".to_owned()),
            ..ArmFault::new(FaultKind::Error { status: 503 }, 0.125, Duration::from_secs(3))
        };
        assert_eq!(plan(&error), expected);
        assert_eq!(plan(&[("kind", "abort"), ("status", "")]).fault, FaultKind::Abort {});
        assert_eq!(plan(&[("kind", "stall")]).fault, FaultKind::Stall {});
    }

    #[test]
    fn buttons_are_orders_for_the_flag_of_their_source() {
        let of = |command| order(&fields(&[("command", command), ("source", "file a b.toml")]));
        let switch = |on| Deed::Switch { source: "file a b.toml".to_owned(), on };
        for (command, deed) in [
            ("switch_on", switch(true)),
            ("switch_off", switch(false)),
            ("take_back", Deed::TakeBack),
        ] {
            assert_eq!(of(command), Ok(Order { name: "slow-users".to_owned(), deed }));
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_was_typed_and_what_is_expected() {
        for (name, text, told) in [
            ("name", "", "name is empty, but must be given"),
            ("policy", "", "policy is empty, but must be given"),
            ("kind", "panic", "kind is \"panic\", but must be latency, error, abort or stall"),
            ("delay", "", "delay is empty, but must be given"),
            ("delay", "long", "delay is \"long\", but must be a time such as 250ms or 5s"),
            ("rate", "", "rate is empty, but must be given"),
            ("rate", "200", "rate is 200 %, but must be 0 % to 100 %"),
            (
                "expires_in",
                "soon",
                "expires_in is \"soon\", but must be a time such as 250ms or 5s",
            ),
            (
                "command",
                "force_open",
                "command is \"force_open\", which no form of this page sends",
            ),
        ] {
            let Err(Refusal::Said { detail, .. }) = order(&fields(&[(name, text)])) else {
                panic!("{name} {text:?} is taken")
            };
            assert_eq!(detail, told);
        }
        let error = order(&fields(&[("kind", "error"), ("status", "many")]));
        let told = "status is \"many\", but must be a status such as 503";
        assert_eq!(error, Err(Refusal::said(422, "invalid_fields", told)));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let long = "a".repeat(65);
        for name in ["..", ".", "a/b", "a b", "1st", "a?b", "a%2fb", "\u{e4}", &long] {
            for command in ["arm", "switch_on", "take_back"] {
                let order = order(&fields(&[("command", command), ("name", name)]));
                let Err(Refusal::Said { detail, .. }) = order else { panic!("{name} is taken") };
                assert!(detail.ends_with("beginning with a letter"), "{detail}");
            }
        }
    }
}
