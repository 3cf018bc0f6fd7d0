use std::sync::Arc;

use resilience::{Reason, Refusal, Rejected};
use serde_json::Value;
use tokio::time::Duration;

use super::Record;
use crate::{keys::Keys, verdict::Gap};

/// What an attempt is told to yield.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Answer(What),
    Error { retryable: bool, name: Option<String> },
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Ok,
    /// One that a predicate may have retried.
    Retryable {
        name: Option<String>,
    },
    Status {
        code: u16,
        retry_after: Option<Duration>,
    },
}

impl Outcome {
    /// An error that nobody retries.
    pub(crate) const FINAL: Self = Self::Error { retryable: false, name: None };

    /// Reads the words of a case; `name` is what a retryable value is called.
    pub(crate) fn read(value: &Value, name: Option<String>) -> Result<Self, Gap> {
        if let Some(code) = value.as_u64().and_then(|code| u16::try_from(code).ok()) {
            return Ok(Self::Answer(What::Status { code, retry_after: None }));
        }
        if let Value::Object(facts) = value {
            let mut keys = Keys::new(facts.clone(), "argument outcome");
            let code = keys.need("status")?;
            let seconds: Option<f64> = keys.take("retry_after_s")?;
            keys.finish()?;
            let retry_after = seconds.map(Duration::from_secs_f64);
            return Ok(Self::Answer(What::Status { code, retry_after }));
        }
        match value.as_str() {
            Some("ok" | "success") => Ok(Self::Answer(What::Ok)),
            Some("retryable_value") => Ok(Self::Answer(What::Retryable { name })),
            Some("error" | "failure") => Ok(Self::Error { retryable: true, name }),
            Some("error_not_retryable") => Ok(Self::FINAL),
            _ => Err(Gap::new(format!("argument outcome: {value}"))),
        }
    }

    /// What the attempt comes to.
    pub(crate) fn come(self, record: &Arc<Record>) -> Result<Answer, Failure> {
        match self {
            Self::Answer(what) => Ok(Answer { what, record: Some(Arc::clone(record)) }),
            Self::Error { retryable, name } => Err(Failure::Inner { retryable, name }),
        }
    }
}

/// What came of a call, in the word of a case.
pub(crate) fn word(
    result: &Result<Answer, Failure>,
    of_timeout: &'static str,
    of_deadline: &'static str,
) -> &'static str {
    match result {
        Ok(Answer { what: What::Ok, .. }) => "ok",
        Ok(Answer { what: What::Retryable { .. }, .. }) => "retryable_value",
        Ok(Answer { what: What::Status { .. }, .. }) => "response",
        Err(Failure::Inner { .. }) => "last_error",
        Err(Failure::MaxRetries) => "max_retries_exceeded",
        Err(Failure::Denied) => "budget_exceeded",
        Err(Failure::Rejected(rejected)) => match rejected.reason() {
            Reason::TimedOut => of_timeout,
            Reason::DeadlineExceeded | Reason::DeadlineExpired => of_deadline,
            Reason::CircuitOpen | Reason::ProbesTaken => "circuit_open",
            other => other.as_str(),
        },
    }
}

/// The status that the caller got.
pub(crate) fn status(result: &Result<Answer, Failure>) -> Value {
    match result {
        Ok(Answer { what: What::Status { code, .. }, .. }) => (*code).into(),
        _ => Value::Null,
    }
}

/// An answer, which tells the record when it is dropped.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) what: What,
    record: Option<Arc<Record>>,
}

impl Answer {
    /// Drops it where no other attempt supersedes it.
    pub(super) fn end(mut self) {
        self.record = None;
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(record) = &self.record {
            record.answer_dropped();
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service failed.
    Inner { retryable: bool, name: Option<String> },
    /// A policy's own last word when attempts are used up.
    MaxRetries,
    /// A policy's own last word when the budget denies a retry.
    Denied,
    /// A layer refused or ended the call.
    Rejected(Rejected),
}

impl Refusal for Failure {
    fn from_rejected(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn as_rejected(&self) -> Option<&Rejected> {
        if let Self::Rejected(rejected) = self { Some(rejected) } else { None }
    }
}
