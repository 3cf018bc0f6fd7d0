//! The budgets of all keys.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
};

use tokio::time::Instant;

use super::{
    super::retry_budget::RetryBudget, config::Config, keyed_budget::KeyedRetryBudget, meter::KEYS,
};
use crate::{
    holders::Holders,
    keyed::{Keeper, Key, KeyRef, Places, find},
    meter::Meter,
    name::Name,
    registry::{self, Gauge, Instance},
};

pub(super) struct Budgets {
    pub(super) name: Name,
    pub(super) config: Config,
    pub(super) places: Places<Holders<RetryBudget>>,
    pub(super) overflow: Holders<RetryBudget>,
}

/// How much is in a budget, as the values of the gauge's label.
const FILLS: [&str; 3] = ["full", "drawn", "empty"];

impl Budgets {
    pub(super) fn new(name: Name, config: Config) -> Arc<Self> {
        let budgets = Self::unlisted(name, config);
        let weak: Weak<dyn Instance> = Arc::downgrade(&budgets) as _;
        registry::register(name, weak);
        budgets
    }

    /// Those that nobody looks at but who has them.
    pub(super) fn unlisted(name: Name, config: Config) -> Arc<Self> {
        Arc::new(Self {
            name,
            config,
            places: Places::new(config.bounds, Meter::of(&KEYS, name)),
            overflow: Holders::new(Arc::new(config.each.make(name))),
        })
    }

    /// What `take` makes of the budget of `key`, which is made if it is not there.
    #[inline]
    pub(super) fn find<T>(&self, key: KeyRef<'_>, take: impl Fn(&Holders<RetryBudget>) -> T) -> T {
        find(self, key, take)
    }
}

impl Keeper for Budgets {
    type Value = Holders<RetryBudget>;
    type Guarded = ();

    #[inline]
    fn places(&self) -> &Places<Holders<RetryBudget>> {
        &self.places
    }

    fn make(&self, _: &Key, (): &()) -> Holders<RetryBudget> {
        Holders::new(Arc::new(self.config.each.make(self.name)))
    }

    fn overflow(&self) -> &Holders<RetryBudget> {
        &self.overflow
    }

    fn may_leave(&self, budget: &Holders<RetryBudget>, is_idle: bool, now: Instant) -> bool {
        // What was spent must not be forgotten with its key. But what only a success brings back
        // never comes where nobody calls, and would keep its place for good.
        budget.is_as_new(now) || (is_idle && !budget.fills_by_itself())
    }

    fn is_held(&self, budget: &Holders<RetryBudget>) -> bool {
        budget.is_held() || budget.is_shared()
    }
}

impl Instance for Budgets {
    fn handle(self: Arc<Self>, _: Name) -> Box<dyn Any + Send> {
        Box::new(KeyedRetryBudget::of(self))
    }

    fn gauges(&self, _: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        self.places.evict_idle(self, now);
        let mut keys = [0_u32; FILLS.len()];
        for member in self.places.members(|_| true) {
            let budget = &member.value;
            let fill = match (budget.would_grant(now), budget.is_as_new(now)) {
                (false, _) => 2,
                (true, true) => 0,
                (true, false) => 1,
            };
            keys[fill] += 1;
        }
        for (fill, keys) in FILLS.into_iter().zip(keys) {
            show(Gauge {
                metric: "resilience_keyed_retry_budgets",
                help: "Keys with a retry budget of their own, by what is in it.",
                name: self.name,
                label: Some(("fill", fill)),
                value: f64::from(keys),
            });
        }
    }
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets")
            .field("name", &self.name)
            .field("config", &self.config)
            .field("keys", &self.places.len())
            .finish_non_exhaustive()
    }
}
