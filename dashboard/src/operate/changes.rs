//! The last changes of a service's policies, read from its stream.

use std::{collections::VecDeque, future::pending};

use reqwest::Response;
use resilience::wire::EventState;
use tokio::time::Instant;

/// The changes that are kept.
const MOST: usize = 12;

/// The longest event that is waited for, in bytes; a stream with a longer one is given up.
const LONGEST: usize = 64 * 1024;

/// The last changes of a service's policies.
///
/// A service that was started anew counts its events anew, so each stream is read from its
/// beginning.
#[derive(Debug, Default)]
pub(super) struct Changes {
    stream: Option<Response>,
    /// What was read and is no whole event yet.
    rest: Vec<u8>,
    /// The newest first, each with the time at which it had the age that it tells.
    last: VecDeque<(Instant, EventState)>,
}

impl Changes {
    /// Whether there is a stream to read from.
    pub(super) const fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Reads from `stream` in place of what was read before.
    pub(super) fn open(&mut self, stream: Response) {
        *self = Self { stream: Some(stream), ..Self::default() };
    }

    /// Reads what comes next; without a stream, waits for ever.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost: what was read is kept.
    pub(super) async fn read(&mut self) {
        let Some(stream) = &mut self.stream else { return pending().await };
        match stream.chunk().await {
            Ok(Some(part)) => self.take(&part, Instant::now()),
            Ok(None) | Err(_) => self.stream = None,
        }
    }

    fn take(&mut self, part: &[u8], now: Instant) {
        self.rest.extend_from_slice(part);
        while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<_> = self.rest.drain(..end + 2).collect();
            if let Some(change) = change(&event) {
                self.last.push_front((now, change));
                self.last.truncate(MOST);
            }
        }
        if self.rest.len() > LONGEST {
            *self = Self { last: std::mem::take(&mut self.last), ..Self::default() };
        }
    }

    /// The changes with their age at `now`, the newest first.
    pub(super) fn at(&self, now: Instant) -> VecDeque<EventState> {
        let aged = |(told, change): &(Instant, EventState)| EventState {
            // Whatever a service tells of its age.
            ago: change.ago.saturating_add(now.saturating_duration_since(*told)),
            ..change.clone()
        };
        self.last.iter().map(aged).collect()
    }
}

/// The change in an event of a stream, if that is what it tells.
fn change(event: &[u8]) -> Option<EventState> {
    let event = str::from_utf8(event).ok()?;
    let data = event.lines().find_map(|line| line.strip_prefix("data:"))?;
    serde_json::from_str(data.trim_start()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Changes, Instant, LONGEST, MOST};

    fn event(id: u64) -> String {
        format!(
            "id: {id}\nevent: change\ndata: {{\"id\":{id},\"policy\":\"users-api\",\"ago\":\"2s\",\
             \"event\":\"commanded\",\"kind\":\"retry\",\"command\":\"switch_off\",\"by\":\"ann\"}}\n\n"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn changes_are_read_in_whatever_parts_they_come_and_grow_older() {
        let mut changes = Changes::default();
        let now = Instant::now();
        for byte in format!("{}: a comment\n\n{}", event(1), event(2)).bytes() {
            changes.take(&[byte], now);
        }
        let told = changes.at(now + Duration::from_secs(3));
        assert_eq!(told.iter().map(|change| change.id).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(told[0].ago, Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_last_are_kept_and_an_event_without_end_is_not_waited_for() {
        let mut changes = Changes::default();
        let now = Instant::now();
        for id in 0..100 {
            changes.take(event(id).as_bytes(), now);
        }
        assert_eq!(changes.at(now).len(), MOST);
        assert_eq!(changes.at(now)[0].id, 99);
        changes.take(&vec![b'x'; LONGEST + 1], now);
        assert!(changes.rest.is_empty() && !changes.is_open());
        assert_eq!(changes.at(now).len(), MOST, "what was told stays");
    }
}
