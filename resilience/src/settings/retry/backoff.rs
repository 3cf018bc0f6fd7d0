use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::jitter::JitterShape;
use crate::{
    retry::{Backoff, BackoffBuilder, Growth, Jitter},
    settings::{
        given::table,
        human,
        read::{Read, one_of},
        value::Value,
        walk::Walk,
    },
};

/// The waits between attempts, each setting absent or given.
///
/// See [`BackoffBuilder`] for what each does. A [function](Growth::custom) that knows the waits is
/// no data.
///
/// # Examples
///
/// ```
/// use resilience::settings::{BackoffSettings, GrowthKind, RetrySettings};
///
/// let settings: RetrySettings = toml::from_str("backoff = { initial = '1s', growth = 'linear' }")?;
/// assert_eq!(settings.backoff.and_then(|backoff| backoff.growth), Some(GrowthKind::Linear));
///
/// let shown = BackoffSettings::from(settings.build()?.backoff());
/// assert_eq!(shown.at_most.map(|wait| wait.as_secs()), Some(10), "by default");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct BackoffSettings {
    /// The first wait.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::time")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "0s", "x-maximum" = "24h", "default" = "50ms")
    )]
    pub initial: Option<Duration>,

    /// How a wait grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "exponential"))]
    pub growth: Option<GrowthKind>,

    /// The factor from one wait to the next where growth is exponential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("default" = 2.0))]
    pub factor: Option<f64>,

    /// The longest wait; "unlimited" is the longest duration in code.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "human::unlimited")]
    #[schemars(
        with = "Option<String>",
        extend("x-unit" = "duration", "x-minimum" = "0s", "x-maximum" = "24h",
            "x-word" = human::UNLIMITED, "default" = "10s")
    )]
    pub at_most: Option<Duration>,

    /// How chance varies a wait.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "human::shaped::<_, JitterShape, _>"
    )]
    #[schemars(with = "Option<JitterShape>", extend("default" = "full"))]
    pub jitter: Option<Jitter>,
}

/// How a wait grows from one retry to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrowthKind {
    /// Every wait is the first one.
    Fixed,
    /// The wait before retry `n` is `n` times the first one.
    Linear,
    /// Each wait is `factor` times the one before.
    Exponential,
}

impl BackoffSettings {
    pub(super) fn builder(self) -> BackoffBuilder {
        let mut builder = Backoff::builder();
        if let Some(wait) = self.initial {
            builder = builder.initial(wait);
        }
        builder = match (self.growth, self.factor) {
            (Some(GrowthKind::Fixed), _) => builder.growth(Growth::Fixed),
            (Some(GrowthKind::Linear), _) => builder.growth(Growth::Linear),
            (_, Some(factor)) => builder.factor(factor),
            (_, None) => builder,
        };
        if let Some(wait) = self.at_most {
            builder = builder.at_most(wait);
        }
        if let Some(jitter) = self.jitter {
            builder = builder.jitter(jitter);
        }
        builder
    }

    pub(super) fn check(self, walk: &mut Walk) {
        if let Err(errors) = self.builder().build() {
            walk.adopt(&errors);
        }
        if let (Some(GrowthKind::Fixed | GrowthKind::Linear), Some(factor)) =
            (self.growth, self.factor)
        {
            walk.wrong_at("factor", factor, "absent where growth is not exponential");
        }
    }

    pub(super) fn over(one: Option<Self>, under: Option<Self>) -> Option<Self> {
        match (one, under) {
            (Some(one), Some(under)) => Some(Self {
                initial: one.initial.or(under.initial),
                growth: one.growth.or(under.growth),
                // It belongs to the growth it was given with.
                factor: one.factor.or(under.factor.filter(|_| one.growth.is_none())),
                at_most: one.at_most.or(under.at_most),
                jitter: one.jitter.or(under.jitter),
            }),
            (one, under) => one.or(under),
        }
    }
}

impl Read for BackoffSettings {
    const EXPECTED: &'static str = "a table of settings";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            initial: table.field("initial", walk),
            growth: table.field("growth", walk),
            factor: table.field("factor", walk),
            at_most: table.field_or("at_most", human::UNLIMITED, Duration::MAX, walk),
            jitter: table.field("jitter", walk),
        };
        table.close(walk);
        Some(settings)
    }
}

impl Read for GrowthKind {
    const EXPECTED: &'static str = "\"fixed\", \"linear\" or \"exponential\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let words =
            [("fixed", Self::Fixed), ("linear", Self::Linear), ("exponential", Self::Exponential)];
        one_of(value, &words, walk)
    }
}

/// The settings in force; a function is left out.
impl From<&Backoff> for BackoffSettings {
    fn from(backoff: &Backoff) -> Self {
        let (growth, factor) = match backoff.growth() {
            Growth::Fixed => (Some(GrowthKind::Fixed), None),
            Growth::Linear => (Some(GrowthKind::Linear), None),
            Growth::Exponential { factor } => (Some(GrowthKind::Exponential), Some(*factor)),
            Growth::Custom(_) => (None, None),
        };
        Self {
            initial: Some(backoff.initial()),
            growth,
            factor,
            at_most: Some(backoff.at_most()),
            jitter: Some(backoff.jitter()),
        }
    }
}
