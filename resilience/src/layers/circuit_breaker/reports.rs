use super::{history::Transition, machine::News, meter::TRANSITIONS};
use crate::{
    event::{Event, Listener, Listeners},
    meter::Meter,
    name::Name,
    sync::{Mutex, PoisonError},
};

/// Tells listeners what happened, in order.
#[derive(Debug)]
pub(super) struct Reports {
    transitions: &'static Meter,
    desk: Mutex<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    listeners: Listeners,
    /// Whether a thread is telling them something at this moment.
    is_taken: bool,
}

impl Reports {
    pub(super) fn new(name: Name) -> Self {
        Self { transitions: Meter::of(&TRANSITIONS, name), desk: Mutex::default() }
    }

    pub(super) fn listen(&self, listener: Listener) {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).listeners.add(listener);
    }

    /// Reports what `take` gives until it gives nothing more.
    ///
    /// A thread that finds another one reporting leaves its changes to that one: the changes
    /// of two threads are thereby told in the order in which they were made. Listeners run
    /// without a lock, so that they may make calls of their own.
    pub(super) fn send(&self, take: impl Fn() -> Vec<News>) {
        let mut is_mine = false;
        loop {
            let (changes, listeners) = {
                let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
                if desk.is_taken && !is_mine {
                    return;
                }
                let changes = take();
                is_mine = !changes.is_empty();
                desk.is_taken = is_mine;
                (changes, desk.listeners.clone())
            };
            if !is_mine {
                return;
            }
            for news in changes {
                let name = self.transitions.name();
                listeners.emit(&match news {
                    News::RuleMet { reason, at } => Event::RuleMet { name, reason, at },
                    News::Changed(Transition { from, to, reason, at }) => {
                        self.transitions.count(to as usize);
                        Event::StateChanged { name, from, to, reason, at }
                    }
                });
            }
        }
    }
}
