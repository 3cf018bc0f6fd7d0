//! What was typed into a form, as a command.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use resilience::wire::Command;

use crate::model::Refusal;

/// The fields of a form by their names.
pub(super) type Fields = BTreeMap<String, String>;

/// Reads a form. Ranges are the policy's own business, but for a share: people type it in percent,
/// and the policy would tell of a number that they did not type.
pub(super) fn command(fields: &Fields) -> Result<Command, Refusal> {
    let name = fields.get("command").map_or("", String::as_str);
    Ok(match name {
        "force_open" => Command::ForceOpen {},
        "open" => Command::Open {},
        "half_open" => Command::HalfOpen {},
        "close" => Command::Close {},
        "disable" => Command::Disable {},
        "metrics_only" => Command::MetricsOnly {},
        "reset" => Command::Reset {},
        "set_failure_rate" => Command::SetFailureRate { rate: failure_rate(fields)? },
        "set_min_calls" => Command::SetMinCalls { calls: needed(fields, "min_calls")? },
        "set_consecutive_failures" => {
            Command::SetConsecutiveFailures { failures: needed(fields, "consecutive_failures")? }
        }
        "set_open_for" => Command::SetOpenFor { time: time(fields, "open_for")? },
        "switch_off" => Command::SwitchOff {},
        "switch_on" => Command::SwitchOn {},
        "set_max_attempts" => Command::SetMaxAttempts { attempts: needed(fields, "max_attempts")? },
        "set_budget" => {
            let ratio = percent(fields, "ratio", 1_000.0)?;
            let min_per_sec = number(fields, "min_per_sec", "a whole number such as 10")?;
            if ratio.is_none() && min_per_sec.is_none() {
                return Err(wrong(
                    "ratio and min_per_sec are empty, but one of them must be given",
                ));
            }
            Command::SetBudget { ratio, min_per_sec }
        }
        "set_limit" => Command::SetLimit { limit: time(fields, "limit")? },
        "clear_limit" => Command::ClearLimit {},
        "disarm" => Command::Disarm {},
        other => {
            let detail = format!("command is {:?}, which no form of this page sends", short(other));
            return Err(Refusal::said(400, "invalid_command", detail));
        }
    })
}

/// What was typed into a field; `None`: nothing.
pub(super) fn typed<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
}

pub(super) fn number<T: FromStr>(
    fields: &Fields,
    name: &str,
    expected: &str,
) -> Result<Option<T>, Refusal> {
    let Some(text) = typed(fields, name) else { return Ok(None) };
    let told = |_| wrong(format!("{name} is {:?}, but must be {expected}", short(text)));
    text.parse().map(Some).map_err(told)
}

pub(super) fn needed(fields: &Fields, name: &str) -> Result<u32, Refusal> {
    number(fields, name, "a whole number such as 10")?.ok_or_else(|| empty(name))
}

/// A share that was typed in percent, of up to `most`.
pub(super) fn percent(fields: &Fields, name: &str, most: f64) -> Result<Option<f64>, Refusal> {
    let expected = format!("a number of percent up to {most}");
    let Some(percent) = number::<f64>(fields, name, &expected)? else { return Ok(None) };
    if (0.0..=most).contains(&percent) {
        Ok(Some(percent / 100.0))
    } else {
        Err(wrong(format!("{name} is {percent} %, but must be 0 % to {most} %")))
    }
}

/// None at all would open it on the first call.
fn failure_rate(fields: &Fields) -> Result<f64, Refusal> {
    match percent(fields, "failure_rate", 100.0)? {
        Some(rate) if rate > 0.0 => Ok(rate),
        Some(_) => Err(wrong("failure_rate is 0 %, but must be above 0 %, to 100 %")),
        None => Err(empty("failure_rate")),
    }
}

pub(super) fn time(fields: &Fields, name: &str) -> Result<Duration, Refusal> {
    let text = typed(fields, name).ok_or_else(|| empty(name))?;
    humantime::parse_duration(text).map_err(|_| {
        let detail = format!("{name} is {:?}, but must be a time such as 250ms or 5s", short(text));
        wrong(detail)
    })
}

