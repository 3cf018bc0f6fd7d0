use std::sync::Arc;

use resilience::Rejected;
use serde_json::Value;
use tokio::time::{Duration, Instant};

use crate::{
    case::Facts,
    keys::Keys,
    run::{Place, Subject, millis, unheard, unknown},
    stack::{Call, Outcome, Plan, Record, Script, Service, timeout},
    verdict::Gap,
};

/// A call under limits of time.
#[derive(Debug)]
pub(crate) struct Limited {
    service: Service,
    script: Script,
    record: Arc<Record>,
    start: Instant,
    call: Option<Call>,
}

impl Subject for Limited {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let record = Arc::new(Record::default());
        let script = Script::new(Arc::clone(&record));
        let service = timeout(config, Service::new(script.clone()), &record)?;
        Ok(Self { service, script, record, start: Instant::now(), call: None })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        match event {
            "call" => {
                let takes = vec![takes(args)?];
                let outcomes = vec![Outcome::read(&"ok".into(), None)?];
                self.script.follow(Plan { takes, outcomes });
                self.call = Some(Call::begin(self.service.clone(), self.start));
            }
            "cancel" => {
                if let Some(call) = &mut self.call {
                    call.cancel().await;
                }
            }
            "inspect" => {}
            _ => return Err(unheard(event)),
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, place: Place) -> Result<Value, Gap> {
        let call = self.call.as_mut().ok_or_else(|| Gap::new("a look before a call"))?;
        if place == Place::End {
            call.end().await;
        }
        Ok(match key {
            // Limits that layers inside know are limits all the same.
            "result" => call.result("timeout", "timeout"),
            "inner" => self.script.progress().map_or(Value::Null, |at| at.as_str().into()),
            "completed_at_ms" => call.completed_at(),
            "timeout_events" => self.record.timeouts().into(),
            "error_reports_timeout_ms" => call.rejected(|rejected| rejected.limit().map(millis)),
            "fired" => call.rejected(|rejected: &Rejected| Some(rejected.name().to_string())),
            _ => return Err(unknown(key)),
        })
    }
}

/// How long a call takes to the response, which is all of it that a limit here sees.
pub(crate) fn takes(args: &mut Keys) -> Result<Duration, Gap> {
    match (args.millis("inner_ms")?, args.millis("headers_ms")?) {
        (Some(_), Some(_)) => Err(Gap::new("argument inner_ms beside headers_ms")),
        (takes, headers) => Ok(takes.or(headers).unwrap_or_default()),
    }
}
