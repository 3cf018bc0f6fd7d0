use std::time::Duration;

use super::StackSettings;
use crate::{
    circuit_breaker, retry,
    settings::{
        budget::{BudgetConfig, BudgetSettings},
        circuit_breaker::CircuitBreakerSettings,
        errors::SettingsErrors,
        retry::RetrySettings,
        switch::Switch,
    },
};

/// What the layers of a stack are made from.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) deadline: Option<Duration>,
    pub(super) retry: Option<retry::Config>,
    pub(super) budget: Option<BudgetConfig>,
    pub(super) breaker: Option<circuit_breaker::Config>,
    pub(super) timeout: Option<Duration>,
    /// The settings that this comes to, with all defaults.
    pub(super) settings: StackSettings,
}

impl Parts {
    /// `all` is without a preset, and checked as a whole.
    pub(super) fn of(all: &StackSettings) -> Result<Self, SettingsErrors> {
        let mut settings = all.clone();
        let deadline = all.deadline.as_ref().and_then(Switch::on).and_then(|part| part.limit);
        let timeout = all.timeout.as_ref().and_then(Switch::on).and_then(|part| part.limit);
        if let Some(Switch::On(part)) = &mut settings.timeout {
            part.spare_last_attempt.get_or_insert(false);
        }

        let mut breaker = None;
        if let Some(Switch::On(part)) = &mut settings.circuit_breaker {
            let config = part.build()?;
            *part = CircuitBreakerSettings::from(&config);
            breaker = Some(config);
        }

        let (mut retry, mut budget) = (None, None);
        // A preset may have one for retries that were switched off.
        let paid_from = settings.budget.take();
        if let Some(Switch::On(part)) = &mut settings.retry {
            let config = part.build()?;
            *part = RetrySettings {
                idempotency: Some(part.idempotency.unwrap_or_default()),
                resend_unsent: Some(part.resend_unsent.unwrap_or(true)),
                ..RetrySettings::from(&config)
            };
            retry = Some(config);
            budget = match paid_from {
                Some(Switch::Off) => None,
                Some(Switch::On(part)) => Some(part.build()?),
                None => Some(BudgetConfig::default()),
            };
            let shown = budget.as_ref().map(BudgetSettings::from);
            settings.budget = Some(shown.map_or(Switch::Off, Switch::On));
        }
        Ok(Self { deadline, retry, budget, breaker, timeout, settings })
    }
}
