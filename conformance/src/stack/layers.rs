use std::sync::Arc;

use resilience::{
    AnyError, Classify, Name, Outcome, Rng,
    budget::RetryBudget,
    circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    retry::RetryLayer,
    timeout::TimeoutLayer,
};
use tokio::time::Duration;
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};

use super::{Answer, Ask, Failure, Limits, Record, Retrying, What};
use crate::{
    breaker::{self, Came, Settings},
    keys::Keys,
    numbers::Numbers,
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
    let retrying = Retrying::take(config)?;
    let inner = match retrying.attempt_limit {
        None => inner,
        Some(limit) => {
            let layer = TimeoutLayer::new(NAME, limit).on_event(record.listener());
            let layer = if retrying.spares_last { layer.spare_last_attempt() } else { layer };
            Service::new(layer.layer(inner))
        }
    };
    let counted = Arc::clone(record);
    let inner = Service::new(inner.map_request(move |ask| {
        counted.attempt();
        ask
    }));
    let deadline = retrying.deadline;
    let layer = RetryLayer::with_policy(NAME, retrying.settings, retrying.policy)
        .rng(retrying.numbers.map_or_else(Rng::default, Numbers::rng))
        .on_event(record.listener());
    let layer = match budget {
        Some(budget) => layer.budget(budget),
        None => layer.without_budget(),
    };
    let service = Service::new(layer.layer(inner));
    Ok(match deadline {
        None => service,
        Some(limit) => Service::new(DeadlineLayer::new(NAME, limit).layer(service)),
    })
}

/// Puts the limits that `config` names around `inner`, each under the name of its key.
pub(crate) fn timeout(
    config: &mut Keys,
    inner: Service,
    record: &Arc<Record>,
) -> Result<Service, Gap> {
    let limits = Limits::take(config)?;
    let around = |service, (name, limit): &(Name, Duration)| {
        let listener = record.listener();
        if limits.share {
            Service::new(DeadlineLayer::new(*name, *limit).on_event(listener).layer(service))
        } else {
            Service::new(TimeoutLayer::new(*name, *limit).on_event(listener).layer(service))
        }
    };
    Ok(limits.inside_out.iter().fold(inner, around))
}

/// Puts a breaker around `inner`.
pub(crate) fn breaker(
    config: &mut Keys,
    inner: Service,
) -> Result<(Service, CircuitBreakerHandle), Gap> {
    let settings = Settings::take(config)?;
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
