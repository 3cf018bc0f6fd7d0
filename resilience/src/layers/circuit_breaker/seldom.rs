//! What few breakers need, apart from them: there may be ten thousand of the others.

use std::sync::Arc;

use super::ledger::Ledger;
use crate::{
    rng::Rng,
    sync::{OnceLock, Swap},
};

/// Made when the first part of it is needed.
#[derive(Debug, Default)]
pub(super) struct Seldom(OnceLock<Box<Parts>>);

#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What the jitter of waits is drawn from.
    pub(super) rng: std::sync::OnceLock<Rng>,
    /// Wakes those who wait for the service inside when the breaker begins to refuse.
    pub(super) closing: Arc<tokio::sync::Notify>,
    ledger: OnceLock<Swap<Ledger>>,
}

impl Seldom {
    /// All of them.
    pub(super) fn parts(&self) -> &Parts {
        self.0.get_or_init(Box::default)
    }

    /// The ledger that is in use in place of the first one, once settings came that need another.
    pub(super) fn ledger(&self) -> Option<&Swap<Ledger>> {
        self.0.get()?.ledger.get()
    }

    /// Puts another ledger into use. One thread at a time may.
    pub(super) fn set_ledger(&self, ledger: Ledger) {
        let ledger = Arc::new(ledger);
        match self.ledger() {
            Some(known) => known.store(ledger),
            None => drop(self.parts().ledger.set(Swap::new(ledger))),
        }
    }
}
