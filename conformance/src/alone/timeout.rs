use resilience::{Deadline, Name, Rejected, timeout::Limit};
use serde_json::Value;
use tokio::time::{Duration, Instant, sleep_until};

use crate::{
    case::Facts,
    keys::Keys,
    pattern::takes,
    run::{Place, Subject, millis, unheard, unknown},
    stack::{Limits, Progress},
    verdict::Gap,
};

/// A call and the limits that it has.
#[derive(Debug)]
pub(crate) struct Limited {
    limits: Limits,
    start: Instant,
    call: Option<Call>,
    /// The limits that ended earlier calls.
    timeouts: u32,
}

#[derive(Debug)]
struct Call {
    answers: Instant,
    /// The limit that ends it, unless it answers first.
    limit: Option<(Name, Limit)>,
    cancelled: Option<Instant>,
}

impl Subject for Limited {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        Ok(Self { limits: Limits::take(config)?, start: Instant::now(), call: None, timeouts: 0 })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        let now = Instant::now();
        match event {
            "call" => {
                if let Some(before) = self.call.take() {
                    self.timeouts += u32::from(before.rejected().is_some());
                }
                self.call = Some(Call::begin(&self.limits, takes(args)?, now));
            }
            "cancel" => {
                if let Some(call) = &mut self.call {
                    call.cancelled = call.cancelled.or(Some(now)).filter(|at| *at < call.end());
                }
            }
            "inspect" => {}
            _ => return Err(unheard(event)),
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, place: Place) -> Result<Value, Gap> {
        let call = self.call.as_ref().ok_or_else(|| Gap::new("a look before a call"))?;
        if place == Place::End && call.cancelled.is_none() {
            sleep_until(call.end()).await;
        }
        let progress = call.progress();
        let refused = call.rejected();
        Ok(match key {
            "result" if call.cancelled.is_some() => "cancelled".into(),
            "result" => match progress {
                Progress::Running => Value::Null,
                Progress::Cancelled => "timeout".into(),
                Progress::Done => "ok".into(),
            },
            "inner" => progress.as_str().into(),
            "completed_at_ms" if progress == Progress::Running || call.cancelled.is_some() => {
                Value::Null
            }
            "completed_at_ms" => millis(call.end() - self.start),
            "timeout_events" => (self.timeouts + u32::from(refused.is_some())).into(),
            "error_reports_timeout_ms" => {
                refused.and_then(|refused| refused.limit()).map_or(Value::Null, millis)
            }
            "fired" => refused.map_or(Value::Null, |refused| refused.name().as_str().into()),
            _ => return Err(unknown(key)),
        })
    }
}

impl Call {
    fn begin(limits: &Limits, takes: Duration, now: Instant) -> Self {
        let mut deadline: Option<Deadline> = None;
        let mut first: Option<(Name, Limit)> = None;
        for (name, limit) in limits.inside_out.iter().rev() {
            let limit = Limit::new(now, *limit, deadline);
            if limits.share {
                deadline = Some(Deadline::at(limit.due()));
            }
            // Of those that end it at one instant, the innermost is seen first.
            if first.as_ref().is_none_or(|(_, outer)| limit.due() <= outer.due()) {
                first = Some((*name, limit));
            }
        }
        Self { answers: now + takes, limit: first, cancelled: None }
    }

    /// When it ends, if its caller stays.
    fn end(&self) -> Instant {
        self.limit.map_or(self.answers, |(_, limit)| limit.due().min(self.answers))
    }

    fn progress(&self) -> Progress {
        if self.cancelled.is_some() {
            Progress::Cancelled
        } else if Instant::now() < self.end() {
            Progress::Running
        } else if self.answers <= self.end() {
            Progress::Done
        } else {
            Progress::Cancelled
        }
    }

    /// What the caller was told, if a limit has ended the call.
    fn rejected(&self) -> Option<Rejected> {
        let is_ended = self.cancelled.is_none() && self.progress() == Progress::Cancelled;
        self.limit.filter(|_| is_ended).map(|(name, limit)| limit.rejected(name))
    }
}
