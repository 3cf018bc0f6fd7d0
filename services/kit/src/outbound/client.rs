//! The client that a service holds.

use bytes::Bytes;
use http::{Request, Response};
use resilience::{
    Error, Name, Rejected,
    budget::RetryBudget,
    circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer},
    deadline::DeadlineLayer,
    lift::LiftLayer,
    retry::RetryLayer,
    timeout::TimeoutLayer,
    wire::PolicyState,
};
use tower::{
    Layer as _, ServiceBuilder, ServiceExt as _,
    util::{BoxCloneSyncService, option_layer},
};

use super::{
    CallError, Limits, Settings, Transport, TransportError, Without, limits::Guards,
    metered::Metered, transport::Sent,
};

/// Any stack. One type for all of them, at the price of one box a call, which is nothing next
/// to the call.
type Stack = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, Error<TransportError>>;

/// Calls another service.
///
/// # Sharing
///
/// Clones share the connections and the state of the policies.
///
/// # Cancellation
///
/// Dropping the future of [`send`](Self::send) ends the call; what was sent may have had its
/// effect.
#[derive(Clone, Debug)]
pub struct Client {
    stack: Stack,
    limits: Option<Limits>,
    breaker: Option<CircuitBreakerHandle>,
    budget: Option<RetryBudget>,
}

impl Client {
    /// A client of `peer` with no policy at all: it waits as long as the other side lets it wait.
    ///
    /// # Errors
    ///
    /// The transport cannot be set up.
    pub fn bare(peer: &'static str, settings: Settings) -> anyhow::Result<Self> {
        let service = LiftLayer.layer(Metered::new(Transport::new(settings)?, peer));
        let stack = BoxCloneSyncService::new(service);
        Ok(Self { stack, limits: None, breaker: None, budget: None })
    }

    /// A client of `peer` behind all policies but those in `without`, which carry `name`.
    ///
    /// From the outside in: the deadline holds for the call with all its attempts; retry sees
    /// what each attempt came to; the breaker counts every attempt and, once open, refuses the
    /// ones that retry would add; the timeout makes a slow attempt a failed one.
    ///
    /// # Errors
    ///
    /// The transport cannot be set up.
    pub fn guarded(
        peer: &'static str,
        name: Name,
        settings: Settings,
        without: &Without,
    ) -> anyhow::Result<Self> {
        let guards = Guards::new(without)?;
        let limits = guards.limits();
        let deadline = guards.deadline.map(|limit| DeadlineLayer::new(name, limit));
        let budget = guards.budget.map(|config| RetryBudget::token(name, config));
        let retry = guards.retry.map(|config| {
            let retry = RetryLayer::http(name, config);
            match budget.clone() {
                Some(budget) => retry.budget(budget),
                None => retry.without_budget(),
            }
        });
        let breaker = guards.breaker.map(|config| CircuitBreakerLayer::http(name, config));
        let handle = breaker.as_ref().map(CircuitBreakerLayer::handle);
        let timeout = guards.attempt_timeout.map(|limit| TimeoutLayer::new(name, limit));
        let service = ServiceBuilder::new()
            .layer(option_layer(deadline))
            .layer(option_layer(retry))
            .layer(option_layer(breaker))
            .layer(option_layer(timeout))
            .layer(LiftLayer)
            .service(Metered::new(Transport::new(settings)?, peer));
        let stack = BoxCloneSyncService::new(service);
        Ok(Self { stack, limits: Some(limits), breaker: handle, budget })
    }

    /// The limits in force; none without policies.
    pub const fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// What the policies that hold a state look like at this moment.
    pub fn policies(&self) -> Vec<PolicyState> {
        let breaker = self.breaker.iter().map(|breaker| PolicyState::from(&breaker.snapshot()));
        breaker.chain(self.budget.iter().map(PolicyState::from)).collect()
    }

    /// Sends `request`, whose address must be absolute, and reads the whole answer.
    ///
    /// # Errors
    ///
    /// There is no answer. An answer with an error status is an answer.
    pub async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, CallError> {
        let sent = Sent::default();
        request.extensions_mut().insert(sent.clone());
        self.stack.clone().oneshot(request).await.map_err(|error| match error {
            Error::Inner(error) => CallError::Transport(error),
            Error::Rejected(rejected) => rejection(&rejected, &sent),
        })
    }
}

/// A circuit that opens between two attempts refuses the second, but the first was sent.
fn rejection(rejected: &Rejected, sent: &Sent) -> CallError {
    let reason = rejected.reason().as_str();
    let retry_after = rejected.retry_after();
    if rejected.reason().is_unsent() && !sent.is_sent() {
        CallError::Refused { reason, retry_after }
    } else {
        CallError::Ended { reason, retry_after }
    }
}
