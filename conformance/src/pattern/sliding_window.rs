use resilience::{
    Ratio,
    circuit_breaker::{Counts, Judgement, Rule, SlidingWindow, Window},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    breaker::{min_calls, rate, reachable, slow_call, window},
    case::Facts,
    keys::Keys,
    run::{Place, Subject, millis, unheard, unknown},
    verdict::Gap,
};

/// A window that is filled and looked at, and what rules make of it.
#[derive(Debug)]
pub(crate) struct Slid {
    results: SlidingWindow,
    window: Window,
    min_calls: u32,
    failure_rate: Option<Ratio>,
    success_rate_below: Option<Ratio>,
}

impl Subject for Slid {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let window = window(config)?;
        let window = window.ok_or_else(|| Gap::new("config without window"))?;
        let slow = slow_call(config)?;
        let results = SlidingWindow::new(window, slow, Instant::now());
        Ok(Self {
            results: results.map_err(|error| Gap::new(format!("config: {error}")))?,
            window,
            min_calls: min_calls(config)?,
            failure_rate: rate(config, "failure_rate")?,
            success_rate_below: rate(config, "success_rate_below")?,
        })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        let failed = match event {
            "success" => false,
            "failure" => true,
            "inspect" | "evaluate" => return Ok(()),
            _ => return Err(unheard(event)),
        };
        let took = args.millis("dur_ms")?.unwrap_or_default();
        self.results.record(failed, took, Instant::now());
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        let now = Instant::now();
        let counts = self.results.counts(now);
        if let Some(value) = shown(key, &counts, self.min_calls().into()) {
            return Ok(value);
        }
        match key {
            "verdict" => {
                let rate = self.failure_rate.ok_or_else(|| Gap::new("config without failure_rate"));
                let rule = Rule::FailureRate { rate: rate? };
                match rule.judge(&counts, self.min_calls()) {
                    Judgement::BelowMinCalls => Ok("below_min_calls".into()),
                    Judgement::BelowThreshold => Ok("below_threshold".into()),
                    Judgement::Exceeded => Ok("exceeded".into()),
                    _ => Err(Gap::new("a judgement that cases have no word for")),
                }
            }
            "trip" => {
                let rate = self.success_rate_below;
                let rate = rate.ok_or_else(|| Gap::new("config without success_rate_below"))?;
                let (window, min_calls) = (self.window, self.min_calls);
                let rule = Rule::SuccessRateBelow { rate, window, min_calls };
                Ok((rule.judge(&counts, min_calls) == Judgement::Exceeded).into())
            }
            "total_duration_ms" => Ok(millis(self.results.total_duration(now))),
            "average_duration_ms" => {
                Ok(self.results.average_duration(now).map_or(Value::Null, millis))
            }
            _ => Err(unknown(key)),
        }
    }
}

impl Slid {
    const fn min_calls(&self) -> u32 {
        reachable(self.min_calls, self.window)
    }
}

/// What `counts` show under the name `key`, if it is one of theirs; a rate needs `min_calls`.
pub(super) fn shown(key: &str, counts: &Counts, min_calls: u64) -> Option<Value> {
    let rate = |rate: Option<f64>| rate.filter(|_| counts.total >= min_calls).into();
    Some(match key {
        "buffered" => counts.total.into(),
        "failed" => counts.failed.into(),
        "succeeded" => counts.succeeded().into(),
        "slow" => counts.slow.into(),
        "failure_rate" => rate(counts.failure_rate()),
        "slow_rate" => rate(counts.slow_call_rate()),
        "success_rate" => rate(counts.success_rate()),
        _ => return None,
    })
}
