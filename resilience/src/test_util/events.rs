use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::{Event, Listener, State};

/// Records what policies report.
///
/// # Sharing
///
/// Clones, and all listeners made by them, record into one list.
///
/// # Examples
///
/// ```
/// use std::{io, time::Duration};
/// use resilience::{Error, Event, Name, lift::LiftLayer, test_util::{Events, Script, Answer}};
/// use resilience::timeout::TimeoutLayer;
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let events = Events::new();
/// let timeout = TimeoutLayer::new(Name::from_static("stock"), Duration::from_millis(250))
///     .on_event(events.listener());
/// let script = Script::<_, (), io::Error>::new([Answer::never()]);
///
/// assert!(timeout.layer(LiftLayer.layer(script)).oneshot("bolts").await.is_err());
/// assert_eq!(events.count(|event| matches!(event, Event::TimedOut { .. })), 1);
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Events {
    seen: Arc<Mutex<Vec<Event>>>,
}

impl Events {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A listener that records here, for the `on_event` of a layer.
    #[must_use]
    pub fn listener(&self) -> Listener {
        let events = self.clone();
        Listener::new(move |event| events.lock().push(event.clone()))
    }

    /// What was recorded since the last `take`; leaves the record empty.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.lock())
    }

    /// How many of the recorded events `is_meant` says yes to.
    pub fn count(&self, is_meant: impl Fn(&Event) -> bool) -> usize {
        // Copied, because what is meant is asked of foreign code.
        let seen = self.lock().clone();
        seen.iter().filter(|event| is_meant(event)).count()
    }

    /// The states that circuit breakers entered, in order.
    pub fn states(&self) -> Vec<State> {
        let entered = |event: &Event| match event {
            Event::StateChanged { to, .. } => Some(*to),
            _ => None,
        };
        self.lock().iter().filter_map(entered).collect()
    }

    /// Checks which states circuit breakers entered, in order and without any other.
    ///
    /// # Panics
    ///
    /// When they are not `expected`, showing all that was recorded.
    #[track_caller]
    pub fn assert_states(&self, expected: impl IntoIterator<Item = State>) {
        let expected: Vec<_> = expected.into_iter().collect();
        let states = self.states();
        assert!(
            states == expected,
            "the states entered were {states:?}, but should be {expected:?}; recorded: {:#?}",
            *self.lock(),
        );
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
