use std::sync::Arc;

use resilience::{
    Deadline, Name, Reason, Rng,
    retry::{Attempts, Decision, Policy},
    timeout::Limit,
};
use serde_json::Value;
use tokio::time::{Duration, Instant, sleep_until};

use crate::{
    case::Facts,
    keys::Keys,
    numbers::Numbers,
    pattern::{are_told, plan},
    run::{Place, Subject, millis, unheard, unknown},
    stack::{Answer, Failure, Outcome, Plan, Record, Retrying, status, word},
    verdict::Gap,
};

const NAME: Name = Name::from_static("conformance");

/// The most attempts of a call that is followed to its end.
const MOST: usize = 100_000;

/// A call whose attempts and waits follow from what the attempts come to.
#[derive(Debug)]
pub(crate) struct Retried {
    retrying: Retrying,
    rng: Rng,
    base: u32,
    record: Arc<Record>,
    call: Option<Call>,
    start: Instant,
    is_looking: bool,
}

#[derive(Debug)]
struct Call {
    deadline: Option<Deadline>,
    attempts: Attempts,
    /// What the attempts do; `None`: they are told one by one.
    plan: Option<Plan>,
    phase: Phase,
    /// The retries, each with the number of its attempt and the wait before it.
    retries: Vec<(u32, Duration)>,
    started: usize,
}

#[derive(Debug)]
enum Phase {
    Runs { ends: Option<Instant>, limit: Option<Limit> },
    Waits { until: Instant },
    Ended { at: Instant, result: Result<Answer, Failure> },
    Cancelled,
}

impl Subject for Retried {
    fn build(config: &mut Keys, steps: &[Facts]) -> Result<Self, Gap> {
        let base = config.take("attempt_base")?.unwrap_or(1);
        let mut retrying = Retrying::take(config)?;
        let rng = retrying.numbers.take().map_or_else(Rng::default, Numbers::rng);
        let (record, call) = (Arc::default(), None);
        let start = Instant::now();
        let mut made = Self { retrying, rng, base, record, call, start, is_looking: false };
        if are_told(steps) {
            made.begin(None);
        }
        Ok(made)
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        self.is_looking = false;
        match event {
            "attempt_outcome" => {
                let number: usize = args.need("n")?;
                let name = args.take("value")?;
                let outcome = Outcome::read(&args.need("outcome")?, name)?;
                self.tell(number, outcome).await?;
            }
            "call" => self.begin(Some(plan(args)?)),
            "cancel" => {
                self.follow(Some(Instant::now()));
                let call = self.call.as_mut();
                if let Some(call) = call.filter(|call| !matches!(call.phase, Phase::Ended { .. })) {
                    call.phase = Phase::Cancelled;
                }
            }
            "inspect" => self.is_looking = true,
            _ => return Err(unheard(event)),
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        self.follow(self.is_looking.then(Instant::now));
        let call = self.call.as_ref().ok_or_else(|| Gap::new("a look before a call"))?;
        let retries = call.retries.iter();
        Ok(match (key, &call.phase) {
            ("attempts", _) => call.started.into(),
            ("result", Phase::Cancelled) => "cancelled".into(),
            ("result", Phase::Ended { result, .. }) => {
                word(result, "last_error", "deadline_exceeded").into()
            }
            ("status", Phase::Ended { result, .. }) => status(result),
            ("completed_at_ms", Phase::Ended { at, .. }) => millis(*at - self.start),
            ("result" | "status" | "completed_at_ms", _) => Value::Null,
            ("slept_ms", _) => millis(retries.map(|retry| retry.1).sum::<Duration>()),
            ("delays_ms", _) => retries.map(|retry| millis(retry.1)).collect(),
            // The first retry is the second attempt.
            ("retry_numbers", _) => retries.map(|retry| retry.0 - 2 + self.base).collect(),
            ("dropped_results", _) => self.record.dropped().into(),
            _ => return Err(unknown(key)),
        })
    }
}

impl Retried {
    fn begin(&mut self, plan: Option<Plan>) {
        let now = Instant::now();
        let deadline = self.retrying.deadline.map(|limit| Deadline::at(now + limit));
        let attempts = Attempts::new(&self.retrying.settings, now);
        let attempts = match deadline {
            Some(deadline) => attempts.deadline(deadline),
            None => attempts,
        };
        let (phase, retries) = (Phase::Waits { until: now }, Vec::new());
        let call = Call { deadline, attempts, plan, phase, retries, started: 0 };
        self.call = Some(call);
        self.follow(Some(now));
    }

