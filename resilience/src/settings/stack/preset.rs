use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::StackSettings;
use crate::{
    circuit_breaker::HalfOpen,
    ratio::Ratio,
    retry::Jitter,
    settings::{
        budget::BudgetSettings,
        circuit_breaker::{CircuitBreakerSettings, OpenGrowthSettings},
        deadline::DeadlineSettings,
        read::{Read, one_of},
        retry::{BackoffSettings, GrowthKind, RetrySettings},
        switch::Switch,
        timeout::TimeoutSettings,
        value::Value,
        walk::Walk,
    },
    window::Window,
};

/// Settings to start from. The [module](crate::settings#presets) has their numbers.
///
/// # Examples
///
/// ```
/// use resilience::settings::{Preset, StackSettings};
///
/// assert_eq!(Preset::Server.settings(), StackSettings::server());
/// assert_eq!(serde_json::to_value(Preset::PerEndpoint)?, "per_endpoint");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preset {
    /// Calls over HTTP to another service.
    HttpClient,
    /// Calls over gRPC.
    GrpcClient,
    /// The requests that a service answers.
    Server,
    /// Calls to one of several endpoints among which something else chooses.
    PerEndpoint,
}

impl Preset {
    /// The settings.
    #[must_use]
    pub fn settings(self) -> StackSettings {
        match self {
            Self::HttpClient => StackSettings::http_client(),
            Self::GrpcClient => StackSettings::grpc_client(),
            Self::Server => StackSettings::server(),
            Self::PerEndpoint => StackSettings::per_endpoint(),
        }
    }
}

impl Read for Preset {
    const EXPECTED: &'static str = "the name of a preset";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let presets = [
            ("http_client", Self::HttpClient),
            ("grpc_client", Self::GrpcClient),
            ("server", Self::Server),
            ("per_endpoint", Self::PerEndpoint),
        ];
        one_of(value, &presets, walk)
    }
}

impl StackSettings {
    /// For calls over HTTP to another service; the [module](crate::settings#presets) has the
    /// numbers and where they come from.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::settings::{Preset, StackSettings};
    ///
    /// let same: StackSettings = toml::from_str("preset = 'http_client'")?;
    /// assert_eq!(same.resolved(), StackSettings::http_client());
    /// assert_eq!(same.preset, Some(Preset::HttpClient));
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    #[must_use]
    pub fn http_client() -> Self {
        Self {
            deadline: Some(deadline(Duration::from_secs(30))),
            retry: Some(Switch::On(RetrySettings {
                max_attempts: Some(3),
                backoff: Some(BackoffSettings {
                    initial: Some(Duration::from_millis(50)),
                    growth: Some(GrowthKind::Exponential),
                    factor: Some(2.0),
                    at_most: Some(Duration::from_secs(10)),
                    jitter: Some(Jitter::Full),
                }),
                ..RetrySettings::default()
            })),
            budget: Some(budget(Ratio::percent(20))),
            circuit_breaker: Some(Switch::On(breaker_by_rate())),
            timeout: Some(timeout(Duration::from_secs(9))),
            ..Self::default()
        }
    }

    /// For calls over gRPC; the [module](crate::settings#presets) has the numbers and where they
    /// come from.
    ///
    /// [`build`](Self::build) goes by HTTP status: hand a classifier that reads `grpc-status` to
    /// [`build_with`](Self::build_with). Every call of gRPC is a POST, so that only what never left
    /// is sent again, unless `retry.idempotency` is `"all"`.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, http::HttpClassifier, settings::StackSettings};
    ///
    /// let settings: StackSettings =
    ///     toml::from_str("preset = 'grpc_client'\nretry.idempotency = 'all'")?;
    /// let stack = settings.build_with(Name::from_static("users"), HttpClassifier)?; // or your own
    /// assert!(stack.budget().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn grpc_client() -> Self {
        Self {
            deadline: Some(deadline(Duration::from_secs(30))),
            retry: Some(Switch::On(RetrySettings {
                max_attempts: Some(4),
                backoff: Some(BackoffSettings {
                    initial: Some(Duration::from_millis(100)),
                    growth: Some(GrowthKind::Exponential),
                    factor: Some(2.0),
                    at_most: Some(Duration::from_secs(1)),
                    jitter: Some(Jitter::Within(Ratio::percent(20))),
                }),
                ..RetrySettings::default()
            })),
            budget: Some(budget(Ratio::percent(10))),
            circuit_breaker: Some(Switch::On(breaker_by_rate())),
            timeout: Some(timeout(Duration::from_secs(7))),
            ..Self::default()
        }
    }

    /// For the requests that a service answers; the [module](crate::settings#presets) has the
    /// number and where it comes from.
    #[must_use]
    pub fn server() -> Self {
        Self { deadline: Some(deadline(Duration::from_secs(15))), ..Self::default() }
    }

    /// For calls to one of several endpoints; the [module](crate::settings#presets) has the numbers
    /// and where they come from.
    ///
    /// Deadline and retry belong around what chooses the endpoint, so that a retry goes to another.
    #[must_use]
    pub fn per_endpoint() -> Self {
        let breaker = CircuitBreakerSettings {
            failure_rate: Some(Switch::Off),
            consecutive_failures: Some(5),
            open_for: Some(Duration::from_secs(1)),
            open_growth: Some(growth(Duration::from_mins(1))),
            open_jitter: Some(Ratio::percent(50)),
            half_open: Some(HalfOpen::Ratio { successes: 1, of: 1 }),
            ..CircuitBreakerSettings::default()
        };
        Self { circuit_breaker: Some(Switch::On(breaker)), ..Self::default() }
    }
}

fn deadline(limit: Duration) -> Switch<DeadlineSettings> {
    Switch::On(DeadlineSettings { limit: Some(limit) })
}

fn timeout(limit: Duration) -> Switch<TimeoutSettings> {
    Switch::On(TimeoutSettings { limit: Some(limit), spare_last_attempt: None })
}

fn budget(ratio: Ratio) -> Switch<BudgetSettings> {
    Switch::On(BudgetSettings {
        ttl: Some(Duration::from_secs(10)),
        min_per_sec: Some(10),
        ratio: Some(ratio),
        ..BudgetSettings::default()
    })
}

fn growth(at_most: Duration) -> OpenGrowthSettings {
    OpenGrowthSettings { factor: Some(2.0), at_most: Some(at_most) }
}

fn breaker_by_rate() -> CircuitBreakerSettings {
    CircuitBreakerSettings {
        window: Some(Window::Time { span: Duration::from_secs(30), buckets: 10 }),
        min_calls: Some(20),
        failure_rate: Some(Switch::On(Ratio::percent(50))),
        open_for: Some(Duration::from_secs(5)),
        open_growth: Some(growth(Duration::from_mins(1))),
        open_jitter: Some(Ratio::percent(20)),
        half_open: Some(HalfOpen::Ratio { successes: 2, of: 3 }),
        ..CircuitBreakerSettings::default()
    }
}
