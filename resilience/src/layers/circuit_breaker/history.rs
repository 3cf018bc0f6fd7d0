use std::collections::VecDeque;

use tokio::time::Instant;

use crate::event::{ChangeReason, State};

/// The transitions that a breaker remembers. A breaker that cannot recover makes two for each
/// wait, so that this many cover several waits.
const REMEMBERED: usize = 32;

/// One change of a breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// The state it left.
    pub from: State,
    /// The state it entered.
    pub to: State,
    /// Why.
    pub reason: ChangeReason,
    /// When.
    pub at: Instant,
}

/// The last transitions of a breaker. Takes no memory before the first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Transition>);

impl History {
    pub(super) fn add(&mut self, transition: Transition) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(transition);
    }

    /// The newest comes first.
    pub(super) fn newest_first(&self) -> Vec<Transition> {
        self.0.iter().rev().copied().collect()
    }
}
