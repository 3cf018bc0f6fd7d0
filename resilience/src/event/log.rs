//! The last changes of all policies, for those who come later or read slowly.
//!
//! What happens to single calls, such as a retry, is counted and not kept here: in an outage it
//! would push out the changes that explain it.

use std::{
    collections::VecDeque,
    sync::{Mutex, OnceLock, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use super::Event;
use crate::{registry, time};

/// The events that are kept, which take 128 KiB.
pub(crate) const KEPT: usize = 1_024;

/// An event and when it was told.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// One more than that of the event before.
    pub(crate) id: u64,
    pub(crate) at: Instant,
    pub(crate) event: Event,
}

/// What a reader finds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The oldest first.
    pub(crate) events: Vec<Logged>,
    /// Those between what the reader knows and the first of these.
    pub(crate) lost: u64,
}

/// A ring: whoever reads too slowly loses the oldest, and nothing waits for a reader.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    ring: Mutex<Ring>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Logged>,
    /// What the numbers of this process begin after.
    none: u64,
    last: u64,
}

/// There is one once somebody wants to read: until then an event costs a load.
static LOG: OnceLock<EventLog> = OnceLock::new();

/// The log of this process, kept from the first time that this is asked for.
pub(crate) fn log() -> &'static EventLog {
    LOG.get_or_init(|| EventLog::after_number(registry::first_number()))
}

/// Notes a change, if somebody has asked for the log.
pub(super) fn note(event: &Event) {
    let is_change = matches!(
        event,
        Event::StateChanged { .. }
            | Event::RuleMet { .. }
            | Event::SettingsChanged { .. }
            | Event::Commanded { .. }
            | Event::FaultArmed { .. }
            | Event::FaultEnded { .. }
    );
    if let Some(log) = LOG.get().filter(|_| is_change) {
        log.add(event.clone(), time::read());
    }
}

impl Ring {
    /// `after`, if it is a number of this process: another one is from before a restart.
    fn known(&self, after: u64) -> u64 {
        if (self.none..=self.last).contains(&after) { after } else { self.none }
    }
}

impl EventLog {
    fn after_number(none: u64) -> Self {
        let ring = Ring { none, last: none, ..Ring::default() };
        Self { ring: Mutex::new(ring), news: Notify::new() }
    }

    pub(crate) fn add(&self, event: Event, at: Instant) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.last += 1;
        let id = ring.last;
        if ring.events.len() == KEPT {
            ring.events.pop_front();
        }
        ring.events.push_back(Logged { id, at, event });
        drop(ring);
        self.news.notify_waiters();
    }

    /// At most `most` of the events after the one with the number `after`.
    pub(crate) fn after(&self, after: u64, most: usize) -> Found {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let after = ring.known(after);
        let first = ring.events.front().map_or(0, |event| event.id);
        let lost = first.saturating_sub(after + 1);
        let skipped = usize::try_from((after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let events = ring.events.iter().skip(skipped).take(most).cloned().collect();
        Found { events, lost }
    }

    /// The number of the last event; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// Ends when there is an event after the one with the number `after`.
    pub(crate) async fn wait(&self, after: u64) {
        let after = self.ring.lock().unwrap_or_else(PoisonError::into_inner).known(after);
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if self.last() != after {
                return;
            }
            news.await;
        }
    }
}

/// For tests of the ring of the process, which one that fills it would disturb.
#[cfg(test)]
pub(crate) static ALONE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use tokio_test::{assert_pending, task};

    use super::{Event, EventLog, KEPT};
    use crate::name::Name;

    fn event(fault: &'static str) -> Event {
        Event::FaultInjected { name: Name::from_static("log"), fault }
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_too_slowly_loses_the_oldest_and_is_told_how_many() {
        let log = EventLog::default();
        assert_eq!(log.after(0, 9).lost, 0);
        (0..KEPT + 10).for_each(|_| log.add(event("latency"), Instant::now()));
        let found = log.after(3, usize::MAX);
        assert_eq!((found.events.len(), found.lost), (KEPT, 7), "4 to 10 are gone");
        assert_eq!(found.events[0].id, 11);
        let found = log.after(20, 5);
        assert_eq!((found.events[0].id, found.events.len(), found.lost), (21, 5, 0));
        let last = log.last();
        assert!(log.after(last, 9).events.is_empty());
        let found = log.after(last + 1, 1);
        assert_eq!((found.events[0].id, found.lost), (11, 10), "a number of another process");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken_by_the_next_event() {
        let log = EventLog::default();
        let mut waiting = task::spawn(log.wait(0));
        assert_pending!(waiting.poll());
        log.add(event("abort"), Instant::now());
        assert!(waiting.is_woken() && waiting.poll().is_ready());
        assert!(task::spawn(log.wait(0)).poll().is_ready(), "it is there already");
        assert_pending!(task::spawn(log.wait(1)).poll());
        assert!(task::spawn(log.wait(9)).poll().is_ready(), "it is of another process");
        assert_pending!(task::spawn(EventLog::default().wait(9)).poll(), "which had more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_number_from_before_a_restart_leads_to_the_beginning_of_this_process() {
        let log = EventLog::after_number(1_000);
        log.add(event("abort"), Instant::now());
        for of_another in [0, 5, 999, 1_000, 5_000] {
            let found = log.after(of_another, 9);
            assert_eq!((found.events.len(), found.lost), (1, 0), "{of_another}");
        }
        assert!(log.after(1_001, 9).events.is_empty());
    }
}
