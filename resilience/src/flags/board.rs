//! Which flags count, and what has to be done when that changes. Pure: it knows no switch.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::time::Instant;

use super::set::{Checked, FlagError, FlagSet};
use crate::fault::FaultPlan;

/// The source that overrules all others.
pub(super) const OPERATOR: &str = "admin";

/// The flags of all sources.
#[derive(Debug)]
pub(super) struct Board {
    /// By rank, that of the operator first.
    sources: Vec<Source>,
    /// The flags that are on and count, by name.
    on: BTreeMap<String, On>,
}

#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) set: FlagSet,
    /// What is wrong with what it said last.
    pub(super) mistake: Option<String>,
}

/// A flag that is on.
#[derive(Clone, Debug)]
pub(super) struct On {
    pub(super) policy: String,
    pub(super) plan: Arc<FaultPlan>,
    /// Whence it was switched on, for people.
    pub(super) by: Arc<str>,
    /// When it ends by itself, from the moment at which it was switched on.
    pub(super) until: Instant,
    /// The switches that have been armed and live, by their numbers.
    pub(super) armed: BTreeSet<u64>,
    /// The place of its source: that of the operator is 0.
    pub(super) rank: usize,
}

impl Board {
    pub(super) fn new() -> Self {
        let operator = Source { name: Arc::from(OPERATOR), set: FlagSet::new(), mistake: None };
        Self { sources: vec![operator], on: BTreeMap::new() }
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The flag `name`, if it is on.
    pub(super) fn on(&self, name: &str) -> Option<&On> {
        self.on.get(name)
    }

    /// The flags that are on, to be armed where they are not yet: the highest rank last, since the
    /// last one stays where two are for one layer.
    pub(super) fn arming(&mut self) -> Vec<&mut On> {
        let mut on: Vec<_> = self.on.values_mut().collect();
        on.sort_by_key(|on| Reverse(on.rank));
        on
    }

    /// Gives the source called `name` the lowest rank, unless it has one.
    pub(super) fn reserve(&mut self, name: &str) {
        self.source(name);
    }

    /// The flags that the source called `name` has.
    pub(super) fn set_of(&self, name: &str) -> FlagSet {
        let known = self.sources.iter().find(|source| &*source.name == name);
        known.map_or_else(FlagSet::new, |source| source.set.clone())
    }

    /// Has the source say `set` from `now` on, in the name of `by`; returns what is on no more, with
    /// who switched it off.
    pub(super) fn put(&mut self, name: &str, set: FlagSet, by: &str, now: Instant) -> Vec<On> {
        let source = self.source(name);
        source.set = set;
        source.mistake = None;
        self.settle(by, now)
    }

    /// Notes what is wrong with what the source said last: what it said before stays.
    pub(super) fn mistaken(&mut self, name: &str, mistake: &FlagError) {
        self.source(name).mistake = Some(mistake.to_string());
    }

    fn source(&mut self, name: &str) -> &mut Source {
        let known = self.sources.iter().position(|source| &*source.name == name);
        let at = known.unwrap_or_else(|| {
            let name = Arc::from(name);
            self.sources.push(Source { name, set: FlagSet::new(), mistake: None });
            self.sources.len() - 1
        });
        &mut self.sources[at]
    }

    /// The source whose flag `name` counts, and that flag.
    pub(super) fn counting(&self, name: &str) -> Option<(usize, &Source, &Checked)> {
        let mut ranked = self.sources.iter().enumerate();
        ranked.find_map(|(rank, source)| Some((rank, source, source.set.all().get(name)?)))
    }

    /// Brings what is on to what counts. Two flags of one text are the same switch-on.
    fn settle(&mut self, by: &str, now: Instant) -> Vec<On> {
        let names: BTreeSet<String> =
            self.sources.iter().flat_map(|source| source.set.all().keys().cloned()).collect();
        let mut before = std::mem::take(&mut self.on);
        for name in names {
            let Some((rank, source, counts)) = self.counting(&name) else { continue };
            if !counts.flag.enabled {
                continue;
            }
            let same = before
                .get(&name)
                .is_some_and(|on| on.policy == counts.flag.policy && on.plan == counts.plan);
            let on = if same {
                before.remove(&name).map(|on| On { rank, ..on })
            } else {
                let whence = match &*source.name {
                    OPERATOR => by,
                    other => other,
                };
                Some(On {
                    policy: counts.flag.policy.clone(),
                    plan: Arc::clone(&counts.plan),
                    by: told(&name, whence),
                    until: now + counts.plan.expires_in(),
                    armed: BTreeSet::new(),
                    rank,
                })
            };
            self.on.extend(on.map(|on| (name, on)));
        }
        let gone = before.into_iter();
        gone.map(|(name, on)| On { by: told(&name, by), ..on }).collect()
    }
}

/// Who switches the flag `name`, for people.
fn told(name: &str, whence: &str) -> Arc<str> {
    format!("flag {name} of {whence}").into()
}
