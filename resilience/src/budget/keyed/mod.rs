//! One retry budget for each host, route or tenant, in bounded memory.
//!
//! A budget for several services adds up their calls: one that is down spends what the calls to
//! the others have paid in, and their chance failures are final then. A [`KeyedRetryBudget`] has a
//! budget for each [key](crate::keyed), made when the key is first seen, all with the same
//! settings and one name. [`RetryLayer::budget_by`](crate::retry::RetryLayer::budget_by) takes it
//! with a function that says which key a request has.
//! The [guide](crate::guide::budget#one-budget-per-host) says when to use it.
//!
//! # Bounds
//!
//! A key that is new begins with a whole reserve. Whoever can make up keys could so have any
//! number of retries, if what was spent were forgotten with its key. So there is a
//! [cap](ConfigBuilder::max_keys), and who has spent stays:
//!
//! - A key that is not used for [a while](ConfigBuilder::idle_for) leaves. Nothing runs for that
//!   by itself: two of the keys are looked at for each new one, and all when gauges are read or by
//!   [`evict_idle`](KeyedRetryBudget::evict_idle).
//! - A new key that finds no place takes that of another that was not used since it was last looked
//!   at. At most 64 keys are looked at, each of which loses its mark of use. Once all were, in vain,
//!   it is 64 in each millisecond: a crowd of new keys does not hold the lock for a search
//!   without hope. A place that becomes free is then found one or two rounds later, each of
//!   which takes 160 ms with 10,000 keys.
//! - A budget that would grant less than a new one never makes room, nor does one through which a
//!   call is on its way, of which somebody has a clone, or whose settings were
//!   [changed](super::RetryBudget::update). To a budget of tokens time has brought back what
//!   was spent one `ttl` later at the latest; it does not leave before, nor one with changed
//!   settings at all. One by cost is filled by success alone, and leaves when it is idle: hosts that
//!   are gone for good would else in the end have all the places.
//! - When none of these can leave, and for a key of more than 259 bytes, which is the longest name
//!   of a host with its port, the call is paid for from one budget that all such calls share, the
//!   [overflow](KeyedRetryBudget::overflow).
//!
//! Together they grant, with as many budgets as there may be keys and the overflow:
//!
//! | budget | at most | besides |
//! |---|---|---|
//! | tokens | `max_keys + 1` reserves in each `ttl` | what calls pay in |
//! | share | `(max_keys + 1) * min_concurrency` retries in flight, at any moment | their share of the calls in flight |
//! | cost | `(max_keys + 1) * capacity` tokens in each `idle_for` | what success brings back |
//!
//! By share, a key with one call in flight is below any share, and has a retry even where
//! `min_concurrency` is 0. A call that takes a budget at the very moment in which it leaves pays into
//! it and spends from it, and the key does not know.
//!
//! # Sharing
//!
//! Clones of a [`KeyedRetryBudget`] share the keys and their budgets. Give one to all layers that
//! add load to the same services, by the same keys.
//!
//! # Cancellation
//!
//! As for a [single budget](crate::guide::budget#cancellation).
//!
//! # Examples
//!
//! ```
//! use resilience::{
//!     BoxError, Name, budget::{TokenBudget, keyed::KeyedRetryBudget}, keyed::by_text,
//!     retry::{Backoff, Config, RetryLayer},
//! };
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! const MAIL: Name = Name::from_static("mail");
//! let tokens = TokenBudget::builder().ttl(std::time::Duration::from_mins(1)).min_per_sec(1).build()?;
//! let budgets = KeyedRetryBudget::new(MAIL, tokens);
//! let config = Config::builder().backoff(Backoff::none()).build()?;
//! let layer = RetryLayer::new(MAIL, config)
//!     .budget_by(by_text(|tenant: &&'static str| *tenant), budgets.clone());
//! let down = layer.layer(service_fn(async |_| Err::<(), BoxError>("no route".into())));
//!
//! for _ in 0..100 {
//!     down.clone().oneshot("hooli").await.unwrap_err();
//! }
//! down.oneshot("acme").await.unwrap_err();
//! let left = budgets.snapshots(None, 10);
//! let left: Vec<_> = left.iter().map(|one| (one.key.to_string(), one.balance)).collect();
//! assert_eq!(left, [("acme".to_owned(), 58), ("hooli".to_owned(), 0)]);
//! # Ok(())
//! # }
//! ```

mod budgets;
mod config;
mod each;
mod keyed_budget;
mod meter;
mod snapshot;

pub use config::{Config, ConfigBuilder};
pub use each::EachBudget;
pub use keyed_budget::KeyedRetryBudget;
pub use snapshot::KeySnapshot;

#[cfg(test)]
mod tests;
