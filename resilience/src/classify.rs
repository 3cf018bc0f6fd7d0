//! Telling success from failure.

use crate::{
    error::{Reason, Refusal, Rejected},
    outcome::Outcome,
};

/// Decides what a call came to.
///
/// One classifier serves the circuit breaker and retry alike. A closure from a result to an
/// [`Outcome`] is one.
///
/// # Examples
///
/// ```
/// use resilience::{BoxError, Classify, Outcome};
///
/// let empty_is_failure = |result: Result<&String, &BoxError>| match result {
///     Ok(answer) if !answer.is_empty() => Outcome::Success,
///     _ => Outcome::Failure,
/// };
/// assert_eq!(empty_is_failure.classify(Ok(&String::new())), Outcome::Failure);
/// ```
pub trait Classify<T, E> {
    /// What a call with this result came to.
    fn classify(&self, result: Result<&T, &E>) -> Outcome;

    /// Whether fault injection made this response, or delayed it, as far as it shows. A circuit
    /// breaker that is to [ignore what is injected] asks it, and knows of rejections by itself.
    ///
    /// Default, and that of closures: false.
    ///
    /// [ignore what is injected]: crate::circuit_breaker::ConfigBuilder::ignore_injected
    fn is_injected(&self, response: &T) -> bool {
        let _ = response;
        false
    }
}

impl<T, E, F> Classify<T, E> for F
where
    F: Fn(Result<&T, &E>) -> Outcome,
{
    fn classify(&self, result: Result<&T, &E>) -> Outcome {
        self(result)
    }
}

/// Every response is a success and every error a failure.
///
/// A rejection by a layer inside counts by its reason: a call that timed out or met an injected
/// fault is a failure of the service, one that was refused before it was sent is ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyError;

impl<T, E: Refusal> Classify<T, E> for AnyError {
    fn classify(&self, result: Result<&T, &E>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(error) => of_error(error),
        }
    }
}

/// Whether fault injection made a result, or delayed it, as far as it shows.
pub(crate) fn is_injected<T, E: Refusal>(
    classifier: &impl Classify<T, E>,
    result: Result<&T, &E>,
) -> bool {
    match result {
        Ok(response) => classifier.is_injected(response),
        Err(error) => error.as_rejected().is_some_and(|rejected| rejected.reason().is_injected()),
    }
}

/// What an error says of the service that returned it.
pub(crate) fn of_error<E: Refusal>(error: &E) -> Outcome {
    error.as_rejected().map_or(Outcome::Failure, of_rejection)
}

fn of_rejection(rejected: &Rejected) -> Outcome {
    match rejected.reason() {
        // The whole request ran out of time. Which part of it was slow is not known, but this
        // service had not answered, and a breaker that took this for nothing would miss an
        // outage whenever the deadline is shorter than the limit of an attempt.
        Reason::DeadlineExceeded
        | Reason::TimedOut
        | Reason::InjectedError { .. }
        | Reason::InjectedGrpc { .. }
        | Reason::InjectedAbort => Outcome::Failure,
        Reason::CircuitOpen
        | Reason::ProbesTaken
        | Reason::DeadlineExpired
        | Reason::FaultHeader { .. } => Outcome::Ignored,
    }
}
