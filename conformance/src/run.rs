use std::{future::Future, panic::catch_unwind};

use serde_json::Value;
use tokio::{
    runtime::Builder,
    task::yield_now,
    time::{Duration, Instant, sleep_until},
};

use crate::{
    case::{Case, Facts},
    keys::Keys,
    pattern,
    verdict::{Gap, Mismatch, Stop, Verdict},
};

/// Where an expectation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind a step.
    Step,
    /// Behind the last one.
    End,
}

/// Something that a case drives.
pub(crate) trait Subject: Sized {
    /// Makes it from a configuration, of which it takes what it knows, for these steps.
    fn build(config: &mut Keys, steps: &[Facts]) -> Result<Self, Gap>;

    /// Lets `event` happen, with arguments of which it takes what it knows.
    fn step(&mut self, event: &str, args: &mut Keys) -> impl Future<Output = Result<(), Gap>>;

    /// What holds at this moment under the name `key`.
    fn look(&mut self, key: &str, place: Place) -> impl Future<Output = Result<Value, Gap>>;
}

/// Holds this crate to `case`, on a clock of its own. A panic is a failure, and the cases after
/// it are run all the same.
pub(crate) fn run(case: &Case) -> Verdict {
    let driven = catch_unwind(|| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.map(|runtime| runtime.block_on(pattern::run(case)))
    });
    match driven {
        Ok(Ok(result)) => result.into(),
        Ok(Err(error)) => Verdict::NotCovered(Gap::new(format!("no runtime: {error}"))),
        Err(panic) => {
            let told = panic.downcast_ref::<String>().cloned();
            let told = told.or(panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Verdict::Failed(Mismatch {
                step: 0,
                key: "panic".to_owned(),
                expected: Value::Null,
                got: told.unwrap_or_default().into(),
                way: None,
            })
        }
    }
}

/// Holds a subject to `case`.
pub(crate) async fn drive<S: Subject>(case: &Case) -> Result<(), Stop> {
    let start = Instant::now();
    let mut config = Keys::new(case.config.clone(), "config");
    let mut subject = S::build(&mut config, &case.steps)?;
    config.finish()?;
    for (step, number) in case.steps.iter().zip(1..) {
        let mut args = Keys::new(step.clone(), "argument");
        let expect: Facts = args.take("expect")?.unwrap_or_default();
        if let Some(at) = args.millis("at_ms")? {
            sleep_until(start + at).await;
            settle().await;
        }
        let event: String = args.need("event")?;
        subject.step(&event, &mut args).await?;
        args.finish()?;
        settle().await;
        check(&mut subject, expect, number, Place::Step).await?;
    }
    let end = case.expect.clone().unwrap_or_default();
    check(&mut subject, end, case.steps.len() + 1, Place::End).await
}

/// Lets everything happen that is due at this instant: a look applies the timers.
pub(crate) async fn settle() {
    const ROUNDS: usize = 32;
    tokio::time::advance(Duration::ZERO).await;
    for _ in 0..ROUNDS {
        yield_now().await;
    }
}

async fn check<S: Subject>(
    subject: &mut S,
    mut expect: Facts,
    step: usize,
    place: Place,
) -> Result<(), Stop> {
    let tolerance = expect.remove("tolerance").and_then(|value| value.as_f64());
    for (key, expected) in expect {
        let got = subject.look(&key, place).await?;
        if !agree(&expected, &got, tolerance.unwrap_or(TOLERANCE)) {
            return Err(Stop::Mismatch(Mismatch { step, key, expected, got, way: None }));
        }
    }
    Ok(())
}

/// How far apart two numbers may be that agree.
const TOLERANCE: f64 = 1e-4;

fn agree(expected: &Value, got: &Value, tolerance: f64) -> bool {
    match (expected, got) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64(), other.as_f64());
            one.zip(other).is_some_and(|(one, other)| (one - other).abs() <= tolerance)
        }
        (Value::Array(one), Value::Array(other)) => {
            let pairs = || one.iter().zip(other);
            one.len() == other.len() && pairs().all(|(one, other)| agree(one, other, tolerance))
        }
        _ => expected == got,
    }
}

/// Milliseconds, as an expectation has them.
pub(crate) fn millis(time: Duration) -> Value {
    (time.as_secs_f64() * 1_000.0).into()
}

/// An expectation that a subject does not know.
pub(crate) fn unknown(key: &str) -> Gap {
    Gap::new(format!("expectation {key}"))
}

/// An event that a subject does not know.
pub(crate) fn unheard(event: &str) -> Gap {
    Gap::new(format!("event {event}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{TOLERANCE, agree};

    #[test]
    fn numbers_agree_when_they_are_near_and_everything_else_when_it_is_equal() {
        for (expected, got, agrees) in [
            (json!(0.6), json!(0.600_05), true),
            (json!(0.6), json!(0.6002), false),
            (json!(3), json!(3.0), true),
            (json!([1, 2]), json!([1.0, 2.0]), true),
            (json!([1, 2]), json!([1]), false),
            (json!(null), json!(0), false),
            (json!("open"), json!("open"), true),
            (json!(true), json!(1), false),
        ] {
            assert_eq!(agree(&expected, &got, TOLERANCE), agrees, "{expected} {got}");
        }
    }
}
