use std::sync::Arc;

use resilience::circuit_breaker::{Calls, CircuitBreakerHandle};
use serde_json::Value;
use tokio::time::Instant;

use super::retry::plan;
use crate::{
    case::Facts,
    keys::Keys,
    run::{Place, Subject, unheard, unknown},
    stack::{self, Call, Record, Script, Service, retry, timeout},
    verdict::Gap,
};

/// A call through two layers.
#[derive(Debug)]
pub(crate) struct Composed {
    service: Service,
    script: Script,
    record: Arc<Record>,
    /// With what it had counted before: counters belong to a name and outlive a breaker.
    breaker: Option<(CircuitBreakerHandle, Calls)>,
    start: Instant,
    /// What the end of a deadline is called.
    of_deadline: &'static str,
    call: Option<Call>,
}

impl Subject for Composed {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let record = Arc::new(Record::default());
        let script = Script::new(Arc::clone(&record));
        let mut service = Service::new(script.clone());
        let mut breaker = None;
        let mut of_deadline = "deadline_exceeded";
        for side in ["inner", "outer"] {
            let Some(mut layers) = config.group(side)? else { continue };
            for name in layers.names() {
                let Some(mut keys) = layers.group(&name)? else { continue };
                service = match name.as_str() {
                    "retry" => retry(&mut keys, service, None, &record)?,
                    "timeout" => {
                        // A limit that layers inside know is a deadline to them.
                        if keys.clone().take("shares_deadline")?.unwrap_or(false) {
                            of_deadline = "timeout";
                        }
                        timeout(&mut keys, service, &record)?
                    }
                    "breaker" => {
                        let (around, handle) = stack::breaker(&mut keys, service)?;
                        let before = handle.calls();
                        breaker = Some((handle, before));
                        around
                    }
                    other => return Err(Gap::new(format!("layer {other}"))),
                };
                keys.finish()?;
            }
            layers.finish()?;
        }
        Ok(Self {
            service,
            script,
            record,
            breaker,
            start: Instant::now(),
            of_deadline,
            call: None,
        })
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
        self.call = Some(Call::begin(self.service.clone(), self.start));
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        let call = self.call.as_mut().ok_or_else(|| Gap::new("a look before a call"))?;
        call.end().await;
        Ok(match (key, &self.breaker) {
            ("attempts", _) => self.record.attempts().into(),
            ("inner_calls", _) => self.script.started().into(),
            ("result", _) => call.result("timeout", self.of_deadline),
            ("timeouts", _) => self.record.timeouts().into(),
            ("completed_at_ms", _) => call.completed_at(),
            ("breaker_failures", Some((handle, before))) => {
                (handle.calls().failed - before.failed).into()
            }
            ("breaker_successes", Some((handle, before))) => {
                (handle.calls().succeeded - before.succeeded).into()
            }
            _ => return Err(unknown(key)),
        })
    }
}
