mod config;
mod kind;
mod section;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    errors::SettingsErrors,
    given::{build, deserialize},
    human,
};
use crate::ratio::Ratio;

pub use config::BudgetConfig;
pub use kind::BudgetKind;

/// The settings of a retry budget, each absent or given.
///
/// See [`budget`](crate::budget) for the kinds and what each setting does. A setting of another
/// kind than [`kind`](Self::kind) is a mistake.
///
/// # Examples
///
/// ```
/// use resilience::{Name, settings::{BudgetConfig, BudgetSettings}};
///
/// let settings: BudgetSettings = toml::from_str("kind = 'share'\nmin_concurrency = 5")?;
/// let config = settings.build()?;
/// assert!(matches!(config, BudgetConfig::Share(share) if share.min_concurrency() == 5));
/// let budget = config.budget(Name::from_static("users"));
/// # let _ = budget;
///
/// let wrong = toml::from_str::<BudgetSettings>("kind = 'share'\nttl = '5s'").unwrap_err();
/// assert!(wrong.to_string().contains("ttl is 5s, but must be absent from a budget of kind share"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct BudgetSettings {
    /// What retries are paid by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "token"))]
    pub kind: Option<BudgetKind>,

    /// Token: how long a deposit can pay for a retry.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "1s", "x-maximum" = "10min", "default" = "10s")
    )]
    pub ttl: Option<Duration>,

    /// Token: the tokens that every second brings by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000), extend("default" = 10))]
    pub min_per_sec: Option<u32>,

    /// Token: the tokens that each first attempt deposits.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::ratio")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 10), extend("default" = 0.2))]
    pub ratio: Option<Ratio>,

    /// Share: the share of retries among all calls in flight above which no more are granted.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::ratio")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1), extend("default" = 0.2))]
    pub max_ratio: Option<Ratio>,

    /// Share: the retries in flight that are granted whatever their share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000), extend("default" = 3))]
    pub min_concurrency: Option<u32>,

    /// Cost: the most tokens there can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 500))]
    pub capacity: Option<u32>,

    /// Cost: what a retry after a failure costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 5))]
    pub retry_cost: Option<u32>,

    /// Cost: what a retry after a timeout costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 10))]
    pub timeout_cost: Option<u32>,

    /// Cost: what a first attempt that succeeds brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000), extend("default" = 1))]
    pub success_refund: Option<u32>,
}

impl BudgetSettings {
    /// The settings as a budget takes them.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with all that is out of its range or belongs to another kind.
    pub fn build(&self) -> Result<BudgetConfig, SettingsErrors> {
        build(self, || self.config())
    }
}

impl<'de> Deserialize<'de> for BudgetSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
