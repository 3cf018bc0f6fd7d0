use std::sync::Arc;

use resilience::{circuit_breaker::CircuitBreakerHandle, telemetry};
use serde_json::Value;

use super::retry::plan;
use crate::{
    keys::Keys,
    run::{Place, Subject, unheard, unknown},
    stack::{Call, Record, Script, Service, breaker, retry, timeout},
    verdict::Gap,
};

/// A call through two layers.
#[derive(Debug)]
pub(crate) struct Composed {
    service: Service,
    script: Script,
    record: Arc<Record>,
    breaker: Option<CircuitBreakerHandle>,
    before: Counted,
    call: Option<Call>,
}

/// What breakers have counted; counters belong to a name and outlive a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    failures: u64,
    successes: u64,
}

impl Subject for Composed {
    fn build(config: &mut Keys) -> Result<Self, Gap> {
        let record = Arc::new(Record::default());
        let script = Script::new(Arc::clone(&record));
        let mut service = Service::new(script.clone());
        let mut handle = None;
        for side in ["inner", "outer"] {
            let Some(mut layers) = config.group(side)? else { continue };
            for name in layers.names() {
                let Some(mut keys) = layers.group(&name)? else { continue };
                service = match name.as_str() {
                    "retry" => retry(&mut keys, service, None, &record)?,
                    "timeout" => timeout(&mut keys, service, &record)?,
                    "breaker" => {
                        let (around, seen) = breaker(&mut keys, service)?;
                        handle = Some(seen);
                        around
                    }
                    other => return Err(Gap::new(format!("layer {other}"))),
                };
                keys.finish()?;
            }
            layers.finish()?;
        }
        let before = Counted::read();
        Ok(Self { service, script, record, breaker: handle, before, call: None })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        if event != "call" {
            return Err(unheard(event));
        }
        let is_the_same_for_ever = args.take("always")?.unwrap_or(false);
        let plan = plan(args)?;
        if is_the_same_for_ever && plan.outcomes.len() != 1 {
            return Err(Gap::new("argument always with several outcomes"));
        }
        self.script.follow(plan);
        self.call = Some(Call::begin(self.service.clone()));
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        let call = self.call.as_mut().ok_or_else(|| Gap::new("a look before a call"))?;
        call.end().await;
        let counted = Counted::read();
        Ok(match key {
            "attempts" => self.record.attempts().into(),
            "inner_calls" => self.script.started().into(),
            "result" => match call.result("timeout") {
                Value::String(word) if word == "deadline_exceeded" => "timeout".into(),
                other => other,
            },
            "timeouts" => self.record.timeouts().into(),
            "completed_at_ms" => call.completed_at(),
            "breaker_failures" if self.breaker.is_some() => {
                (counted.failures - self.before.failures).into()
            }
            "breaker_successes" if self.breaker.is_some() => {
                (counted.successes - self.before.successes).into()
            }
            _ => return Err(unknown(key)),
        })
    }
}

impl Counted {
    fn read() -> Self {
        let mut counted = Self::default();
        for sample in telemetry::samples() {
            if sample.metric != "resilience_circuit_breaker_calls_total" {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a counter is a whole number from 0 up"
            )]
            let count = sample.value as u64;
            match sample.label {
                Some((_, "failure")) => counted.failures += count,
                Some((_, "success")) => counted.successes += count,
                _ => {}
            }
        }
        counted
    }
}
