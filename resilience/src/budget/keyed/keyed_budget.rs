use std::sync::Arc;

use super::{
    super::retry_budget::RetryBudget, budgets::Budgets, config::Config, snapshot::KeySnapshot,
};
use crate::{
    holders::{Hold, Holders},
    keyed::{Key, KeyCounts, KeyRef},
    name::Name,
    time,
};

/// Limits how many retries are made for each key, by the calls with it that pay for them.
///
/// See the [module](super) for what it does.
///
/// # Sharing
///
/// Clones share the keys and their budgets.
///
/// # Examples
///
/// Without Tower:
///
/// ```
/// use resilience::{Name, budget::{Cause, ShareBudget, keyed::KeyedRetryBudget}};
/// use tokio::time::Instant;
///
/// let disks = KeyedRetryBudget::new(Name::from_static("disks"), ShareBudget::default());
/// let disk = disks.budget("sda");
/// let read = disk.begin(Instant::now());
/// if let Some(retry) = disk.withdraw(Instant::now(), Cause::Failure) {
///     // ... the retry is made here, and succeeds ...
///     retry.succeeded();
/// }
/// drop(read);
/// assert!(disks.get("sda").is_some() && disks.get("sdb").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct KeyedRetryBudget {
    budgets: Arc<Budgets>,
}

impl KeyedRetryBudget {
    /// A budget as `config` says for each key.
    #[must_use]
    pub fn new(name: Name, config: impl Into<Config>) -> Self {
        Self::of(Budgets::new(name, config.into()))
    }

    pub(super) const fn of(budgets: Arc<Budgets>) -> Self {
        Self { budgets }
    }

    /// The same for tests of the sweep: others that ask for all gauges sweep what is listed, by
    /// clocks of their own.
    #[cfg(test)]
    pub(crate) fn unlisted(name: Name, config: impl Into<Config>) -> Self {
        Self::of(Budgets::unlisted(name, config.into()))
    }

    /// The name of all budgets.
    pub fn name(&self) -> Name {
        self.budgets.name
    }

    /// The settings with which they were made.
    pub fn config(&self) -> &Config {
        &self.budgets.config
    }

    /// The budget of `key`, if it has one of its own.
    ///
    /// A look is no use of the key, but as long as somebody holds what is returned here, the key
    /// does not leave.
    pub fn get<'a>(&self, key: impl Into<KeyRef<'a>>) -> Option<RetryBudget> {
        self.budgets.places.get(key.into(), own)
    }

    /// The budget that pays for retries of a call with `key`, made if it is not there: the
    /// [shared](Self::overflow) one when there is no room.
    ///
    /// As long as somebody holds it, the key does not leave.
    pub fn budget<'a>(&self, key: impl Into<KeyRef<'a>>) -> RetryBudget {
        self.budgets.find(key.into(), own)
    }

    /// The same for a call.
    #[inline]
    pub(crate) fn hold(&self, key: KeyRef<'_>) -> Hold<RetryBudget> {
        self.budgets.find(key, Holders::hold)
    }

    /// The budget of the calls that find no room for a budget of their own.
    pub fn overflow(&self) -> RetryBudget {
        own(&self.budgets.overflow)
    }

    /// The keys with a budget of their own.
    pub fn len(&self) -> usize {
        self.budgets.places.len()
    }

    /// The most keys that may have one.
    pub fn max_keys(&self) -> usize {
        self.budgets.config.max_keys()
    }

    /// Whether no key has a budget of its own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is in at most `limit` budgets at this moment: a page of all, in the order of their
    /// keys, behind the key `after`.
    ///
    /// Each page looks through all keys. A key that comes or leaves meanwhile may be missing;
    /// no key is on two pages.
    pub fn snapshots(&self, after: Option<&Key>, limit: usize) -> Vec<KeySnapshot> {
        let now = time::read();
        let page = self.budgets.places.page(after, limit).into_iter();
        page.map(|member| KeySnapshot {
            key: member.key.clone(),
            balance: member.value.balance(now),
        })
        .collect()
    }

    /// Has all keys leave that were not used for [so long](super::ConfigBuilder::idle_for) and
    /// [may](super#bounds), and returns how many did.
    ///
    /// A key is found unused by one look and leaves by a later one, so a single look at keys that
    /// are in use has none leave.
    pub fn evict_idle(&self) -> usize {
        self.budgets.places.evict_idle(&*self.budgets, time::read())
    }

    /// What happened to the keys of this name, since the process began.
    pub fn key_counts(&self) -> KeyCounts {
        self.budgets.places.counts()
    }
}

fn own(budget: &Holders<RetryBudget>) -> RetryBudget {
    RetryBudget::clone(budget)
}
