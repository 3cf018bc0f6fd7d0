use std::{collections::VecDeque, fmt, sync::Arc};

use super::member::{Fate, Member};

/// The keys, in the order in which the hand comes to them: the second-chance clock.
pub(super) struct Clock<T> {
    ring: VecDeque<Arc<Member<T>>>,
}

/// A key that leaves, and why.
type Left<T> = (Arc<Member<T>>, Fate);

impl<T> Clock<T> {
    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Adds a key, to which the hand comes last.
    pub(super) fn add(&mut self, member: Arc<Member<T>>) {
        self.ring.push_back(member);
    }

    /// Moves the hand on until it has found a key that leaves as `judge` says, over at most `steps`
    /// keys. Returns how many it has passed, too.
    pub(super) fn sweep(
        &mut self,
        steps: usize,
        judge: impl Fn(&Member<T>) -> Fate,
    ) -> (usize, Option<Left<T>>) {
        for step in 1..=steps {
            let Some(member) = self.ring.pop_front() else { break };
            match judge(&member) {
                Fate::Stays => self.ring.push_back(member),
                fate => return (step, Some((member, fate))),
            }
        }
        (steps, None)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Member<T>>> {
        self.ring.iter()
    }
}

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Self { ring: VecDeque::new() }
    }
}

impl<T> fmt::Debug for Clock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("keys", &self.ring.len()).finish()
    }
}
