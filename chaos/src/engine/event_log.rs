use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::Progress;
use crate::measure::Event;

/// Collects events with their time, and tells them as they come.
#[derive(Clone, Debug)]
pub(super) struct EventLog {
    origin: Instant,
    events: Arc<Mutex<Vec<Event>>>,
    progress: Arc<dyn Progress>,
}

impl EventLog {
    /// Counts times from `origin`.
    pub(super) fn new(origin: Instant, progress: Arc<dyn Progress>) -> Self {
        Self { origin, events: Arc::default(), progress }
    }

    /// Notes that `what` happened at this moment.
    pub(super) fn note(&self, what: String) {
        self.progress.note(&what);
        let at = Instant::now().saturating_duration_since(self.origin);
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(Event::new(at, what));
    }

    /// The events so far, in the order in which they came.
    pub(super) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
