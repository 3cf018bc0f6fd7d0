use std::{any::Any, sync::Arc};

use tokio::time::Instant;

use super::retry_budget::{Kind, RetryBudget};
use crate::{
    name::Name,
    registry::{Gauge, Instance},
};

/// The state of a budget under its name.
#[derive(Debug)]
pub(super) struct Named<T> {
    pub(super) name: Name,
    pub(super) state: T,
}

/// A state that knows how many retries it would grant.
pub(super) trait Balance: Send + Sync + Sized {
    /// The kind of budget that has this state.
    fn kind(named: Arc<Named<Self>>) -> Kind;

    fn balance(&self, now: Instant) -> u64;
}

impl<T: Balance> Instance for Named<T> {
    fn handle(self: Arc<Self>, _: Name) -> Box<dyn Any + Send> {
        Box::new(RetryBudget { kind: T::kind(self) })
    }

    fn gauges(&self, _: Name, now: Instant, show: &mut dyn FnMut(Gauge)) {
        #[expect(clippy::cast_precision_loss, reason = "a balance stays far below 2^52")]
        let value = self.state.balance(now) as f64;
        show(Gauge {
            metric: "resilience_retry_budget_tokens",
            help: "Retries that the retry budget would grant.",
            name: self.name,
            label: None,
            value,
        });
    }
}
