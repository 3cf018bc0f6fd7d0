//! The settings of the policies as data: from TOML, JSON or any other format that serde reads.
//!
//! A setting that lies in a file can be changed without a build, by people who do not read Rust, and
//! they make other mistakes than a compiler finds. So every mistake is reported, all of them at once,
//! each with the path to it, the value given and what was expected: a wrong type, a name that is
//! misspelt, a number out of its range, two settings that contradict each other. A file that is
//! wrong in twelve places is mended in one go and not in twelve starts.
//!
//! | to read | write |
//! |---|---|
//! | one stack or one policy, and nothing else | the type itself: `StackSettings`, `RetrySettings` .. |
//! | part of a larger file | a field of type [`Given`], then [`Given::check`] with the path to it |
//! | many stacks by name | `Given<BTreeMap<String, StackSettings>>` |
//!
//! Durations are human text (`"250ms"`, `"1m 30s"`), shares are numbers (0.5 is one half), what is
//! one of several kinds is a word or a table with a `kind`. Every setting may be left out, and means
//! the default that its builder documents; `null`, where a format has it, means the same.
//! [`StackSettings::schema`] is the JSON schema, which the repository also holds as a file, for
//! editors, and as a table, for people: `docs/reference/settings.schema.json` and `settings.md`.
//!
//! The other way, each type is made [from](From) what is in force, with defaults filled in, for an
//! operator to look at; [`Stack::settings`] is that of a whole stack. A default that follows from
//! another setting is left out, so that it goes on to follow: [`OpenGrowthSettings::at_most`]. What is
//! a function in code ([`open_for_fn`], [`Growth::custom`]) is neither read nor shown.
//!
//! It reads no file and watches none, and does not look at the environment: that is the program's.
//!
//! [`open_for_fn`]: crate::circuit_breaker::ConfigBuilder::open_for_fn
//! [`Growth::custom`]: crate::retry::Growth::custom
//!
//! # Examples
//!
//! ```
//! use std::collections::BTreeMap;
//! use resilience::{Name, settings::{Given, StackSettings}};
//!
//! #[derive(serde::Deserialize)]
//! struct Config {
//!     listen: String,
//!     clients: Given<BTreeMap<String, StackSettings>>,
//! }
//!
//! let config: Config = toml::from_str(
//!     r#"
//!     listen = "127.0.0.1:8080"
//!
//!     [clients.users]
//!     preset = "http_client"
//!     deadline = { limit = "1s" }
//!     timeout = { limit = "250ms" }
//!     circuit_breaker = { consecutive_failures = 10 }
//!
//!     [clients.mail]
//!     timeout = { limit = "5s" }
//!     "#,
//! )?;
//! for (name, settings) in config.clients.check("clients")? {
//!     let stack = settings.build(Name::new(&name)?)?;
//!     assert_eq!(stack.breaker().is_some(), name == "users");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Presets
//!
//! Numbers to start from where nothing is measured yet; then
//! [choose them](crate::guide::choosing_numbers). In `http_client`:
//!
//! | setting | number | why | source |
//! |---|---|---|---|
//! | `deadline.limit` | 30 s | the longest that a person or a job waits for one answer | total timeout of .NET's standard resilience handler |
//! | `timeout.limit` | 9 s | three attempts and their waits fit into the deadline: 27.15 s | .NET's 10 s, which would cut the third |
//! | `retry.max_attempts` | 3 | leaves 0.1 % of independent failures of 10 % | standard retry mode of AWS's clients |
//! | `retry.backoff` | 50 ms, doubled, to 10 s, full jitter | begins near a round trip, spreads callers best | AWS's clients (first wait); Brooker 2015 (jitter) |
//! | `budget` | 20 % and 10 a second, for 10 s | an outage adds a fifth to the load, and no more | Finagle, Linkerd |
//! | `circuit_breaker.window`, `min_calls`, `failure_rate` | 30 s, 20, 50 % | chance gets there once in 140,000 looks at 10 % of failures | Polly (30 s); Hystrix (20, 50 %) |
//! | `circuit_breaker.open_for` | 5 s | about a restart | Hystrix, Polly |
//! | `circuit_breaker.open_growth` | 2, to 60 s | a long outage is asked once a minute | Linkerd (60 s) |
//! | `circuit_breaker.open_jitter` | 20 % | callers do not probe in step | jitter of gRPC's retries |
//! | `circuit_breaker.half_open` | 2 of 3 | one lucky probe is not enough, one unlucky is not too much | this crate's default |
//!
//! In `grpc_client`, where it differs:
//!
//! | setting | number | why | source |
//! |---|---|---|---|
//! | `retry.max_attempts` | 4 | | retry policy in gRPC's proposal A6 |
//! | `retry.backoff` | 100 ms, doubled, to 1 s, within 20 % | | A6, jitter as amended in 2024 |
//! | `budget.ratio` | 10 % | what a success brings | token ratio of retry throttling in A6 |
//! | `timeout.limit` | 7 s | four attempts and their waits fit into 30 s: 28.84 s | gRPC has none, and a call that hangs would be no failure |
//!
//! In `server`, where each call below has limits of its own:
//!
//! | setting | number | why | source |
//! |---|---|---|---|
//! | `deadline.limit` | 15 s | ends work for callers that have given up | route timeout of Envoy |
//!
//! In `per_endpoint`, where something else chooses the endpoint:
//!
//! | setting | number | why | source |
//! |---|---|---|---|
//! | `circuit_breaker.consecutive_failures` | 5 | one endpoint has few calls, and others take them over | outlier detection of Envoy; Finagle |
//! | `circuit_breaker.failure_rate` | off | few calls make no rate | both have the run alone |
//! | `circuit_breaker.open_for`, `open_growth` | 1 s, doubled, to 60 s | to leave an endpoint out is cheap, so soon | failure accrual of Linkerd |
//! | `circuit_breaker.open_jitter` | 50 % | endpoints that failed together are not asked together | failure accrual of Linkerd |
//! | `circuit_breaker.half_open` | 1 of 1 | one call is put at risk | failure accrual of Linkerd |

mod budget;
mod circuit_breaker;
mod deadline;
mod errors;
mod given;
mod human;
mod nearest;
mod read;
mod retry;
mod stack;
mod switch;
mod table;
mod timeout;
mod value;
mod walk;

pub use budget::{BudgetConfig, BudgetKind, BudgetSettings};
pub use circuit_breaker::{CircuitBreakerSettings, OpenGrowthSettings};
pub use deadline::DeadlineSettings;
pub use errors::{SettingsError, SettingsErrors};
#[cfg(feature = "admin")]
pub(crate) use given::Amiss;
pub use given::{Given, Section};
pub use retry::{BackoffSettings, GrowthKind, RetrySettings};
pub use stack::{
    OptionalFuture, OptionalService, Preset, Stack, StackHandle, StackService, StackSettings,
};
pub use switch::Switch;
pub use timeout::TimeoutSettings;

#[cfg(test)]
mod tests;
