use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tower_service::Service;

use super::Failure;

/// What calls of one lane do when they are polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// They answer.
    Answer,
    /// They fail.
    Fail,
    /// They wait until their lane does something else.
    Pend,
    /// They panic.
    Panic,
}

const MODES: [Mode; 4] = [Mode::Answer, Mode::Fail, Mode::Pend, Mode::Panic];
const LANES: usize = 3;

/// Tells a [`Scripted`] service what to do. The number of a request is its lane.
#[derive(Debug, Default)]
pub(crate) struct Script {
    lanes: [AtomicU8; LANES],
    polled: AtomicU64,
    misused: AtomicU64,
}

impl Script {
    /// Sets what calls of `lane` do, those that have begun among them.
    pub(crate) fn set(&self, lane: u64, mode: Mode) {
        self.lane(lane).store(mode as u8, Ordering::SeqCst);
    }

    /// How many calls came so far as to be polled.
    pub(crate) fn polled(&self) -> u64 {
        self.polled.load(Ordering::SeqCst)
    }

    /// How many calls were made of an instance that had not been asked whether it is ready.
    pub(crate) fn misused(&self) -> u64 {
        self.misused.load(Ordering::SeqCst)
    }

    fn lane(&self, lane: u64) -> &AtomicU8 {
        &self.lanes[usize::try_from(lane).unwrap_or(usize::MAX)]
    }
}

/// A service that does as its [`Script`] says.
pub(crate) struct Scripted<E> {
    script: Arc<Script>,
    is_ready: bool,
    error: PhantomData<fn() -> E>,
}

impl<E> Scripted<E> {
    pub(crate) const fn new(script: Arc<Script>) -> Self {
        Self { script, is_ready: false, error: PhantomData }
    }
}

impl<E> Clone for Scripted<E> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.script))
    }
}

impl<E: Failure> Service<u64> for Scripted<E> {
    type Response = u64;
    type Error = E;
    type Future = Played<E>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, lane: u64) -> Self::Future {
        if !std::mem::take(&mut self.is_ready) {
            self.script.misused.fetch_add(1, Ordering::SeqCst);
        }
        Played { script: Arc::clone(&self.script), lane, is_new: true, error: PhantomData }
    }
}

/// A call of a [`Scripted`] service.
pub(crate) struct Played<E> {
    script: Arc<Script>,
    lane: u64,
    is_new: bool,
    error: PhantomData<fn() -> E>,
}

impl<E: Failure> Future for Played<E> {
    type Output = Result<u64, E>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.is_new) {
            self.script.polled.fetch_add(1, Ordering::SeqCst);
        }
        let mode = self.script.lane(self.lane).load(Ordering::SeqCst);
        match MODES[usize::from(mode)] {
            Mode::Answer => Poll::Ready(Ok(self.lane + 1)),
            Mode::Fail => Poll::Ready(Err(E::down())),
            Mode::Pend => Poll::Pending,
            Mode::Panic => panic!("as the script says"),
        }
    }
}
