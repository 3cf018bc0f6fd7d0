use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::plan::FaultPlan;
use crate::{
    event::{Event, FaultEnd, Listeners},
    name::Name,
};

/// What became of a switch under its lock, to be told without it.
#[derive(Debug, Default)]
#[must_use = "nobody else tells it"]
pub(crate) struct News {
    events: Vec<Event>,
    /// What those are waiting for whom a plan kept from being ready.
    released: Option<Arc<Notify>>,
}

impl News {
    /// `plan` is armed on the layers called `names`.
    pub(super) fn armed(&mut self, names: &[Name], plan: &Arc<FaultPlan>, expires_in: Duration) {
        let fault = plan.fault().as_str();
        self.events.extend(names.iter().map(|&name| Event::FaultArmed { name, fault, expires_in }));
    }

    /// `plan` is armed on them no more.
    pub(super) fn ended(&mut self, names: &[Name], plan: &Arc<FaultPlan>, why: FaultEnd) {
        let fault = plan.fault().as_str();
        self.events.extend(names.iter().map(|&name| Event::FaultEnded { name, fault, why }));
    }

    /// Whoever waits for it is kept no longer.
    pub(super) fn release(&mut self, held: Option<Arc<Notify>>) {
        self.released = held.or(self.released.take());
    }

    /// Tells all of it.
    pub(crate) fn tell(self) {
        if let Some(released) = self.released {
            released.notify_waiters();
        }
        for event in self.events {
            Listeners::default().emit(&event);
        }
    }
}
