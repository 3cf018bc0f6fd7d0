use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::{Fleet, Member};

/// A fleet that remembers whom it was asked to kill, so that they can be started again.
#[derive(Debug)]
pub struct Victims<'a> {
    fleet: &'a dyn Fleet,
    names: Mutex<BTreeSet<String>>,
}

impl<'a> Victims<'a> {
    /// Nobody yet.
    #[must_use]
    pub fn new(fleet: &'a dyn Fleet) -> Self {
        Self { fleet, names: Mutex::default() }
    }

    /// Who was to be killed, whether or not somebody has started them again since.
    pub fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Fleet for Victims<'_> {
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>> {
        self.fleet.members()
    }

    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        // Before it is done: whoever drops the future cannot tell whether it was.
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(member.to_owned());
        self.fleet.kill(member)
    }

    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        self.fleet.start(member)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeFleet;
    use super::*;

    #[tokio::test]
    async fn those_who_were_killed_through_it_are_named() {
        let fleet = FakeFleet::new(&["user", "order-bare"]);
        fleet.kill("user").await.unwrap();
        let victims = Victims::new(&fleet);
        victims.kill("order-bare").await.unwrap();
        assert_eq!(victims.names(), ["order-bare"]);
        assert_eq!(fleet.deeds(), ["kill user", "kill order-bare"]);
    }
}
