use std::{convert::Infallible, sync::Arc};

use super::{config::Config, service::Shared};
#[cfg(feature = "keyed")]
use crate::budget::keyed::KeyedRetryBudget;
use crate::{budget::RetryBudget, name::Name};

/// Looks at the retries of one layer, and changes them while calls run.
///
/// # Sharing
///
/// What it changes holds for all services that its layer made and for their clones. It keeps
/// nothing of their connections alive.
///
/// # Examples
///
/// ```
/// use resilience::{Name, retry::{Config, RetryLayer}};
///
/// let layer = RetryLayer::new(Name::from_static("users-api"), Config::default());
/// let retries = layer.handle();
/// retries.update(Config::builder().max_attempts(2).build()?);
/// retries.switch_off();
/// assert_eq!((retries.config().max_attempts(), retries.is_on()), (2, false));
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryHandle {
    shared: Arc<Shared>,
}

impl RetryHandle {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The policy's name.
    pub fn name(&self) -> Name {
        self.shared.name
    }

    /// The settings in force, also while retry is switched off.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.shared.live.config())
    }

    /// Goes by `config` from here on.
    ///
    /// A call that runs keeps the number of attempts with which it began; its waits are by the
    /// settings in force when they begin. Retry that is switched off stays so.
    ///
    /// The settings that the layer was made with stay in memory for as long as something of it lives,
    /// which saves a layer whose settings never change a step for each call: a function of
    /// [`Growth::custom`](super::Growth::custom) in them and what it holds is not dropped before.
    /// Settings that came later are dropped when others take their place and no call uses them.
    pub fn update(&self, config: Config) {
        let Ok(()) = self.update_with::<Infallible>(|_| Ok(config));
    }

    /// Changes some of the settings, whatever else changes them at the same time.
    pub(crate) fn update_with<E>(
        &self,
        change: impl FnOnce(&Config) -> Result<Config, E>,
    ) -> Result<(), E> {
        self.shared.live.update(change)
    }

    /// Whether calls are tried again.
    pub fn is_on(&self) -> bool {
        !self.shared.live.head().is_off()
    }

    /// Has calls that begin from here on make one attempt.
    ///
    /// They still deposit into the budget.
    pub fn switch_off(&self) {
        self.shared.live.switch(false);
    }

    /// Has calls that begin from here on tried again by the settings in force.
    pub fn switch_on(&self) {
        self.shared.live.switch(true);
    }

    /// What pays for the retries, when it is one budget for all requests.
    pub fn budget(&self) -> Option<&RetryBudget> {
        self.shared.budget.as_ref()
    }

    /// What pays for the retries, when each key has a budget of its own.
    #[cfg(feature = "keyed")]
    pub fn keyed_budget(&self) -> Option<&KeyedRetryBudget> {
        self.shared.keyed_budget.as_ref()
    }
}
