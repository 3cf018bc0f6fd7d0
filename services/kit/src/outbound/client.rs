//! The client that a service holds.

use bytes::Bytes;
use http::{Request, Response};
use resilience::{
    Error, Name, Rejected,
    budget::RetryBudget,
    circuit_breaker::CircuitBreakerHandle,
    lift::LiftLayer,
    settings::{StackHandle, StackSettings},
    trace::TraceLayer,
    wire::PolicyState,
};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, util::BoxCloneSyncService};

use super::{
    CallError, Limits, Settings, Transport, TransportError, Without, limits, metered::Metered,
    transport::Sent,
};
use crate::{process::BadConfig, telemetry::inject};

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
    running: Option<StackHandle>,
}

impl Client {
    /// A client of `peer` with no policy at all: it waits as long as the other side lets it wait. Its
    /// spans carry `name`.
    ///
    /// # Errors
    ///
    /// The transport cannot be set up.
    pub fn bare(peer: &'static str, name: Name, settings: Settings) -> anyhow::Result<Self> {
        let lifted = LiftLayer.layer(Metered::new(Transport::new(settings)?, peer));
        let service = TraceLayer::http(name).context(inject).layer(lifted);
        let stack = BoxCloneSyncService::new(service);
        Ok(Self { stack, limits: None, breaker: None, budget: None, running: None })
    }

    /// A client of `peer` behind all policies but those in `without`, which carry `name` and go by
    /// `policies`, or by those that this program was built with.
    ///
    /// From the outside in: the deadline holds for the call with all its attempts; retry sees
    /// what each attempt came to; each has a span, which goes out with it; the breaker counts every attempt and, once open, refuses the
    /// ones that retry would add; the timeout makes a slow attempt a failed one.
    ///
    /// # Errors
    ///
    /// The policies contradict each other, or the transport cannot be set up.
    pub fn guarded(
        peer: &'static str,
        name: Name,
        settings: Settings,
        without: &Without,
        policies: Option<StackSettings>,
    ) -> anyhow::Result<Self> {
        let policies = policies.map_or_else(limits::defaults, Ok)?;
        let policies = limits::leave_out(policies, without)
            .build(name)
            .map_err(|errors| BadConfig(format!("the policies are wrong: {errors}")))?;
        let limits = Limits::of(&policies);
        let policies = policies.around_attempts(TraceLayer::http(name).context(inject));
        let service = ServiceBuilder::new()
            .layer(&policies)
            .layer(LiftLayer)
            .service(Metered::new(Transport::new(settings)?, peer));
        Ok(Self {
            stack: BoxCloneSyncService::new(service),
            limits: Some(limits),
            breaker: policies.breaker(),
            budget: policies.budget().cloned(),
            running: Some(policies.handle()),
        })
    }

    /// Changes the policies while calls run; none without policies.
    pub const fn running(&self) -> Option<&StackHandle> {
        self.running.as_ref()
    }

    /// The limits at the start; none without policies.
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
