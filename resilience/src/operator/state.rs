//! What policies look like in the shapes that are sent.

use tokio::time::Instant;

use super::policy::{Listed, Policy};
#[cfg(feature = "keyed")]
use crate::budget::keyed::KeyedRetryBudget;
#[cfg(feature = "keyed")]
use crate::wire::KeyedState;
use crate::{
    event::{
        Event,
        log::{Found, Logged, log},
    },
    fault::{FaultHandle, FaultPlan},
    ratio::Ratio,
    retry::RetryHandle,
    time,
    timeout::LimitHandle,
    wire::{
        ArmFault, EventState, EventsState, FaultKind, FaultState, FaultStatus, HappenedState,
        HeaderMatch, InstanceState, LimitState, PolicyState, RetryState, StickyBy,
    },
};

impl Listed {
    /// What the policy looks like at this moment.
    pub fn state(&self) -> InstanceState {
        InstanceState { id: self.id(), state: self.policy().state() }
    }
}

impl Policy {
    /// What it looks like at this moment.
    pub fn state(&self) -> PolicyState {
        match self {
            Self::CircuitBreaker(breaker) => PolicyState::from(&breaker.snapshot()),
            #[cfg(feature = "keyed")]
            Self::KeyedCircuitBreaker(keyed) => PolicyState::KeyedCircuitBreaker(KeyedState {
                policy: keyed.name().to_string(),
                keys: keyed.len(),
                max_keys: keyed.max_keys(),
            }),
            Self::Retry(retry) => PolicyState::Retry(RetryState::from(retry)),
            Self::RetryBudget(budget) => PolicyState::from(budget),
            #[cfg(feature = "keyed")]
            Self::KeyedRetryBudget(keyed) => PolicyState::KeyedRetryBudget(KeyedState::from(keyed)),
            Self::Timeout(limit) => PolicyState::Timeout(LimitState::from(limit)),
            Self::Deadline(limit) => PolicyState::Deadline(LimitState::from(limit)),
            Self::Fault(fault) => PolicyState::Fault(FaultState::from(fault)),
        }
    }
}

impl From<&RetryHandle> for RetryState {
    fn from(retry: &RetryHandle) -> Self {
        let attempts = retry.config().max_attempts();
        let budget = retry.budget().map(PolicyState::from);
        Self {
            policy: retry.name().to_string(),
            is_on: retry.is_on(),
            max_attempts: (attempts != u32::MAX).then_some(attempts),
            budget: budget.and_then(|state| match state {
                PolicyState::RetryBudget(budget) => Some(budget),
                _ => None,
            }),
            #[cfg(feature = "keyed")]
            keyed_budget: retry.keyed_budget().map(KeyedState::from),
            #[cfg(not(feature = "keyed"))]
            keyed_budget: None,
        }
    }
}

#[cfg(feature = "keyed")]
impl From<&KeyedRetryBudget> for KeyedState {
    fn from(budgets: &KeyedRetryBudget) -> Self {
        Self {
            policy: budgets.name().to_string(),
            keys: budgets.len(),
            max_keys: budgets.max_keys(),
        }
    }
}

impl From<&LimitHandle> for LimitState {
    fn from(limit: &LimitHandle) -> Self {
        Self { policy: limit.name().to_string(), limit: limit.in_force(), is_set: limit.is_set() }
    }
}

impl From<&FaultHandle> for FaultState {
    fn from(fault: &FaultHandle) -> Self {
        let status = FaultStatus::from(&fault.switch().status());
        Self { policy: fault.name().to_string(), status }
    }
}

impl From<&crate::fault::Status> for FaultStatus {
    fn from(status: &crate::fault::Status) -> Self {
        let armed = |plan: &FaultPlan| ArmFault {
            fault: FaultKind::from(plan.fault()),
            rate: plan.rate().as_f64(),
            expires_in: status.time_left,
            path_prefix: plan.prefix().map(str::to_owned),
            method: plan.whom().method_asked().map(str::to_owned),
            header: plan.whom().header_asked().map(|(name, value)| HeaderMatch {
                name: name.to_owned(),
                value: value.map(str::to_owned),
            }),
            sticky_by: plan
                .whom()
                .sticky()
                .map(|(header, salt)| StickyBy { header: header.to_owned(), salt }),
            max_active: plan.active_limit(),
            max_injected: plan.injected_limit(),
            max_share: plan.share_limit().map(Ratio::as_f64),
        };
        Self {
            armed: status.armed.as_deref().map(armed),
            injected: status.injected,
            injected_by_plan: status.injected_by_plan,
            active: status.active,
        }
    }
}

/// At most `most` of the changes after the one with the number `after`, of the last 1,024.
///
/// Changes are kept from the first time that this is asked for. What happens to single calls is
/// counted and not among them.
pub fn events_after(after: u64, most: usize) -> EventsState {
    let Found { events, lost } = log().after(after, most);
    let now = time::read();
    EventsState { events: events.iter().map(|logged| told(logged, now)).collect(), lost }
}

/// Ends when there is a change after the one with the number `after`.
///
/// # Cancellation
///
/// Whoever stops waiting misses nothing: [`events_after`] tells what came meanwhile.
pub async fn event_after(after: u64) {
    log().wait(after).await;
}

fn told(logged: &Logged, now: Instant) -> EventState {
    let ago = now.saturating_duration_since(logged.at);
    let happened = match &logged.event {
        Event::StateChanged { from, to, reason, .. } => HappenedState::StateChanged {
            from: from.as_str().to_owned(),
            to: to.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
        },
        Event::RuleMet { reason, .. } => {
            HappenedState::RuleMet { reason: reason.as_str().to_owned() }
        }
        Event::Commanded { kind, command, by, .. } => HappenedState::Commanded {
            kind: (*kind).to_owned(),
            command: (*command).to_owned(),
            by: by.to_string(),
        },
        Event::FaultArmed { fault, expires_in, .. } => {
            HappenedState::FaultArmed { fault: (*fault).to_owned(), expires_in: *expires_in }
        }
        Event::FaultEnded { fault, why, .. } => {
            HappenedState::FaultEnded { fault: (*fault).to_owned(), why: why.as_str().to_owned() }
        }
        Event::SettingsChanged { .. } => HappenedState::SettingsChanged {},
        _ => HappenedState::Other,
    };
    let ago = std::time::Duration::from_millis(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
    EventState { id: logged.id, policy: logged.event.name().to_string(), ago, happened }
}
