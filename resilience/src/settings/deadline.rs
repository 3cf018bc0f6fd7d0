use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    errors::SettingsErrors,
    given::{checked, deserialize, sealed::Section, table},
    human,
    timeout::require_limit,
    value::Value,
    walk::Walk,
};
use crate::{deadline::DeadlineLayer, name::Name};

/// The settings of a deadline for the whole request.
///
/// # Examples
///
/// ```
/// use resilience::{Name, settings::DeadlineSettings};
///
/// let settings: DeadlineSettings = toml::from_str("limit = '1s'")?;
/// let layer = settings.build(Name::from_static("users"))?;
/// # let _ = layer;
///
/// let unset = DeadlineSettings::default().build(Name::from_static("users")).unwrap_err();
/// assert_eq!(unset.to_string(), "limit is unset, but must be set: a duration such as \"250ms\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeadlineSettings {
    /// How long the whole request may take, retries and their waits included. It has no default: a
    /// deadline without it is a mistake.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(with = "Option<String>", extend("x-unit" = "duration", "x-minimum" = "0s"))]
    pub limit: Option<Duration>,
}

impl DeadlineSettings {
    /// The layer by these settings.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] when the limit is not set.
    pub fn build(&self, name: Name) -> Result<DeadlineLayer, SettingsErrors> {
        checked(self)?;
        Ok(DeadlineLayer::new(name, self.limit.unwrap_or_default()))
    }

    pub(super) fn over(&self, under: &Self) -> Self {
        Self { limit: self.limit.or(under.limit) }
    }
}

impl Section for DeadlineSettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self { limit: table.field("limit", walk) };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        require_limit(self.limit, walk);
    }
}

impl<'de> Deserialize<'de> for DeadlineSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
