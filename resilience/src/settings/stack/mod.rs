mod across;
mod handle;
mod layers;
mod notes;
mod optional;
mod parts;
mod preset;
mod schema;
mod section;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    budget::BudgetSettings,
    circuit_breaker::CircuitBreakerSettings,
    deadline::DeadlineSettings,
    errors::SettingsErrors,
    given::{checked, deserialize},
    retry::RetrySettings,
    switch::Switch,
    timeout::TimeoutSettings,
};
use crate::{http::HttpClassifier, name::Name};

pub use handle::StackHandle;
pub use layers::{Stack, StackService};
pub use optional::{OptionalFuture, OptionalService};
pub use preset::Preset;

/// The settings of all layers between a caller and a service.
///
/// A policy that is absent is off, unless the [`preset`](Preset) has it. What is given goes before
/// what the preset says, setting by setting, and `"off"` switches a policy of the preset off. The
/// one exception is the budget: retry without one would multiply the traffic in an outage, so it
/// has the default [`TokenBudget`](crate::budget::TokenBudget) unless `budget` is `"off"`.
///
/// Policies that contradict each other are refused, with the names of both: an attempt that may
/// take as long as the whole request, a budget that nothing is paid from, slow calls that are cut
/// before they are slow, attempts without a number that neither a deadline, a budget nor a time limits. What is allowed and has no effect, [`notes`] tells.
///
/// [`notes`]: Self::notes
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience::{BoxError, Name, settings::StackSettings};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let settings: StackSettings = toml::from_str(
///     r#"
///     preset = "http_client"
///     deadline = { limit = "1s" }
///     timeout = { limit = "250ms" }
///     "#,
/// )?;
/// let stack = settings.build(Name::from_static("users"))?;
/// let service = stack.layer(service_fn(async |_: http::Request<String>| {
///     Ok::<_, BoxError>(http::Response::new("hello".to_owned()))
/// }));
/// let answer = service.oneshot(http::Request::new(String::new())).await?;
/// assert_eq!(answer.body(), "hello");
/// # Ok(())
/// # }
/// ```
///
/// What contradicts itself:
///
/// ```
/// use resilience::settings::StackSettings;
///
/// let wrong = toml::from_str::<StackSettings>("deadline.limit = '1s'\ntimeout.limit = '2s'");
/// assert!(wrong.unwrap_err().to_string().contains(
///     "timeout.limit is 2s, but must be below deadline.limit, which is 1s",
/// ));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct StackSettings {
    /// The settings to start from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,

    /// How long the whole request may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Switch<DeadlineSettings>>,

    /// Whether and how failed attempts are made again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Switch<RetrySettings>>,

    /// What retries are paid from; absent: the default budget where there is retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Switch<BudgetSettings>>,

    /// When the service is not asked at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<Switch<CircuitBreakerSettings>>,

    /// How long one attempt may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Switch<TimeoutSettings>>,
}

impl StackSettings {
    /// The settings with those of the preset filled in.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let under = self.preset.map(Preset::settings).unwrap_or_default();
        Self {
            preset: None,
            deadline: Switch::over(
                self.deadline.as_ref(),
                under.deadline.as_ref(),
                DeadlineSettings::over,
            ),
            retry: Switch::over(self.retry.as_ref(), under.retry.as_ref(), RetrySettings::over),
            budget: Switch::over(self.budget.as_ref(), under.budget.as_ref(), BudgetSettings::over),
            circuit_breaker: Switch::over(
                self.circuit_breaker.as_ref(),
                under.circuit_breaker.as_ref(),
                CircuitBreakerSettings::over,
            ),
            timeout: Switch::over(
                self.timeout.as_ref(),
                under.timeout.as_ref(),
                TimeoutSettings::over,
            ),
        }
    }

    /// The layers, in the recommended order, for services over HTTP.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with all that is out of its range or contradicts another setting.
    pub fn build(&self, name: Name) -> Result<Stack, SettingsErrors> {
        self.build_with(name, HttpClassifier)
    }

    /// The layers, where `classifier` says what a failure is, as for gRPC.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_with<C: Clone>(
        &self,
        name: Name,
        classifier: C,
    ) -> Result<Stack<C>, SettingsErrors> {
        checked(self)?;
        Stack::new(name, &self.resolved(), classifier)
    }
}

impl<'de> Deserialize<'de> for StackSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
