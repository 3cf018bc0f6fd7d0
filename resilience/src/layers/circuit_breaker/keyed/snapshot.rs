use std::sync::Arc;

use tokio::time::Instant;

use super::{
    super::{machine::Machine, shared::Shared, snapshot::Snapshot},
    breakers::Breakers,
};
use crate::{
    event::State,
    holders::Holders,
    keyed::{Key, Member},
    sync::Ordering,
};

/// What the breaker of one key looked like at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeySnapshot {
    /// The key.
    pub key: Key,
    /// Its breaker.
    pub breaker: Snapshot,
}

impl Breakers {
    /// The first `limit` keys behind `after`, in their order.
    pub(super) fn snapshots(
        &self,
        after: Option<&Key>,
        limit: usize,
        now: Instant,
    ) -> Vec<KeySnapshot> {
        let look = |member: &Arc<Member<Holders<Shared>>>| KeySnapshot {
            key: member.key.clone(),
            breaker: member.value.snapshot(now),
        };
        self.places.page(after, limit).iter().map(look).collect()
    }
}

impl Shared {
    /// The state that the next call would find.
    pub(super) fn state(&self, now: Instant) -> State {
        let sight = self.gate.look(Ordering::Acquire);
        // Time changes none of the states in which every call passes, and there may be many
        // breakers, so that only the others take their locks.
        if sight.passes() {
            return sight.state();
        }
        self.step(now, Machine::apply_time);
        self.lock().state_at(now)
    }
}
