use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use resilience::{
    Event, Listener, Rejected,
    circuit_breaker::{Calls, ChangeReason, Snapshot, State},
};

use super::{Came, Settings, Took, Way, name};
use crate::verdict::Gap;

/// One of the breakers of a case, and the calls that have its permits.
#[derive(Debug)]
pub(crate) struct Member<W: Way> {
    way: W,
    events: Arc<Mutex<Vec<Event>>>,
    before: Calls,
    held: VecDeque<Begun<W>>,
}

/// A call that was admitted.
#[derive(Debug)]
pub(crate) struct Begun<W: Way> {
    held: W::Held,
    is_probe: bool,
}

impl<W: Way> Member<W> {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Gap> {
        let way = W::new(name()?, settings);
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let sink = Arc::clone(&events);
        way.handle().listen(Listener::new(move |event| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        }));
        let before = way.handle().calls();
        Ok(Self { way, events, before, held: VecDeque::new() })
    }

    pub(crate) const fn way(&self) -> &W {
        &self.way
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.way.handle().snapshot()
    }

    /// Begins a call.
    pub(crate) async fn begin(&self, is_measured: bool) -> Result<Begun<W>, Rejected> {
        let held = self.way.begin(is_measured).await?;
        Ok(Begun { held, is_probe: self.snapshot().state == State::HalfOpen })
    }

    pub(crate) fn hold(&mut self, begun: Begun<W>) {
        self.held.push_back(begun);
    }

    /// The oldest of those that are held.
    pub(crate) fn oldest(&mut self) -> Result<Begun<W>, Gap> {
        self.held.pop_front().ok_or_else(|| Gap::new("an end of a permit that nobody holds"))
    }

    /// The results that were recorded.
    pub(crate) fn recorded(&self) -> u64 {
        let recorded = |calls: Calls| calls.succeeded + calls.failed + calls.rate_limited;
        recorded(self.way.handle().calls()) - recorded(self.before)
    }

    /// The results that came too late to be.
    pub(crate) fn stale(&self) -> u64 {
        self.way.handle().calls().stale - self.before.stale
    }

    /// The changes of state, oldest first, each with its reason.
    pub(crate) fn changes(&self) -> Vec<(State, State, ChangeReason)> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = events.iter().filter_map(|event| match event {
            Event::StateChanged { from, to, reason, .. } => Some((*from, *to, *reason)),
            _ => None,
        });
        changes.collect()
    }

    /// How often it was told that the rule of this reason is met.
    pub(crate) fn met(&self, rule: ChangeReason) -> usize {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |event: &&Event| matches!(event, Event::RuleMet { reason, .. } if *reason == rule);
        events.iter().filter(is_it).count()
    }
}

impl<W: Way> Begun<W> {
    /// Ends it. What the case does not say of a probe nobody can tell.
    pub(crate) async fn end(self, came: Came, took: Took, settings: &Settings) -> Result<(), Gap> {
        if self.is_probe && came.is_rate_limited() && !settings.judges_rate_limited_probes {
            return Err(Gap::new("config without rate_limited_probe"));
        }
        if self.is_probe && came != Came::Ignored && !settings.judges_probes {
            return Err(Gap::new("config without close or half_open_rule"));
        }
        W::end(self.held, came, took).await;
        Ok(())
    }

    /// Ends it without a verdict.
    pub(crate) fn release(self) {
        W::release(self.held);
    }
}
