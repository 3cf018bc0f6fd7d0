use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    errors::SettingsErrors,
    given::{checked, deserialize, sealed::Section, table},
    human,
    value::Value,
    walk::Walk,
};
use crate::{name::Name, timeout::TimeoutLayer};

/// The settings of a timeout for one attempt.
///
/// # Examples
///
/// ```
/// use resilience::{Name, settings::TimeoutSettings};
///
/// let settings: TimeoutSettings = toml::from_str("limit = '250ms'")?;
/// let layer = settings.build(Name::from_static("users"))?;
/// # let _ = layer;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct TimeoutSettings {
    /// How long one attempt may take. It has no default: a timeout without it is a mistake.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(with = "Option<String>", extend("x-unit" = "duration", "x-minimum" = "0s"))]
    pub limit: Option<Duration>,

    /// Whether the last attempt of a retry is left to the deadline alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub spare_last_attempt: Option<bool>,
}

impl TimeoutSettings {
    /// The layer by these settings.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] when the limit is not set.
    pub fn build(&self, name: Name) -> Result<TimeoutLayer, SettingsErrors> {
        checked(self)?;
        let layer = TimeoutLayer::new(name, self.limit.unwrap_or_default());
        Ok(if self.spare_last_attempt == Some(true) { layer.spare_last_attempt() } else { layer })
    }

    pub(super) fn over(&self, under: &Self) -> Self {
        Self {
            limit: self.limit.or(under.limit),
            spare_last_attempt: self.spare_last_attempt.or(under.spare_last_attempt),
        }
    }
}

impl Section for TimeoutSettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            limit: table.field("limit", walk),
            spare_last_attempt: table.field("spare_last_attempt", walk),
        };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        require_limit(self.limit, walk);
    }
}

/// Notes that a limit of time is missing.
pub(super) fn require_limit(limit: Option<Duration>, walk: &mut Walk) {
    if limit.is_none() && !walk.failed_at("limit") {
        walk.wrong_at("limit", "unset", "set: a duration such as \"250ms\"");
    }
}

impl<'de> Deserialize<'de> for TimeoutSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