    /// Lets an attempt end now, or as soon as it has begun. One that is never made is told
    /// nothing.
    async fn tell(&mut self, number: usize, outcome: Outcome) -> Result<(), Gap> {
        loop {
            self.follow(Some(Instant::now()));
            let Some(call) = &mut self.call else { return Ok(()) };
            match &mut call.phase {
                Phase::Runs { .. } if call.started == number => {
                    let result = outcome.come(&self.record);
                    self.end(Instant::now(), result);
                    return Ok(());
                }
                Phase::Waits { .. } | Phase::Runs { .. } if call.started < number => {
                    let due = call.due();
                    sleep_until(due.ok_or_else(|| Gap::new("an attempt that has no end"))?).await;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Makes everything happen that is due at `now`; without it, until all has come to its end.
    fn follow(&mut self, now: Option<Instant>) {
        for _ in 0..MOST {
            let Some(call) = &mut self.call else { return };
            let Some(due) = call.due().filter(|due| now.is_none_or(|now| *due <= now)) else {
                return;
            };
            match &call.phase {
                Phase::Waits { .. } => self.start(due),
                Phase::Runs { ends: Some(ends), .. } if *ends == due => {
                    let number = call.started - 1;
                    let outcome = call.plan.as_ref().and_then(|plan| plan.outcome(number));
                    let outcome = outcome.unwrap_or(Outcome::FINAL);
                    self.end(due, outcome.come(&self.record));
                }
                Phase::Runs { limit: Some(limit), .. } => {
                    let rejected = limit.rejected(NAME);
                    self.end(due, Err(Failure::Rejected(rejected)));
                }
                _ => return,
            }
        }
    }

    fn start(&mut self, now: Instant) {
        let Some(call) = &mut self.call else { return };
        let Retrying { attempt_limit, spares_last, .. } = self.retrying;
        let own = attempt_limit.filter(|_| !(spares_last && call.attempts.is_last()));
        let is_limited = own.is_some() || call.deadline.is_some();
        let limit = Limit::new(now, own.unwrap_or(Duration::MAX), call.deadline);
        if is_limited && limit.reason() == Reason::DeadlineExpired {
            call.phase =
                Phase::Ended { at: now, result: Err(Failure::Rejected(limit.rejected(NAME))) };
            return;
        }
        let takes = call.plan.as_ref().map(|plan| plan.takes(call.started));
        call.started += 1;
        let (ends, limit) = (takes.map(|takes| now + takes), is_limited.then_some(limit));
        call.phase = Phase::Runs { ends, limit };
    }

    /// The attempt that runs has come to this.
    fn end(&mut self, now: Instant, result: Result<Answer, Failure>) {
        let Some(call) = &mut self.call else { return };
        let policy = &self.retrying.policy;
        let made = call.attempts.made();
        let Decision::Retry { wait } = policy.decide(result.as_ref(), &made) else {
            call.phase = Phase::Ended { at: now, result };
            return;
        };
        call.phase = match call.attempts.next(wait, now, || self.rng.draw()) {
            Ok(delay) => {
                call.retries.push((call.attempts.made().number.get(), delay));
                Phase::Waits { until: now + delay }
            }
            Err(reason) => Phase::Ended { at: now, result: policy.give_up(result, reason) },
        };
    }
}

impl Call {
    /// When the next thing happens that needs nobody.
    fn due(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Waits { until } => Some(*until),
            Phase::Runs { ends, limit } => {
                let limit = limit.map(|limit| limit.due());
                ends.iter().copied().chain(limit).min()
            }
            Phase::Ended { .. } | Phase::Cancelled => None,
        }
    }
}
