use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Duration, Instant};

use crate::{
    case::Facts,
    keys::Keys,
    run::{Place, Subject, millis, unheard, unknown},
    stack::{Call, Outcome, Plan, Record, Script, Service, retry},
    verdict::Gap,
};

/// A call through retry, whose attempts do what they are told.
#[derive(Debug)]
pub(crate) struct Retried {
    service: Service,
    script: Script,
    record: Arc<Record>,
    base: u32,
    start: Instant,
    call: Option<Call>,
    /// Whether what is seen is that of a call in progress.
    is_looking: bool,
}

impl Subject for Retried {
    fn build(config: &mut Keys, steps: &[Facts]) -> Result<Self, Gap> {
        let record = Arc::new(Record::default());
        let script = Script::new(Arc::clone(&record));
        let base = config.take("attempt_base")?.unwrap_or(1);
        let service = retry(config, Service::new(script.clone()), None, &record)?;
        let start = Instant::now();
        let mut call = None;
        if are_told(steps) {
            script.wait();
            call = Some(Call::begin(service.clone(), start));
        }
        Ok(Self { service, script, record, base, start, call, is_looking: false })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        self.is_looking = false;
        match event {
            "attempt_outcome" => {
                let number: usize = args.need("n")?;
                let name = args.take("value")?;
                let outcome = Outcome::read(&args.need("outcome")?, name)?;
                let call = self.call.as_mut();
                let call = call.ok_or_else(|| Gap::new("an outcome of an attempt of a call"))?;
                // An attempt that is never made is told nothing.
                tokio::select! {
                    biased;
                    () = self.script.has_started(number) => self.script.tell(number, outcome),
                    () = call.end() => {}
                }
            }
            "call" => {
                self.script.follow(plan(args)?);
                self.call = Some(Call::begin(self.service.clone(), self.start));
            }
            "cancel" => {
                if let Some(call) = &mut self.call {
                    call.cancel().await;
                }
            }
            "inspect" => self.is_looking = true,
            _ => return Err(unheard(event)),
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        let call = self.call.as_mut().ok_or_else(|| Gap::new("a look before a call"))?;
        if !self.is_looking {
            call.end().await;
        }
        let retries = self.record.retries();
        Ok(match key {
            "attempts" => self.record.attempts().into(),
            "result" => call.result("last_error", "deadline_exceeded"),
            "status" => call.status(),
            "completed_at_ms" => call.completed_at(),
            "slept_ms" => millis(retries.iter().map(|retry| retry.1).sum::<Duration>()),
            "delays_ms" => retries.iter().map(|retry| millis(retry.1)).collect(),
            // The first retry is the second attempt.
            "retry_numbers" => retries.iter().map(|retry| retry.0 - 2 + self.base).collect(),
            "dropped_results" => self.record.dropped().into(),
            _ => return Err(unknown(key)),
        })
    }
}

/// Whether attempts are told one by one what to yield. Their call begins with the case: the
/// steps say when attempts end.
pub(crate) fn are_told(steps: &[Facts]) -> bool {
    steps.iter().any(|step| step.get("event").is_some_and(|event| event == "attempt_outcome"))
}

/// What all attempts of a call do, from lists or single values.
pub(crate) fn plan(args: &mut Keys) -> Result<Plan, Gap> {
    let mut plan = Plan::default();
    for takes in args.list("inner_ms")?.unwrap_or_default() {
        let millis = takes.as_f64().unwrap_or(-1.0);
        let takes = Duration::try_from_secs_f64(millis / 1_000.0);
        plan.takes.push(takes.map_err(|_| Gap::new(format!("argument inner_ms: {millis}")))?);
    }
    for name in ["status", "outcome", "outcomes"] {
        for outcome in args.list(name)?.unwrap_or_default() {
            plan.outcomes.push(Outcome::read(&outcome, None)?);
        }
    }
    if plan.outcomes.is_empty() {
        plan.outcomes.push(Outcome::read(&"ok".into(), None)?);
    }
    Ok(plan)
}
