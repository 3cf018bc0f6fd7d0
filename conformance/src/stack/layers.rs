use std::{collections::HashMap, sync::Arc};

use resilience::{
    AnyError, Classify, Name, Outcome,
    budget::RetryBudget,
    circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    retry::{Backoff, Config, Policy, RetryLayer, RetryRefusals},
    timeout::TimeoutLayer,
};
use serde_json::Value;
use tokio::time::Duration;
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};

use super::{Answer, Ask, Failure, Record, What, policy::CasePolicy};
use crate::{
    breaker::{self, Came, Grid, Settings},
    keys::Keys,
    numbers::Numbers,
    pattern::backoff,
    verdict::Gap,
};

/// A service with any layers around it.
pub(crate) type Service = BoxCloneSyncService<Ask, Answer, Failure>;

const NAME: Name = Name::from_static("conformance");

/// Puts retry with all that belongs to it around `inner`: a deadline outside, the limit of an
/// attempt inside.
pub(crate) fn retry(
    config: &mut Keys,
    inner: Service,
    budget: Option<RetryBudget>,
    record: &Arc<Record>,
) -> Result<Service, Gap> {
    let mut policy = CasePolicy::take(config)?;
    let mut builder = match attempts(config)? {
        Some(attempts) => Config::builder().max_attempts(attempts),
        None => Config::builder().unlimited_attempts(),
    };
    let numbers = Numbers::take(config)?;
    builder = builder.backoff(waits(config, &mut policy)?);
    if let Some(time) = config.millis("max_elapsed_ms")? {
        builder = builder.max_elapsed(time);
    }
    if let Some(most) = config.millis("retry_after_max_ms")? {
        policy.follow_hints();
        builder = builder.retry_after_at_most(most);
    }
    let spares_last = config.take("lift_last_attempt_timeout")?.unwrap_or(false);
    let inner = match config.millis("attempt_timeout_ms")? {
        None => inner,
        Some(limit) => {
            let layer = TimeoutLayer::new(NAME, limit).on_event(record.listener());
            let layer = if spares_last { layer.spare_last_attempt() } else { layer };
            Service::new(layer.layer(inner))
        }
    };
    let settings = builder.build().map_err(|error| Gap::new(format!("config: {error}")))?;
    let retries_refusals = config.take("retry_rejections")?.unwrap_or(false);
    let counted = Arc::clone(record);
    let inner = Service::new(inner.map_request(move |ask| {
        counted.attempt();
        ask
    }));
    let service = if retries_refusals {
        wrap(RetryRefusals::new(policy), settings, budget, numbers, inner, record)
    } else {
        wrap(policy, settings, budget, numbers, inner, record)
    };
    Ok(match config.millis("deadline_ms")? {
        None => service,
        Some(limit) => Service::new(DeadlineLayer::new(NAME, limit).layer(service)),
    })
}

fn wrap<P>(
    policy: P,
    settings: Config,
    budget: Option<RetryBudget>,
    numbers: Option<Numbers>,
    inner: Service,
    record: &Arc<Record>,
) -> Service
where
    P: Policy<Ask, Answer, Failure> + Clone + Send + Sync + 'static,
{
    let layer = RetryLayer::with_policy(NAME, settings, policy).on_event(record.listener());
    let layer = match budget {
        Some(budget) => layer.budget(budget),
        None => layer.without_budget(),
    };
    let layer = match numbers {
        Some(numbers) => layer.rng(numbers.rng()),
        None => layer,
    };
    Service::new(layer.layer(inner))
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

/// Puts the limits that `config` names around `inner`, each under the name of its key.
pub(crate) fn timeout(
    config: &mut Keys,
    inner: Service,
    record: &Arc<Record>,
) -> Result<Service, Gap> {
    let shares = config.take("shares_deadline")?.unwrap_or(false);
    let mut service = inner;
    // From the inside out: the exchange as a whole goes around its part.
    for key in ["response_ms", "timeout_ms", "request_ms"] {
        let Some(limit) = config.millis(key)? else { continue };
        let name = Name::from_static(key);
        let listener = record.listener();
        service = if shares {
            Service::new(DeadlineLayer::new(name, limit).on_event(listener).layer(service))
        } else {
            Service::new(TimeoutLayer::new(name, limit).on_event(listener).layer(service))
        };
    }
    Ok(service)
}

/// Puts a breaker around `inner`.
pub(crate) fn breaker(
    config: &mut Keys,
    inner: Service,
    grid: Grid,
) -> Result<(Service, CircuitBreakerHandle), Gap> {
    let settings = Settings::take(config, grid)?;
    let layer = CircuitBreakerLayer::with_classifier(breaker::name()?, settings.config, outcome);
    let handle = layer.handle();
    Ok((Service::new(layer.layer(inner)), handle))
}

/// A response goes by its status, as it does where a breaker stands alone.
fn outcome(result: Result<&Answer, &Failure>) -> Outcome {
    match result {
        Ok(Answer { what: What::Status { code, .. }, .. }) => {
            Came::status(*code).map_or(Outcome::Ignored, Came::outcome)
        }
        other => AnyError.classify(other),
    }
}
