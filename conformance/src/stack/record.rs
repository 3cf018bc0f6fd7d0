use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use resilience::{Event, GaveUp, Listener, Rejected};
use serde_json::Value;
use tokio::{
    task::JoinHandle,
    time::{Duration, Instant},
};
use tower::ServiceExt;

use super::{Answer, Ask, Failure, Service, status, word};
use crate::run::{millis, settle};

/// What is seen of a call and its layers.
#[derive(Debug, Default)]
pub(crate) struct Record {
    events: Mutex<Vec<Event>>,
    dropped: AtomicU32,
    attempts: AtomicU32,
}

impl Record {
    /// A listener that writes here.
    pub(crate) fn listener(self: &Arc<Self>) -> Listener {
        let record = Arc::clone(self);
        Listener::new(move |event| record.lock().push(event.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answer_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Retry makes an attempt, whether or not it reaches the service.
    pub(super) fn attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// The attempts that retry has made.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Answers that nobody holds any more.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The retries, each with the number of its attempt and the wait before it.
    pub(crate) fn retries(&self) -> Vec<(u32, Duration)> {
        let events = self.lock();
        let retries = events.iter().filter_map(|event| match event {
            Event::Retried { attempt, delay, .. } => Some((*attempt, *delay)),
            _ => None,
        });
        retries.collect()
    }

    /// How often retrying ended for `reason`.
    pub(crate) fn gave_up(&self, reason: GaveUp) -> usize {
        let is_it = |event: &&Event| matches!(event, Event::GaveUp { reason: other, .. } if *other == reason);
        self.lock().iter().filter(is_it).count()
    }

    /// How many limits of time have passed.
    pub(crate) fn timeouts(&self) -> usize {
        self.lock().iter().filter(|event| matches!(event, Event::TimedOut { .. })).count()
    }
}

type Ended = Arc<Mutex<Option<(Instant, Result<Answer, Failure>)>>>;

/// A call on its way through the layers.
#[derive(Debug)]
pub(crate) struct Call {
    /// When the case began.
    start: Instant,
    task: JoinHandle<()>,
    ended: Ended,
    cancelled: bool,
}

impl Call {
    /// Begins a call of `service`, in a case that began at `start`.
    pub(crate) fn begin(service: Service, start: Instant) -> Self {
        let ended = Ended::default();
        let sink = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            let result = service.oneshot(Ask::default()).await;
            *sink.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), result));
        });
        Self { start, task, ended, cancelled: false }
    }

    /// The caller drops the call.
    pub(crate) async fn cancel(&mut self) {
        self.cancelled = !self.has_ended();
        self.task.abort();
        settle().await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Waits for the end; the clock moves on meanwhile.
    pub(crate) async fn end(&mut self) {
        const LONGEST: Duration = Duration::from_hours(24);
        if self.task.is_finished() {
            return;
        }
        // One that is longer has hung, and the look that follows tells so.
        let _ = tokio::time::timeout(LONGEST, &mut self.task).await;
    }

    /// What came of it, in the words of a case; null while it runs.
    pub(crate) fn result(&self, of_timeout: &'static str, of_deadline: &'static str) -> Value {
        if self.cancelled {
            return "cancelled".into();
        }
        self.with(|_, result| word(result, of_timeout, of_deadline).into())
    }

    /// The status that the caller got.
    pub(crate) fn status(&self) -> Value {
        self.with(|_, result| status(result))
    }

    /// The rejection that the caller got.
    pub(crate) fn rejected<T: Into<Value>>(&self, read: impl Fn(&Rejected) -> Option<T>) -> Value {
        self.with(|_, result| match result {
            Err(Failure::Rejected(rejected)) => read(rejected).map_or(Value::Null, Into::into),
            _ => Value::Null,
        })
    }

    /// When it ended, in milliseconds since the case began.
    pub(crate) fn completed_at(&self) -> Value {
        self.with(|at, _| millis(at - self.start))
    }

    fn with(&self, read: impl FnOnce(Instant, &Result<Answer, Failure>) -> Value) -> Value {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.as_ref().map_or(Value::Null, |(at, result)| read(*at, result))
    }
}
