use std::any::Any;

use crate::{
    budget::RetryBudget,
    circuit_breaker::CircuitBreakerHandle,
    deadline,
    fault::FaultHandle,
    meter::{self, Meter},
    name::Name,
    registry::{self, Living},
    retry::RetryHandle,
    timeout::{self, LimitHandle},
};
#[cfg(feature = "keyed")]
use crate::{budget::keyed::KeyedRetryBudget, circuit_breaker::keyed::KeyedCircuitBreakerHandle};

/// A policy, as one of the handles through which it is seen and changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Policy {
    /// A circuit breaker.
    CircuitBreaker(CircuitBreakerHandle),
    /// The circuit breakers of many keys.
    #[cfg(feature = "keyed")]
    KeyedCircuitBreaker(KeyedCircuitBreakerHandle),
    /// A retry layer.
    Retry(RetryHandle),
    /// A retry budget.
    RetryBudget(RetryBudget),
    /// The retry budgets of many keys.
    #[cfg(feature = "keyed")]
    KeyedRetryBudget(KeyedRetryBudget),
    /// The timeouts of one name.
    Timeout(LimitHandle),
    /// The deadlines of one name.
    Deadline(LimitHandle),
    /// The switch of a fault layer.
    Fault(FaultHandle),
}

impl Policy {
    /// The kind as a label, such as `circuit_breaker`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CircuitBreaker(_) => "circuit_breaker",
            #[cfg(feature = "keyed")]
            Self::KeyedCircuitBreaker(_) => "keyed_circuit_breaker",
            Self::Retry(_) => "retry",
            Self::RetryBudget(_) => "retry_budget",
            #[cfg(feature = "keyed")]
            Self::KeyedRetryBudget(_) => "keyed_retry_budget",
            Self::Timeout(_) => "timeout",
            Self::Deadline(_) => "deadline",
            Self::Fault(_) => "fault",
        }
    }

    /// The policy of a handle, whichever kind it is of.
    fn of(handle: Box<dyn Any + Send>) -> Option<Self> {
        let handle = match handle.downcast() {
            Ok(breaker) => return Some(Self::CircuitBreaker(*breaker)),
            Err(other) => other,
        };
        #[cfg(feature = "keyed")]
        let handle = match handle.downcast() {
            Ok(keyed) => return Some(Self::KeyedCircuitBreaker(*keyed)),
            Err(other) => other,
        };
        let handle = match handle.downcast() {
            Ok(retry) => return Some(Self::Retry(*retry)),
            Err(other) => other,
        };
        let handle = match handle.downcast() {
            Ok(budget) => return Some(Self::RetryBudget(*budget)),
            Err(other) => other,
        };
        #[cfg(feature = "keyed")]
        let handle = match handle.downcast() {
            Ok(keyed) => return Some(Self::KeyedRetryBudget(*keyed)),
            Err(other) => other,
        };
        handle.downcast().ok().map(|fault| Self::Fault(*fault))
    }
}

/// A policy in the list of all.
#[derive(Clone, Debug)]
pub struct Listed {
    id: u64,
    name: Name,
    policy: Policy,
}

impl Listed {
    fn living(living: Living) -> Option<Self> {
        let Living { id, name, instance } = living;
        Some(Self { id, name, policy: Policy::of(instance.handle(name))? })
    }

    fn limit(meter: &'static Meter) -> Option<Self> {
        let timeout = timeout::of(meter).map(Policy::Timeout);
        let policy = timeout.or_else(|| deadline::of(meter).map(Policy::Deadline))?;
        Some(Self { id: meter.id(), name: meter.name(), policy })
    }

    /// A number that no other policy of this process has.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The policy's name.
    pub const fn name(&self) -> Name {
        self.name
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// All policies of the process, ordered by kind, name and id.
pub fn policies() -> Vec<Listed> {
    let mut all: Vec<_> = registry::living().into_iter().filter_map(Listed::living).collect();
    all.extend(meter::all().into_iter().filter_map(Listed::limit));
    all.sort_by_key(|listed| (listed.policy.kind(), listed.name, listed.id));
    all
}

/// The policy with the number `id`, if it lives.
pub fn find(id: u64) -> Option<Listed> {
    let limits = || meter::all().into_iter().find(|meter| meter.id() == id);
    registry::find(id).and_then(Listed::living).or_else(|| Listed::limit(limits()?))
}

/// The switches of the fault layers called `name`, with their numbers.
#[cfg(feature = "flags")]
pub(crate) fn faults(name: &str) -> impl Iterator<Item = (u64, FaultHandle)> + use<> {
    registry::named(name).into_iter().filter_map(|living| match Listed::living(living)? {
        Listed { id, policy: Policy::Fault(fault), .. } => Some((id, fault)),
        _ => None,
    })
}
