use std::{collections::VecDeque, fmt, sync::Arc};

use super::member::{Fate, Member, Quest};

/// The keys, in the order in which the hand comes to them: the second-chance clock.
#[derive(Default)]
pub(super) struct Clock {
    ring: VecDeque<Arc<Member>>,
}

impl Clock {
    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Adds a key, to which the hand comes last.
    pub(super) fn add(&mut self, member: Arc<Member>) {
        self.ring.push_back(member);
    }

    /// Moves the hand on until it has found a key that leaves, over at most `steps` keys. Returns
    /// how many it has passed, too.
    pub(super) fn sweep(
        &mut self,
        steps: usize,
        quest: Quest,
    ) -> (usize, Option<(Arc<Member>, Fate)>) {
        for step in 1..=steps {
            let Some(member) = self.ring.pop_front() else { break };
            match member.judge(quest) {
                Fate::Stays => self.ring.push_back(member),
                fate => return (step, Some((member, fate))),
            }
        }
        (steps, None)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.ring.iter()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("keys", &self.ring.len()).finish()
    }
}
