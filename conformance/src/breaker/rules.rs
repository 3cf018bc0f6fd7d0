use resilience::{
    Ratio,
    circuit_breaker::{Rule, Window},
};
use serde_json::Value;

use super::window::{min_calls, rate, time_window};
use crate::{keys::Keys, verdict::Gap};

/// Takes what opens the breaker, the rules of the list before those with a key of their own.
pub(super) fn rules(config: &mut Keys, window: Option<Window>) -> Result<Vec<Rule>, Gap> {
    let mut rules = Vec::new();
    for value in config.list("trip")?.unwrap_or_default() {
        let Value::Object(facts) = value else {
            return Err(Gap::new(format!("config trip: {value}")));
        };
        let mut keys = Keys::new(facts, "config trip");
        rules.extend(rule(&mut keys, window)?);
        keys.finish()?;
    }
    rules.extend(rate(config, "failure_rate")?.map(|rate| Rule::FailureRate { rate }));
    rules.extend(rate(config, "slow_call_rate")?.map(|rate| Rule::SlowCallRate { rate }));
    let takes_rates =
        |rule: &Rule| matches!(rule, Rule::FailureRate { .. } | Rule::SlowCallRate { .. });
    if window.is_none() && rules.iter().any(takes_rates) {
        return Err(Gap::new("config rate without window"));
    }
    Ok(rules)
}

/// Takes one of the list; `None`: it is off.
fn rule(keys: &mut Keys, window: Option<Window>) -> Result<Option<Rule>, Gap> {
    let kind: String = keys.need("kind")?;
    Ok(Some(match kind.as_str() {
        "consecutive" => match keys.need("failures")? {
            0 => return Ok(None),
            failures => Rule::ConsecutiveFailures { failures },
        },
        "ratio" => Rule::FailureRatio { failures: keys.need("failures")?, of: keys.need("of")? },
        "count_in_window" if matches!(window, Some(Window::Time { .. })) => {
            Rule::FailureCount { failures: keys.need("failures")? }
        }
        "count_in_window" => return Err(Gap::new("config trip count_in_window: no time window")),
        "success_rate_below" => Rule::SuccessRateBelow {
            rate: rate(keys, "threshold")?
                .ok_or_else(|| Gap::new("config trip success_rate_below without threshold"))?,
            window: time_window(keys)?,
            min_calls: min_calls(keys)?,
        },
        other => return Err(Gap::new(format!("config trip kind: {other}"))),
    }))
}

/// A rule that no result meets: the crate asks for one at least.
pub(super) const NEVER: Rule =
    Rule::SuccessRateBelow { rate: Ratio::ZERO, window: Window::Count { size: 1 }, min_calls: 1 };
