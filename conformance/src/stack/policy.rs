use std::collections::HashMap;

use resilience::{
    GaveUp, Reason,
    retry::{Attempt, Decision, Policy, Replay, RetryRefusals, Wait},
};
use serde_json::Value;
use tokio::time::Duration;

use super::{Answer, Ask, Failure, What};
use crate::{keys::Keys, verdict::Gap};

/// What a case has retried.
#[derive(Clone, Debug, Default)]
pub(crate) struct CasePolicy {
    retries_values: bool,
    statuses: Statuses,
    /// The waits by the name of the value, which stand for a backoff.
    pub(super) waits: Option<HashMap<String, Duration>>,
    follows_hints: bool,
    retries_refusals: bool,
    /// The ends of retrying that become an error of the policy's own.
    fails_on: Vec<GaveUp>,
}

#[derive(Clone, Debug, Default)]
enum Statuses {
    #[default]
    None,
    ServerErrors,
    These(Vec<u16>),
}

impl CasePolicy {
    pub(super) fn take(config: &mut Keys) -> Result<Self, Gap> {
        let retries_values = match config.take::<String>("retry_on")?.as_deref() {
            None => false,
            Some("result_predicate") => true,
            Some(other) => return Err(Gap::new(format!("config retry_on: {other}"))),
        };
        let statuses = match config.take::<Value>("retry_status")? {
            None => Statuses::None,
            Some(Value::String(all)) if all == "5xx" => Statuses::ServerErrors,
            Some(list) => Statuses::These(
                serde_json::from_value(list.clone())
                    .map_err(|_| Gap::new(format!("config retry_status: {list}")))?,
            ),
        };
        match config.take::<String>("delay_fn")?.as_deref() {
            // A policy that names no wait has no opinion.
            None | Some("none") => {}
            Some(other) => return Err(Gap::new(format!("config delay_fn: {other}"))),
        }
        let denied = config.take::<String>("denied_result")?;
        let mut fails_on = Vec::new();
        match denied.as_deref() {
            None => {}
            Some("budget_exceeded") => fails_on.push(GaveUp::Budget),
            Some(other) => return Err(Gap::new(format!("config denied_result: {other}"))),
        }
        if config.take("fail_after_max_attempts")?.unwrap_or(false) {
            fails_on.push(GaveUp::Attempts);
        }
        let retries_refusals = config.take("retry_rejections")?.unwrap_or(false);
        let (waits, follows_hints) = (None, false);
        Ok(Self { retries_values, statuses, waits, follows_hints, retries_refusals, fails_on })
    }

    pub(super) const fn follow_hints(&mut self) {
        self.follows_hints = true;
    }

    /// The wait that belongs to the name of an outcome, if it has one.
    fn wait(&self, name: Option<&String>) -> Wait {
        let waits = self.waits.as_ref().zip(name);
        let wait = waits.and_then(|(waits, name)| waits.get(name).copied());
        wait.map_or(Wait::Backoff, Wait::Exactly)
    }

    fn retries(&self, status: u16) -> bool {
        match &self.statuses {
            Statuses::None => false,
            Statuses::ServerErrors => (500..600).contains(&status),
            Statuses::These(statuses) => statuses.contains(&status),
        }
    }
}

impl Policy<Ask, Answer, Failure> for CasePolicy {
    fn replay(&self, request: &Ask) -> Replay<Ask> {
        Replay::Copy(request.clone())
    }

    fn decide(&self, result: Result<&Answer, &Failure>, attempt: &Attempt) -> Decision {
        if self.retries_refusals {
            let plain = Self { retries_refusals: false, ..self.clone() };
            return RetryRefusals::new(plain).decide(result, attempt);
        }
        let retry = |wait| Decision::Retry { wait };
        match result {
            Ok(answer) => match &answer.what {
                What::Retryable { name } if self.retries_values => retry(self.wait(name.as_ref())),
                What::Status { code, retry_after } if self.retries(*code) => {
                    retry(retry_after.filter(|_| self.follows_hints).into())
                }
                _ => Decision::Return,
            },
            Err(Failure::Inner { retryable: true, name }) => retry(self.wait(name.as_ref())),
            Err(Failure::Rejected(rejected)) if rejected.reason() == Reason::TimedOut => {
                retry(Wait::Backoff)
            }
            Err(_) => Decision::Return,
        }
    }

    fn give_up(&self, last: Result<Answer, Failure>, reason: GaveUp) -> Result<Answer, Failure> {
        let is_value = matches!(&last, Ok(answer) if matches!(answer.what, What::Retryable { .. }));
        let failure = match reason {
            GaveUp::Attempts if is_value => Failure::MaxRetries,
            GaveUp::Budget => Failure::Denied,
            _ => return last,
        };
        if !self.fails_on.contains(&reason) {
            return last;
        }
        if let Ok(answer) = last {
            answer.end();
        }
        Err(failure)
    }
}
