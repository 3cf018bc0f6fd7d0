use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::probe::Probe;

/// Controls when the services that it [probes](Self::probe) are ready, and counts what becomes of
/// it.
///
/// # Sharing
///
/// Clones are one control, for all probes made by it and their clones.
///
/// # Examples
///
/// ```
/// use resilience::{BoxError, test_util::{Readiness, Script}};
/// use tokio_test::{assert_pending, assert_ready_ok, task};
/// use tower::{ServiceExt, limit::ConcurrencyLimit};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let readiness = Readiness::<BoxError>::pending();
/// let script = Script::new([Ok("pong")]);
/// let service = ConcurrencyLimit::new(readiness.probe(script), 1);
///
/// let mut call = task::spawn(service.oneshot("ping"));
/// assert_pending!(call.poll());
/// assert_eq!(readiness.waiting(), 1);
///
/// readiness.release();
/// assert!(call.is_woken());
/// assert_eq!(assert_ready_ok!(call.poll()), "pong");
/// assert_eq!(readiness.reserved(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Readiness<E> {
    shared: Arc<Mutex<Shared<E>>>,
}

struct Shared<E> {
    is_held: bool,
    error: Option<E>,
    polls: usize,
    instances: usize,
    /// What the instances that are not idle do, by their numbers.
    places: BTreeMap<usize, Place>,
}

enum Place {
    Waiting(Waker),
    Reserved,
}

impl<E> Readiness<E> {
    /// Every service is ready when it is asked.
    #[must_use]
    pub fn ready() -> Self {
        Self::new(false)
    }

    /// No service becomes ready before a [`release`](Self::release).
    #[must_use]
    pub fn pending() -> Self {
        Self::new(true)
    }

    fn new(is_held: bool) -> Self {
        let (polls, instances, places) = (0, 0, BTreeMap::new());
        let shared = Shared { is_held, error: None, polls, instances, places };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Puts `inner` under this control.
    #[must_use]
    pub fn probe<S>(&self, inner: S) -> Probe<S, E> {
        Probe::new(inner, self.clone())
    }

    /// Makes services ready from here on, and wakes those that wait.
    pub fn release(&self) {
        let mut shared = self.lock();
        shared.is_held = false;
        wake(shared);
    }

    /// Lets no more services become ready. One that has reported ready stays so until its call.
    pub fn hold(&self) {
        self.lock().is_held = true;
    }

    /// Fails the next `poll_ready`, of whichever instance, with `error`, and wakes those that wait.
    pub fn fail(&self, error: E) {
        let mut shared = self.lock();
        shared.error = Some(error);
        wake(shared);
    }

    /// How often `poll_ready` was called, on all instances.
    pub fn polls(&self) -> usize {
        self.lock().polls
    }

    /// The instances that reported ready and were neither called nor dropped since.
    pub fn reserved(&self) -> usize {
        self.lock().places.values().filter(|place| matches!(place, Place::Reserved)).count()
    }

    /// The instances that reported pending and wait to be woken.
    pub fn waiting(&self) -> usize {
        self.lock().places.values().filter(|place| matches!(place, Place::Waiting(_))).count()
    }

    pub(super) fn next_instance(&self) -> usize {
        let mut shared = self.lock();
        let instance = shared.instances;
        shared.instances += 1;
        instance
    }

    /// What the control says to `instance`; a place is not reserved by this yet.
    pub(super) fn poll(&self, instance: usize, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        let mut shared = self.lock();
        shared.polls += 1;
        if let Some(error) = shared.error.take() {
            shared.places.remove(&instance);
            return Poll::Ready(Err(error));
        }
        let is_reserved = matches!(shared.places.get(&instance), Some(Place::Reserved));
        if shared.is_held && !is_reserved {
            shared.places.insert(instance, Place::Waiting(cx.waker().clone()));
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn reserve(&self, instance: usize) {
        self.lock().places.insert(instance, Place::Reserved);
    }

    /// Ends what `instance` waits for or has reserved; tells whether it had.
    pub(super) fn give_back(&self, instance: usize) -> bool {
        let place = self.lock().places.remove(&instance);
        matches!(place, Some(Place::Reserved))
    }

    /// The instances that are ready.
    pub(super) fn ready_instances(&self) -> Vec<usize> {
        let shared = self.lock();
        let reserved = |(instance, place): (&usize, &Place)| {
            matches!(place, Place::Reserved).then_some(*instance)
        };
        shared.places.iter().filter_map(reserved).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shared<E>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes who waits, outside the lock: a waker is foreign code.
fn wake<E>(mut shared: MutexGuard<'_, Shared<E>>) {
    let is_waiting = |_: &usize, place: &mut Place| matches!(place, Place::Waiting(_));
    let waiting: Vec<_> = shared.places.extract_if(.., is_waiting).collect();
    drop(shared);
    for (_, place) in waiting {
        if let Place::Waiting(waker) = place {
            waker.wake();
        }
    }
}

impl<E> Clone for Readiness<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<E> Default for Readiness<E> {
    fn default() -> Self {
        Self::ready()
    }
}

impl<E> fmt::Debug for Readiness<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness")
            .field("polls", &self.polls())
            .field("reserved", &self.reserved())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
