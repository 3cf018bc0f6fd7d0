//! Counters of how calls ended, by policy name, and the limit of time that somebody has set.
//!
//! A counter belongs to a name, not to a layer value: it lives as long as the process, so a
//! layer that is rebuilt goes on counting where the old one stopped, and the future of a
//! call holds a plain reference to it instead of sharing ownership of a counted one.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use crate::{
    live_limit::LiveLimit,
    name::Name,
    registry,
    stripes::Stripes,
    sync::{AtomicU64, Ordering},
};

/// The most outcomes a kind may tell apart: one cache line of counters.
const OUTCOMES: usize = 8;

/// The index of calls that are dropped, in every kind that counts calls by a [`CallMeter`].
pub(crate) const CANCELLED: usize = 3;

type Row = [AtomicU64; OUTCOMES];

/// A kind of policy and the ways in which its calls end.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The metric's name.
    pub(crate) metric: &'static str,
    /// The metric's description.
    pub(crate) help: &'static str,
    /// The label that tells the outcomes apart.
    pub(crate) label: &'static str,
    /// The values of the label; what is counted ends in exactly one.
    pub(crate) outcomes: &'static [&'static str],
}

/// How the calls of one policy name ended.
#[derive(Debug)]
pub(crate) struct Meter {
    kind: &'static Kind,
    name: Name,
    id: u64,
    limit: LiveLimit,
    stripes: Stripes<Row>,
}

type Known = HashMap<(&'static str, Name), &'static Meter>;

static METERS: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

impl Meter {
    /// The meter of `name`. There are as many as kinds times names, which are bounded.
    pub(crate) fn of(kind: &'static Kind, name: Name) -> &'static Self {
        let mut meters = METERS.lock().unwrap_or_else(PoisonError::into_inner);
        meters
            .entry((kind.metric, name))
            .or_insert_with(|| Box::leak(Box::new(Self::new(kind, name))))
    }

    #[inline]
    fn new(kind: &'static Kind, name: Name) -> Self {
        Self {
            kind,
            name,
            id: registry::next_id(),
            limit: LiveLimit::default(),
            stripes: Stripes::new(Row::default()),
        }
    }

    /// Counts one call that ended in the outcome at `index` of its kind.
    #[inline]
    pub(crate) fn count(&self, index: usize) {
        let mine = self.stripes.mine(Row::default);
        let counter = &mine.stripe[index];
        if mine.alone {
            let seen = counter.load(Ordering::Relaxed);
            counter.store(seen + 1, Ordering::Relaxed);
        } else {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[cfg(all(test, resilience_model))]
    pub(crate) fn widen(&self) {
        self.stripes.widen(Row::default);
    }

    #[cfg(all(test, resilience_model))]
    pub(crate) fn fill(&self) {
        self.stripes.fill(Row::default);
    }

    /// The calls that ended in the outcome at `index`.
    pub(crate) fn total(&self, index: usize) -> u64 {
        self.stripes.iter().map(|row| row[index].load(Ordering::Relaxed)).sum()
    }

    /// A number that no other policy has.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// The limit of time, where the kind has one.
    #[inline]
    pub(crate) const fn limit(&self) -> &LiveLimit {
        &self.limit
    }

    pub(crate) const fn kind(&self) -> &'static Kind {
        self.kind
    }

    #[inline]
    pub(crate) const fn name(&self) -> Name {
        self.name
    }
}

/// Sees to it that one call is counted exactly once, also when it is dropped.
#[derive(Debug)]
pub(crate) struct CallMeter {
    /// `None` once the call is counted.
    meter: Option<&'static Meter>,
}

impl CallMeter {
    #[inline]
    pub(crate) const fn new(meter: &'static Meter) -> Self {
        Self { meter: Some(meter) }
    }

    /// The name under which the call is going to be counted.
    ///
    /// # Panics
    ///
    /// When it is counted already.
    pub(crate) const fn name(&self) -> Name {
        self.meter.expect("a call is not polled after its end").name()
    }

    /// Counts how the call ended, unless it is counted already.
    #[inline]
    pub(crate) fn end(&mut self, index: usize) {
        if let Some(meter) = self.meter.take() {
            meter.count(index);
        }
    }
}

impl Drop for CallMeter {
    #[inline]
    fn drop(&mut self) {
        self.end(CANCELLED);
    }
}

/// All meters of the process, ordered by metric and name.
pub(crate) fn all() -> Vec<&'static Meter> {
    let mut all: Vec<_> =
        METERS.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect();
    all.sort_by_key(|meter| (meter.kind.metric, meter.name));
    all
}

#[cfg(test)]
#[cfg(resilience_model)]
mod models;
#[cfg(test)]
mod tests {
    use super::{Kind, Meter, Name, all};

    static KIND: Kind =
        Kind { metric: "test_calls_total", help: "", label: "outcome", outcomes: &["a", "b"] };

    #[test]
    fn threads_that_count_at_once_lose_nothing_and_share_by_name() {
        let name = Name::from_static("meter-test");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..10_000 {
                        Meter::of(&KIND, name).count(n % 2);
                    }
                });
            }
        });
        let meter = Meter::of(&KIND, name);
        assert_eq!((meter.total(0), meter.total(1)), (20_000, 20_000));
        assert!(all().iter().any(|known| std::ptr::eq(*known, meter)));
    }
}
