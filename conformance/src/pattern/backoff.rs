use std::num::NonZeroU32;

use resilience::{
    Ratio,
    retry::{Backoff, Jitter},
};
use serde_json::Value;
use tokio::time::Duration;

use crate::{
    case::Facts,
    keys::Keys,
    numbers::Numbers,
    run::{Place, Subject, millis, unheard, unknown},
    verdict::Gap,
};

/// The keys of a backoff. Not every kind asks for all of them.
const KNOWN: [&str; 6] =
    ["kind", "delay_ms", "multiplier", "max_ms", "jitter", "reject_zero_delay"];

/// A backoff that is asked for single delays.
#[derive(Debug)]
pub(crate) struct Delays {
    config: Keys,
    base: u32,
    numbers: Option<Numbers>,
    last: Result<Duration, &'static str>,
}

impl Subject for Delays {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let numbers = Numbers::take(config)?;
        let base = config.take("attempt_base")?.unwrap_or(1);
        let kept = config.clone();
        // A first look, so that what is not known is found although no step needs it.
        for name in KNOWN {
            let _: Option<Value> = config.take(name)?;
        }
        Ok(Self { config: kept, base, numbers, last: Ok(Duration::ZERO) })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        let mut config = self.config.clone();
        match event {
            "build" => {
                config.overlay(args.need::<Facts>("config")?);
                self.last = backoff(&mut config)?.map(|_| Duration::ZERO);
            }
            "delay" => {
                let attempt: i64 = args.need("attempt")?;
                for name in ["kind", "delay_ms", "max_ms"] {
                    if let Some(value) = args.take::<Value>(name)? {
                        config.overlay([(name.to_owned(), value)].into_iter().collect());
                    }
                }
                if args.take::<bool>("jitter")? == Some(false) {
                    let _: Option<Value> = config.take("jitter")?;
                }
                self.last = self.delay(backoff(&mut config)?, attempt);
            }
            _ => return Err(unheard(event)),
        }
        for name in KNOWN {
            let _: Option<Value> = config.take(name)?;
        }
        config.finish()
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        match key {
            "delay_ms" => Ok(self.last.map_or(Value::Null, millis)),
            "saturated" => Ok((self.last == Ok(Duration::MAX)).into()),
            "error" => Ok(self.last.err().map_or(Value::Null, Into::into)),
            _ => Err(unknown(key)),
        }
    }
}

impl Delays {
    fn delay(
        &self,
        backoff: Result<Backoff, &'static str>,
        attempt: i64,
    ) -> Result<Duration, &'static str> {
        let backoff = backoff?;
        // The number of a retry is at least 1 by its type.
        let retry = attempt.saturating_sub(self.base.into()).saturating_add(1);
        let retry = u32::try_from(retry).ok().and_then(NonZeroU32::new).ok_or("argument")?;
        Ok(backoff.delay(retry, None, || self.numbers.as_ref().map_or(0.5, Numbers::draw)))
    }
}

/// Builds what `config` describes; the inner error is one that the crate, or one of its types,
/// finds in it.
pub(crate) fn backoff(config: &mut Keys) -> Result<Result<Backoff, &'static str>, Gap> {
    let kind: String = config.need("kind")?;
    if kind == "none" {
        return Ok(Ok(Backoff::none()));
    }
    let delay: f64 = config.need("delay_ms")?;
    let at_most: Option<f64> = config.take("max_ms")?;
    let factor: Option<f64> = config.take("multiplier")?;
    let needs_wait = config.take("reject_zero_delay")?.unwrap_or(false);
    let jitter = jitter(config)?;
    // A `Duration` cannot be below zero, nor a `Ratio` outside of its range.
    let time = |millis: f64| Duration::try_from_secs_f64(millis / 1_000.0).map_err(|_| "config");
    let build = || {
        let delay = time(delay)?;
        let builder = match kind.as_str() {
            "fixed" | "constant" => Backoff::fixed(delay),
            "linear" => Backoff::linear(delay),
            _ => Backoff::exponential(delay).factor(factor.unwrap_or(1.0)),
        };
        let at_most = at_most.map_or(Ok(Duration::MAX), time)?;
        let builder = builder.at_most(at_most).jitter(jitter.map_err(|()| "config")?);
        let builder = if needs_wait { builder.needs_wait() } else { builder };
        builder.build().map_err(|_| "config")
    };
    match kind.as_str() {
        "fixed" | "constant" | "linear" | "exponential" => Ok(build()),
        other => Err(Gap::new(format!("config kind: {other}"))),
    }
}

/// The jitter; `Err(())` inside: one that no `Ratio` can be.
fn jitter(config: &mut Keys) -> Result<Result<Jitter, ()>, Gap> {
    let Some(mut group) = config.group("jitter")? else { return Ok(Ok(Jitter::None)) };
    let kind: String = group.need("kind")?;
    let ratio: f64 = if kind == "ratio" { group.need("ratio")? } else { 0.0 };
    group.finish()?;
    match kind.as_str() {
        "ratio" => Ok(Ratio::new(ratio).map(Jitter::Within).map_err(|_| ())),
        other => Err(Gap::new(format!("config jitter kind: {other}"))),
    }
}
