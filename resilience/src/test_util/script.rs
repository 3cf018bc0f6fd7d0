use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tower_service::Service;

use super::{
    answer::{Answer, End},
    future::ResponseFuture,
    traffic::Traffic,
};

/// A service that answers by a list and records what it was asked.
///
/// It is always ready; give it to [`Readiness::probe`](super::Readiness::probe) to hold that back.
/// Keep a clone to look at what happened.
///
/// # Sharing
///
/// Clones answer from one list and record into one place. Each has a number of its own, counted
/// from 0 in the order in which they were made, so that a test can tell
/// [which clone](Self::instances) was called.
///
/// # Panics
///
/// `call` panics when the list is used up, naming how many calls were expected, and when the
/// answer is [`Answer::panic_in_call`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{BoxError, test_util::{Answer, Script}};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let late = Answer::ok(2).after(Duration::from_secs(1));
/// let script = Script::<_, _, BoxError>::new([Answer::ok(1), late]);
/// assert_eq!(script.clone().oneshot("a").await?, 1);
/// assert_eq!(script.clone().oneshot("b").await?, 2);
/// assert_eq!(script.requests(), ["a", "b"]);
/// assert_eq!(script.unused(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Script<Request, T, E> {
    shared: Arc<Shared<Request, T, E>>,
    instance: usize,
}

struct Shared<Request, T, E> {
    instances: AtomicUsize,
    traffic: Traffic,
    plot: Mutex<Plot<Request, T, E>>,
}

struct Plot<Request, T, E> {
    listed: usize,
    answers: VecDeque<Answer<T, E>>,
    rest: Option<Arc<dyn Fn() -> Answer<T, E> + Send + Sync>>,
    calls: Vec<(usize, Request)>,
}

impl<Request, T, E> Script<Request, T, E> {
    /// Answers the calls with `answers`, in the order in which they come.
    ///
    /// A call beyond the last answer panics, unless [`then`](Self::then) says what to do.
    #[must_use]
    pub fn new<A>(answers: impl IntoIterator<Item = A>) -> Self
    where
        A: Into<Answer<T, E>>,
    {
        Self::of(answers.into_iter().map(Into::into).collect())
    }

    /// Answers every call with what `answer` makes.
    #[must_use]
    pub fn always(answer: impl Fn() -> Answer<T, E> + Send + Sync + 'static) -> Self {
        Self::of(VecDeque::new()).then(answer)
    }

    fn of(answers: VecDeque<Answer<T, E>>) -> Self {
        let listed = answers.len();
        let plot = Mutex::new(Plot { listed, answers, rest: None, calls: Vec::new() });
        let shared = Shared { instances: AtomicUsize::new(1), traffic: Traffic::default(), plot };
        Self { shared: Arc::new(shared), instance: 0 }
    }

    /// Answers every call beyond the list with what `answer` makes, for all clones.
    #[must_use]
    pub fn then(self, answer: impl Fn() -> Answer<T, E> + Send + Sync + 'static) -> Self {
        self.lock().rest = Some(Arc::new(answer));
        self
    }

    /// The number of calls, of all clones.
    pub fn calls(&self) -> usize {
        self.lock().calls.len()
    }

    /// The requests of all clones, in the order in which they came.
    pub fn requests(&self) -> Vec<Request>
    where
        Request: Clone,
    {
        self.lock().calls.iter().map(|(_, request)| request.clone()).collect()
    }

    /// For each call the number of the clone that got it.
    pub fn instances(&self) -> Vec<usize> {
        self.lock().calls.iter().map(|(instance, _)| *instance).collect()
    }

    /// The number of this clone.
    pub const fn instance(&self) -> usize {
        self.instance
    }

    /// The calls whose future has neither ended nor been dropped.
    pub fn in_flight(&self) -> usize {
        self.shared.traffic.counts().in_flight
    }

    /// The most calls that were in flight at the same time.
    pub fn most_in_flight(&self) -> usize {
        self.shared.traffic.counts().most
    }

    /// The calls whose future was dropped before it ended.
    pub fn dropped(&self) -> usize {
        self.shared.traffic.counts().dropped
    }

    /// The listed answers that no call has asked for.
    pub fn unused(&self) -> usize {
        self.lock().answers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Plot<Request, T, E>> {
        self.shared.plot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the call and finds its answer.
    fn answer(&self, request: Request) -> Answer<T, E> {
        let mut plot = self.lock();
        plot.calls.push((self.instance, request));
        let (listed, call) = (plot.listed, plot.calls.len());
        let (answer, rest) = (plot.answers.pop_front(), plot.rest.clone());
        // What follows is foreign code or a panic.
        drop(plot);
        answer.or_else(|| rest.map(|rest| rest())).unwrap_or_else(|| {
            panic!(
                "script: at most {listed} calls were expected, and this is call {call}, of clone {}; \
                 list another answer, or say with `then` what follows",
                self.instance,
            )
        })
    }
}

impl<Request, T, E> Clone for Script<Request, T, E> {
    fn clone(&self) -> Self {
        let instance = self.shared.instances.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared), instance }
    }
}

impl<Request, T, E> Service<Request> for Script<Request, T, E> {
    type Response = T;
    type Error = E;
    type Future = ResponseFuture<T, E>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answer = self.answer(request);
        assert!(!matches!(answer.end, End::PanicInCall), "scripted panic in call");
        ResponseFuture::new(answer, self.shared.traffic.begin())
    }
}

impl<Request, T, E> fmt::Debug for Script<Request, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("instance", &self.instance)
            .field("calls", &self.calls())
            .field("unused", &self.unused())
            .finish_non_exhaustive()
    }
}
