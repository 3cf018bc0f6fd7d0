//! A layer around a scripted service whose readiness is probed.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::http::Response;
use resilience::{
    Carried, Carry,
    test_util::{Answer, Probe, Readiness, Script, run_until},
};
use tokio::time::Instant;
use tokio_test::{assert_ready_ok, task};
use tower::{Service, ServiceExt};
use tower_layer::Layer;

use super::failure::Failure;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_hours(1);

/// A request that can carry what layers have to say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ping {
    carried: Carried,
    pub(crate) wants_refusal: bool,
}

impl Ping {
    pub(crate) fn due(at: Instant) -> Self {
        let mut ping = Self::default();
        ping.carried.deadline = Some(at);
        ping
    }

    pub(crate) fn refused() -> Self {
        Self { wants_refusal: true, ..Self::default() }
    }
}

impl Carry for Ping {
    fn carried(&self) -> Carried {
        self.carried
    }

    fn set_carried(&mut self, carried: Carried) {
        self.carried = carried;
    }
}

/// A response that every layer can make, the one that answers for others included.
pub(crate) type Reply = Response<String>;

pub(crate) type Inner<E> = Probe<Script<Ping, Reply, E>, E>;

/// What every service of a layer is.
pub(crate) trait Layered:
    Service<Ping, Response = Reply, Error: Failure, Future: Send> + Clone + Send
{
}

impl<S> Layered for S where
    S: Service<Ping, Response = Reply, Error: Failure, Future: Send> + Clone + Send
{
}

/// A service made by a layer, and what there is to see of the one inside.
pub(crate) struct Stage<S, E> {
    pub(crate) service: S,
    pub(crate) script: Script<Ping, Reply, E>,
    pub(crate) readiness: Readiness<E>,
}

pub(crate) type Call<S> = Pin<Box<<S as Service<Ping>>::Future>>;

impl<S: Layered, E: Failure> Stage<S, E> {
    /// The service inside gives `answers` and then always `pong`.
    pub(crate) fn new<L>(layer: &L, answers: impl IntoIterator<Item = Answer<Reply, E>>) -> Self
    where
        L: Layer<Inner<E>, Service = S>,
    {
        Self::with_script(layer, Script::new(answers).then(pong))
    }

    pub(crate) fn with_script<L>(layer: &L, script: Script<Ping, Reply, E>) -> Self
    where
        L: Layer<Inner<E>, Service = S>,
    {
        let readiness = Readiness::ready();
        let service = layer.layer(readiness.probe(script.clone()));
        Self { service, script, readiness }
    }

    /// Finds the service ready, at once.
    pub(crate) fn make_ready(&mut self) {
        assert_ready_ok!(task::spawn(()).enter(|cx, _| self.service.poll_ready(cx)));
    }

    /// A call after readiness, not polled yet.
    pub(crate) fn begin(&mut self) -> Call<S> {
        self.make_ready();
        Box::pin(self.service.call(Ping::default()))
    }

    /// Nothing of the service inside is in use.
    #[track_caller]
    pub(crate) fn assert_idle(&self) {
        assert_eq!(self.script.in_flight(), 0, "calls in flight");
        assert_eq!(self.readiness.reserved(), 0, "reservations held");
        assert_eq!(self.readiness.waiting(), 0, "instances that wait for readiness");
    }

    /// The same service takes another call and answers it, and nothing stays in use.
    pub(crate) async fn assert_works(&mut self) {
        self.assert_idle();
        self.readiness.release();
        end_of(Box::pin(self.service.ready())).await.expect("the service becomes ready");
        let call = Box::pin(self.service.call(Ping::default()));
        assert_pong(&end_of(call).await);
        self.assert_idle();
    }
}

/// What `call` comes to, whatever virtual time that takes.
pub(crate) async fn end_of<F: Future>(mut call: Pin<Box<F>>) -> F::Output {
    run_until(Instant::now() + LONG, call.as_mut()).await.expect("the call ends")
}

pub(crate) fn pong<E>() -> Answer<Reply, E> {
    Answer::ok(Response::new("pong".to_owned()))
}

pub(crate) fn broken<E: Failure>() -> Answer<Reply, E> {
    Answer::err(E::broken(7))
}

#[track_caller]
pub(crate) fn assert_pong<E: fmt::Debug>(result: &Result<Reply, E>) {
    let answer = result.as_ref().map(|reply| reply.body().as_str());
    assert_eq!(answer.expect("the service answers"), "pong");
}

/// A task that polls what several tasks share.
pub(crate) struct Task(task::Spawn<()>);

impl Task {
    pub(crate) fn new() -> Self {
        Self(task::spawn(()))
    }

    pub(crate) fn poll<T>(&mut self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.0.enter(|cx, _| poll(cx))
    }

    pub(crate) fn poll_call<F: Future>(&mut self, call: &mut Pin<Box<F>>) -> Poll<F::Output> {
        self.poll(|cx| call.as_mut().poll(cx))
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.is_woken()
    }
}
