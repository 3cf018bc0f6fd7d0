mod backoff;
mod idempotency;
mod jitter;
mod section;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    errors::SettingsErrors,
    given::{build, deserialize},
    human,
};
use crate::retry::{Config, HttpPolicy, Idempotency};

pub use backoff::{BackoffSettings, GrowthKind};

use idempotency::IdempotencyShape;

/// The settings of a retry layer, each absent or given.
///
/// See [`ConfigBuilder`](crate::retry::ConfigBuilder) for what each does and how to choose it.
///
/// # Examples
///
/// ```
/// use resilience::settings::RetrySettings;
///
/// let settings: RetrySettings = serde_json::from_str(
///     r#"{ "max_attempts": 4, "backoff": { "initial": "20ms", "jitter": "equal" } }"#,
/// )?;
/// let config = settings.build()?;
/// assert_eq!(config.max_attempts(), 4);
/// assert_eq!(config.backoff().initial().as_millis(), 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct RetrySettings {
    /// The attempts in all, the first call included; "unlimited", in code the largest number,
    /// leaves the end to the budget and the deadline.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::attempts")]
    #[schemars(
        range(min = 1, max = 100),
        extend("type" = ["integer", "string", "null"], "x-word" = human::UNLIMITED, "default" = 3)
    )]
    pub max_attempts: Option<u32>,

    /// The waits between attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<BackoffSettings>,

    /// The longest wait that a service may ask for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "0s", "x-maximum" = "24h", "default" = "30s")
    )]
    pub retry_after_at_most: Option<Duration>,

    /// The time since the beginning of a call within which its retries have to begin; absent: no
    /// limit.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "1ms", "x-maximum" = "24h")
    )]
    pub max_elapsed: Option<Duration>,

    /// Whether a retry is given up when the service is not ready for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub stop_when_not_ready: Option<bool>,

    /// Whether retry layers inside make one attempt each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub stand_down_inside: Option<bool>,

    /// Which HTTP requests may be sent twice.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, IdempotencyShape, _>"
    )]
    #[schemars(with = "Option<IdempotencyShape>", extend("default" = "method_or_key"))]
    pub idempotency: Option<Idempotency>,

    /// Whether a request that may not be sent twice is sent again after an error that means that it
    /// never left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub resend_unsent: Option<bool>,
}

impl RetrySettings {
    /// The settings as a retry layer takes them, without those of the policy for HTTP.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with all that is out of its range or contradicts another setting.
    pub fn build(&self) -> Result<Config, SettingsErrors> {
        build(self, || {
            let backoff = self.backoff.unwrap_or_default().builder().build()?;
            self.builder().backoff(backoff).build()
        })
    }

    /// The policy for HTTP by these settings.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, http::HttpClassifier, retry::RetryLayer, settings::RetrySettings};
    ///
    /// let settings: RetrySettings = toml::from_str("idempotency = 'all'")?;
    /// let layer = RetryLayer::with_policy(
    ///     Name::from_static("users"),
    ///     settings.build()?,
    ///     settings.policy(HttpClassifier),
    /// );
    /// # let _ = layer;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn policy<C>(&self, classifier: C) -> HttpPolicy<C> {
        let policy = HttpPolicy::new(classifier, self.idempotency.unwrap_or_default());
        if self.resend_unsent == Some(false) { policy.without_unsent() } else { policy }
    }
}

impl<'de> Deserialize<'de> for RetrySettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
