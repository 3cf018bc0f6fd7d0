use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use resilience::{Carried, Carry};
use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

use super::{Answer, Failure, Outcome, Record};

/// The request: all that matters of it is what it carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask(Carried);

impl Carry for Ask {
    fn carried(&self) -> Carried {
        self.0
    }

    fn set_carried(&mut self, carried: Carried) {
        self.0 = carried;
    }
}

/// What the attempts do, in order; the last one of each list goes on for those beyond it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) takes: Vec<Duration>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Plan {
    /// How long an attempt takes, by its number from 0.
    pub(crate) fn takes(&self, attempt: usize) -> Duration {
        self.takes.get(attempt).or(self.takes.last()).copied().unwrap_or_default()
    }

    /// What it yields.
    pub(crate) fn outcome(&self, attempt: usize) -> Option<Outcome> {
        self.outcomes.get(attempt).or(self.outcomes.last()).cloned()
    }
}

/// The most attempts of a case that are answered.
const MOST: usize = 100_000;

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Cancelled,
    Done,
}

impl Progress {
    /// The word of a case.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }
}

/// A service whose attempts do what they are told, from a plan or one by one.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    shared: Arc<Shared>,
    record: Arc<Record>,
}

#[derive(Debug)]
struct Shared {
    started: watch::Sender<usize>,
    plan: watch::Sender<Plan>,
    /// Whether outcomes come one by one, so that an attempt waits for its own.
    waits: Mutex<bool>,
    progress: Mutex<Option<Progress>>,
}

impl Script {
    pub(crate) fn new(record: Arc<Record>) -> Self {
        let shared = Shared {
            started: watch::Sender::new(0),
            plan: watch::Sender::new(Plan::default()),
            waits: Mutex::new(false),
            progress: Mutex::new(None),
        };
        Self { shared: Arc::new(shared), record }
    }

    /// All attempts are told at once.
    pub(crate) fn follow(&self, plan: Plan) {
        self.shared.plan.send_replace(plan);
    }

    /// Attempt `number`, from 1, is told what to yield; those after it wait.
    pub(crate) fn tell(&self, number: usize, outcome: Outcome) {
        self.wait();
        self.shared.plan.send_modify(|plan| {
            // Those before it that were told nothing are over.
            let count = number.saturating_sub(1).max(plan.outcomes.len());
            plan.outcomes.resize(count, outcome.clone());
            plan.outcomes.push(outcome);
        });
    }

    /// Attempts wait to be told.
    pub(crate) fn wait(&self) {
        *self.shared.waits.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// The attempts that have started.
    pub(crate) fn started(&self) -> usize {
        *self.shared.started.borrow()
    }

    /// Waits until `count` attempts have started.
    pub(crate) async fn has_started(&self, count: usize) {
        let mut started = self.shared.started.subscribe();
        // The sender lives as long as this does.
        let _ = started.wait_for(|&started| started >= count).await;
    }

    /// Where the newest attempt is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl tower::Service<Ask> for Script {
    type Response = Answer;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Ask) -> Self::Future {
        let Self { shared, record } = self.clone();
        let mut attempt = 0;
        shared.started.send_modify(|started| {
            attempt = *started;
            *started += 1;
        });
        let running = Running::begin(&shared);
        let waits = *shared.waits.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(async move {
            if attempt >= MOST {
                // It would go on for ever, in no time at all: the look that follows tells so.
                pending::<()>().await;
            }
            let mut plans = shared.plan.subscribe();
            let needed = if waits { attempt + 1 } else { 0 };
            let plan = plans.wait_for(|plan| plan.outcomes.len() >= needed).await;
            let plan = plan.map_or_else(|_| Plan::default(), |plan| plan.clone());
            let takes = plan.takes(attempt);
            if !takes.is_zero() {
                sleep(takes).await;
            }
            running.done();
            let outcome = plan.outcome(attempt);
            // A plan names one at least; the caller of a case without any gets an error.
            outcome.unwrap_or(Outcome::FINAL).come(&record)
        })
    }
}

/// An attempt that runs; dropped before its end it was cancelled.
struct Running(Option<Arc<Shared>>);

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        *shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(Progress::Running);
        Self(Some(Arc::clone(shared)))
    }

    fn done(mut self) {
        self.end(Progress::Done);
    }

    fn end(&mut self, progress: Progress) {
        if let Some(shared) = self.0.take() {
            *shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Progress::Cancelled);
    }
}
