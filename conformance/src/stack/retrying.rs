use std::collections::HashMap;

use resilience::retry::{Backoff, Config};
use serde_json::Value;
use tokio::time::Duration;

use super::policy::CasePolicy;
use crate::{keys::Keys, numbers::Numbers, pattern::backoff, verdict::Gap};

/// Retry as a case configures it, with all that belongs to it.
#[derive(Debug)]
pub(crate) struct Retrying {
    pub(crate) policy: CasePolicy,
    pub(crate) settings: Config,
    /// What backoff draws from; `None`: any source.
    pub(crate) numbers: Option<Numbers>,
    pub(crate) attempt_limit: Option<Duration>,
    /// Whether the last attempt has no limit.
    pub(crate) spares_last: bool,
    pub(crate) deadline: Option<Duration>,
}

impl Retrying {
    /// Takes the keys of retry.
    pub(crate) fn take(config: &mut Keys) -> Result<Self, Gap> {
        let mut policy = CasePolicy::take(config)?;
        let mut builder = match attempts(config)? {
            Some(attempts) => Config::builder().max_attempts(attempts),
            None => Config::builder().unlimited_attempts(),
        };
        builder = builder.backoff(waits(config, &mut policy)?);
        if let Some(time) = config.millis("max_elapsed_ms")? {
            builder = builder.max_elapsed(time);
        }
        if let Some(most) = config.millis("retry_after_max_ms")? {
            policy.follow_hints();
            builder = builder.retry_after_at_most(most);
        }
        Ok(Self {
            policy,
            settings: builder.build().map_err(|error| Gap::new(format!("config: {error}")))?,
            numbers: Numbers::take(config)?,
            attempt_limit: config.millis("attempt_timeout_ms")?,
            spares_last: config.take("lift_last_attempt_timeout")?.unwrap_or(false),
            deadline: config.millis("deadline_ms")?,
        })
    }
}

/// The attempts in all; `None`: no limit.
fn attempts(config: &mut Keys) -> Result<Option<u32>, Gap> {
    let number = |config: &mut Keys, name: &str| match config.take::<Value>(name)? {
        None => Ok(None),
        Some(Value::String(word)) if word == "unlimited" => Ok(None),
        Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(Gap::new(format!("config {name}: {value}"))),
        },
    };
    let attempts = number(config, "max_attempts")?;
    let retries = number(config, "max_retries")?;
    Ok(attempts.or(retries.map(|retries| retries.saturating_add(1))))
}

/// The waits between attempts; those that a value names go to the policy.
fn waits(config: &mut Keys, policy: &mut CasePolicy) -> Result<Backoff, Gap> {
    let Some(mut group) = config.group("backoff")? else { return Ok(Backoff::none()) };
    // Numbers of retries are counted by the event, not by the waits.
    let _: Option<u32> = group.take("attempt_base")?;
    let mut named = group.clone();
    if named.take::<String>("kind")?.as_deref() == Some("from_outcome") {
        let map: HashMap<String, f64> = named.need("map")?;
        named.finish()?;
        let wait = |(name, millis): (String, f64)| {
            Duration::try_from_secs_f64(millis / 1_000.0)
                .map(|wait| (name, wait))
                .map_err(|_| Gap::new(format!("config backoff map: {millis}")))
        };
        policy.waits = Some(map.into_iter().map(wait).collect::<Result<_, _>>()?);
        return Ok(Backoff::none());
    }
    let backoff = backoff(&mut group)?;
    group.finish()?;
    backoff.map_err(|error| Gap::new(format!("config backoff is refused: {error}")))
}
