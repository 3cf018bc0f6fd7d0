use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

use resilience::{
    AnyError, Classify, Error, Name, Outcome, Reason, Rejected,
    circuit_breaker::{CallPermit, CircuitBreaker, CircuitBreakerHandle, CircuitBreakerLayer},
    http::HttpClassifier,
};
use tokio::{sync::oneshot, task::coop::unconstrained};
use tower::{Layer, Service};

use super::{Came, Settings, Took, Way, came::response};

/// The breaker as a layer around a service that answers when it is told to.
#[derive(Debug)]
pub(crate) struct Layered {
    service: CircuitBreaker<Scripted, ByCase>,
    handle: CircuitBreakerHandle,
    tells_slow: bool,
}

/// A call on its way through the layer.
pub(crate) enum Held {
    Call {
        call: Pending,
        tell: oneshot::Sender<Came>,
    },
    /// A call of a length that no call has: only a permit can be told it.
    Permit(CallPermit),
}

type Answered = Result<Answer, Error<Failed>>;
type Pending = Pin<Box<dyn Future<Output = Answered> + Send>>;

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call { .. } => "Call",
            Self::Permit(_) => "Permit",
        })
    }
}

impl Way for Layered {
    type Held = Held;

    fn new(name: Name, settings: &Settings) -> Self {
        let layer = CircuitBreakerLayer::with_classifier(name, settings.config.clone(), ByCase);
        let tells_slow = settings.config.slow_call().is_some();
        Self { service: layer.layer(Scripted), handle: layer.handle(), tells_slow }
    }

    fn handle(&self) -> &CircuitBreakerHandle {
        &self.handle
    }

    async fn begin(&self, is_measured: bool) -> Result<Held, Rejected> {
        if self.tells_slow && !is_measured {
            return self.handle.try_acquire().map(Held::Permit);
        }
        let mut service = self.service.clone();
        let ready = poll_fn(|cx| service.poll_ready(cx)).await;
        assert!(ready.is_ok(), "the breaker refuses in the response");
        let (tell, told) = oneshot::channel();
        let mut call: Pending = Box::pin(service.call(told));
        match poll_once(&mut call).await {
            Poll::Pending => Ok(Held::Call { call, tell }),
            Poll::Ready(Err(Error::Rejected(rejected))) => Err(rejected),
            Poll::Ready(other) => panic!("a call ended before its service answered: {other:?}"),
        }
    }

    async fn end(held: Held, came: Came, took: Took) {
        match (held, took) {
            (Held::Call { mut call, tell }, _) => {
                assert!(tell.send(came).is_ok(), "the service waits for its answer");
                let ended = poll_once(&mut call).await;
                assert!(ended.is_ready(), "the service has answered, and its caller waits");
            }
            (Held::Permit(permit), Took::Reported(took)) => {
                permit.finish_after(came.outcome(), took);
            }
            (Held::Permit(permit), Took::Measured) => permit.finish(came.outcome()),
        }
    }

    fn release(held: Held) {
        drop(held);
    }
}

async fn poll_once(call: &mut Pending) -> Poll<Answered> {
    // A case may make more calls in a row than the budget of Tokio for one task allows.
    unconstrained(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx)))).await
}

/// Answers each request with what that request is told.
#[derive(Clone, Copy, Debug)]
struct Scripted;

#[derive(Debug)]
pub(crate) enum Answer {
    Plain,
    Http(http::Response<()>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

impl Service<oneshot::Receiver<Came>> for Scripted {
    type Response = Answer;
    type Error = Error<Failed>;
    type Future = Pending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, told: oneshot::Receiver<Came>) -> Pending {
        Box::pin(async move {
            match told.await {
                Ok(Came::Success) => Ok(Answer::Plain),
                Ok(Came::Failure) | Err(_) => Err(Error::Inner(Failed)),
                // As a layer inside does that sends nothing.
                Ok(Came::Ignored) => Err(Error::Rejected(UNSENT)),
                Ok(Came::Status(status)) => Ok(Answer::Http(response(status))),
            }
        })
    }
}

const UNSENT: Rejected =
    Rejected::new(Name::from_static("conformance-inner"), Reason::DeadlineExpired);

/// Goes by the status where there is one.
#[derive(Clone, Copy, Debug)]
struct ByCase;

impl Classify<Answer, Error<Failed>> for ByCase {
    fn classify(&self, result: Result<&Answer, &Error<Failed>>) -> Outcome {
        match result {
            Ok(Answer::Http(response)) => {
                HttpClassifier.classify(Ok::<_, &Error<Failed>>(response))
            }
            other => AnyError.classify(other),
        }
    }
}
