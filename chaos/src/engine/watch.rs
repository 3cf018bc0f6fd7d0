use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::event_log::EventLog;
use super::{Counts, Progress};
use crate::experiment::PerGroup;
use crate::load::Tally;
use crate::probe::{breaker, scrape};

/// How often the breaker is looked at and progress is told.
const EVERY: Duration = Duration::from_millis(200);

/// What a watch needs.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) http: reqwest::Client,
    /// The guarded service's metrics.
    pub(super) metrics: String,
    pub(super) origin: Instant,
    pub(super) tallies: PerGroup<Arc<Tally>>,
    pub(super) log: EventLog,
    pub(super) progress: Arc<dyn Progress>,
}

impl Watch {
    /// Notes each change of the breaker and tells progress, until it is dropped.
    pub(super) async fn run(self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        loop {
            ticks.tick().await;
            let counts = PerGroup::build(|group| {
                let tally = self.tallies.of(group);
                Counts { acknowledged: tally.acknowledged(), other: tally.other() }
            });
            self.progress.tick(Instant::now().saturating_duration_since(self.origin), counts);
            // A scrape that fails says nothing about the breaker.
            let Ok(scrape) = scrape(&self.http, &self.metrics).await else { continue };
            let state = breaker(&scrape);
            if state != last
                && let Some(state) = &state
            {
                self.log.note(format!("the breaker of the guarded service is {}", state.0));
            }
            last = state.or(last);
        }
    }
}
