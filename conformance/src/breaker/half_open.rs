use resilience::circuit_breaker::{HalfOpen, Rule};

use crate::{keys::Keys, verdict::Gap};

/// The most successes or failures that the crate waits for: a verdict that never comes.
const NEVER: u32 = 1_000;

/// How a half-open breaker comes to its verdict, as far as a case says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probing {
    pub(super) rule: HalfOpen,
    /// Whether the rule is that of the case; if not, it only admits calls as the case wants.
    pub(super) is_told: bool,
}

impl Probing {
    /// Takes the verdict of a breaker that opens by `rules`.
    pub(super) fn take(config: &mut Keys, rules: &[Rule]) -> Result<Self, Gap> {
        let calls: Option<u32> = config.take("half_open_calls")?;
        let close = config.group("close")?;
        let rule: Option<String> = config.take("half_open_rule")?;
        let told = match (close, rule.as_deref()) {
            (Some(_), Some(_)) => return Err(Gap::new("config close beside half_open_rule")),
            (Some(mut keys), None) => {
                let told = by_close(&mut keys, calls)?;
                keys.finish()?;
                Some(told)
            }
            (None, Some("rate_over_permitted")) => by_rates(rules, calls),
            (None, Some("any_failure_reopens")) => {
                Some(HalfOpen::Thresholds { successes: calls.unwrap_or(NEVER), failures: 1, calls })
            }
            (None, Some(other)) => return Err(Gap::new(format!("config half_open_rule: {other}"))),
            (None, None) => mirrored(rules, calls),
        };
        let rule = told.unwrap_or_else(|| together(calls));
        Ok(Self { rule, is_told: told.is_some() })
    }
}

fn by_close(keys: &mut Keys, calls: Option<u32>) -> Result<HalfOpen, Gap> {
    let kind: String = keys.need("kind")?;
    let successes: u32 = keys.need("successes")?;
    match kind.as_str() {
        "consecutive" => Ok(HalfOpen::Thresholds { successes, failures: 1, calls }),
        "ratio" => {
            let of: u32 = keys.need("of")?;
            let failures = (of + 1).checked_sub(successes);
            let failures =
                failures.ok_or_else(|| Gap::new("config close of fewer than it asks"))?;
            Ok(HalfOpen::Thresholds { successes, failures, calls })
        }
        other => Err(Gap::new(format!("config close kind: {other}"))),
    }
}

/// The permitted calls judged together, which takes rates to judge them by: beside a rule of
/// another kind the crate wants one of failures.
fn by_rates(rules: &[Rule], calls: Option<u32>) -> Option<HalfOpen> {
    let has_failure_rate = rules.iter().any(|rule| matches!(rule, Rule::FailureRate { .. }));
    let has_no_other = !rules.is_empty() && rules.iter().all(is_rate);
    (has_failure_rate || has_no_other).then(|| together(calls))
}

/// The permitted calls judged together. Without a limit they never have all ended.
fn together(calls: Option<u32>) -> HalfOpen {
    let for_ever = HalfOpen::Thresholds { successes: NEVER, failures: NEVER, calls: None };
    calls.map_or(for_ever, |calls| HalfOpen::PermittedCalls { calls })
}

fn mirrored(rules: &[Rule], calls: Option<u32>) -> Option<HalfOpen> {
    match *rules {
        [Rule::ConsecutiveFailures { failures } | Rule::FailureCount { failures }] => {
            Some(HalfOpen::Thresholds { successes: 1, failures, calls })
        }
        [Rule::FailureRatio { failures, of }] => {
            let successes = (of + 1).checked_sub(failures)?;
            Some(HalfOpen::Thresholds { successes, failures, calls })
        }
        _ if rules.iter().all(is_rate) => by_rates(rules, calls),
        _ => None,
    }
}

const fn is_rate(rule: &Rule) -> bool {
    matches!(rule, Rule::FailureRate { .. } | Rule::SlowCallRate { .. })
}