pub(super) fn empty(name: &str) -> Refusal {
    wrong(format!("{name} is empty, but must be given"))
}

pub(super) fn wrong(detail: impl Into<String>) -> Refusal {
    Refusal::said(422, "invalid_fields", detail)
}

/// As much of it as a line has room for.
pub(super) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::{Command, Duration, Fields, Refusal, command};

    fn fields(typed: &[(&str, &str)]) -> Fields {
        typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn detail(typed: &[(&str, &str)]) -> String {
        match command(&fields(typed)) {
            Err(Refusal::Said { status: 400 | 422, detail, .. }) => detail,
            other => panic!("{typed:?}: {other:?}"),
        }
    }

    #[test]
    fn a_form_without_fields_is_the_command_of_its_button() {
        for label in [
            "force_open",
            "open",
            "half_open",
            "close",
            "disable",
            "metrics_only",
            "reset",
            "switch_off",
            "switch_on",
            "clear_limit",
            "disarm",
        ] {
            assert_eq!(command(&fields(&[("command", label)])).unwrap().as_str(), label);
        }
    }

    #[test]
    fn what_is_typed_becomes_a_setting() {
        for (typed, expected) in [
            (
                [("command", "set_failure_rate"), ("failure_rate", " 12.5 ")],
                Command::SetFailureRate { rate: 0.125 },
            ),
            ([("command", "set_min_calls"), ("min_calls", "7")], Command::SetMinCalls { calls: 7 }),
            (
                [("command", "set_consecutive_failures"), ("consecutive_failures", "0")],
                Command::SetConsecutiveFailures { failures: 0 },
            ),
            (
                [("command", "set_open_for"), ("open_for", "2s 500ms")],
                Command::SetOpenFor { time: Duration::from_millis(2_500) },
            ),
            (
                [("command", "set_max_attempts"), ("max_attempts", "4")],
                Command::SetMaxAttempts { attempts: 4 },
            ),
            (
                [("command", "set_budget"), ("ratio", "20")],
                Command::SetBudget { ratio: Some(0.2), min_per_sec: None },
            ),
            (
                [("command", "set_budget"), ("min_per_sec", "3")],
                Command::SetBudget { ratio: None, min_per_sec: Some(3) },
            ),
            (
                [("command", "set_limit"), ("limit", "250ms")],
                Command::SetLimit { limit: Duration::from_millis(250) },
            ),
        ] {
            assert_eq!(command(&fields(&typed)), Ok(expected), "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_was_typed_and_what_is_expected() {
        for (typed, told) in [
            (
                [("command", "set_failure_rate"), ("failure_rate", "half")],
                "failure_rate is \"half\", but must be a number of percent up to 100",
            ),
            (
                [("command", "set_failure_rate"), ("failure_rate", "200")],
                "failure_rate is 200 %, but must be 0 % to 100 %",
            ),
            (
                [("command", "set_failure_rate"), ("failure_rate", "0")],
                "failure_rate is 0 %, but must be above 0 %, to 100 %",
            ),
            (
                [("command", "set_failure_rate"), ("failure_rate", "NaN")],
                "failure_rate is NaN %, but must be 0 % to 100 %",
            ),
            (
                [("command", "set_failure_rate"), ("failure_rate", " ")],
                "failure_rate is empty, but must be given",
            ),
            (
                [("command", "set_min_calls"), ("min_calls", "-1")],
                "min_calls is \"-1\", but must be a whole number such as 10",
            ),
            (
                [("command", "set_limit"), ("limit", "soon")],
                "limit is \"soon\", but must be a time such as 250ms or 5s",
            ),
            (
                [("command", "set_budget"), ("ratio", "")],
                "ratio and min_per_sec are empty, but one of them must be given",
            ),
            (
                [("command", "arm"), ("rate", "1")],
                "command is \"arm\", which no form of this page sends",
            ),
            ([("no", "command"), ("", "")], "command is \"\", which no form of this page sends"),
        ] {
            assert_eq!(detail(&typed), told);
        }
        let long = "x".repeat(10_000);
        assert!(detail(&[("command", &long)]).len() < 200, "what was typed is cut");
    }
}
