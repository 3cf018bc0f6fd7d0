//! Routes through which an operator sees every policy of the process and changes it.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /policies` | a page of all policies: `?after=ID&limit=N`, at most 1,000 a page, 100 unless said; `&kind=` and `&name=` choose |
//! | `GET /policies/{id}` | one policy |
//! | `POST /policies/{id}` | has it do a [`Command`](crate::wire::Command) |
//! | `GET /policies/{id}/settings` | its [settings](crate::wire::SettingsState) in force, with an `ETag`; with the feature `settings` |
//! | `PUT /policies/{id}/settings` | [replaces](crate::wire::Replaced) them by the table in the body; with `If-Match` only those of that tag |
//! | `GET /policies/{id}/keys` | the breakers of a keyed circuit breaker, in pages like the policies; with the feature `keyed` |
//! | `POST /policies/{id}/keys/{key}` | has the breaker of one key, by the id in that list, do a command |
//! | `GET /events` | the changes of all policies as server-sent events, from `?after=ID` or `Last-Event-ID` on |
//! | `GET /flags` | the [flags](crate::wire::FlagsState) for faults; these three of `router_with_flags`, with the feature `flags` |
//! | `PUT /flags/{name}` | sets a [`Flag`](crate::wire::Flag) over what other sources say of it |
//! | `DELETE /flags/{name}` | takes that back |
//!
//! The bodies are those of [`wire`](crate::wire); an answer that is no success is a problem
//! document with a `reason` for programs. What is wrong with numbers and settings stands in its
//! `mistakes`, each a [`SettingsMistake`](crate::wire::SettingsMistake).
//!
//! # Settings
//!
//! Circuit breakers, retry layers, retry budgets, timeouts and deadlines have a table, the one that
//! files of settings have. `PUT` takes it as JSON and replaces all of it: a setting that is left out
//! goes back to its default. The table is checked as a whole, and nothing changes when one thing in it is
//! wrong. A policy keeps its state, as its handle's `update` says: the results in a window, a state that
//! was forced, the tokens of a budget, retry that is switched off.
//!
//! - What lies in code is in no table. It is named in `not_shown`. A function that says how long to
//!   stay open or to wait stays, unless the settings in whose place it is are given.
//! - What cannot change while calls run is a mistake when it is given and differs: which requests may
//!   be sent twice, whether a timeout spares the last attempt, kind and `ttl` of a budget.
//! - A budget by share or by cost can be read alone. The breakers of keys have no settings of their own.
//! - A limit of time that is replaced holds for all layers of its name, until `clear_limit`. Until one
//!   is set, each layer has its own, and the table shows that of the layer that was used last to make a
//!   service. That very limit, sent back, changes nothing; `set_limit` sets it for all. Range: 0 to 584
//!   years.
//!
//! Between a look and a change somebody else may have changed the settings. With the `ETag` of the look
//! in `If-Match` the change is then refused, with 412 and the reason `settings_changed`; without
//! it, the last one counts. The answer to a change holds the settings as they are in force, defaults
//! filled in, and their `tag`; it has no `ETag`, because that would tell that they are those sent.
//!
//! # Security
//!
//! Serve it on a port of its own that listens on loopback. It does not rely on that:
//!
//! - Every request needs a bearer token of [`Access`], compared in a time that tells nothing of
//!   it, and a command one that may give commands.
//! - The `Host` must be a name that [`Access`] knows, loopback names unless said, so that a page
//!   whose name was made to point here cannot ask.
//! - A request with the `Origin` of another page is refused, no answer allows another origin to
//!   read it, and a command needs the header `x-resilience-command`, which a form cannot send.
//! - A body has at most 16 KiB, and 32 readers of events are served at once.
//!
//! A command that was carried out is an event with who and what, and a line of the log.
//!
//! # Examples
//!
//! ```no_run
//! use resilience::admin::{Access, Token};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let token = Token::generate()?;
//! eprintln!("the token of this run is {}", token.reveal());
//! let admin = resilience::admin::router(Access::new().operator("ann", token));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9900").await?;
//! axum::serve(listener, admin).await?;
//! # Ok(())
//! # }
//! ```

mod access;
mod events;
#[cfg(feature = "flags")]
mod flags;
mod guard;
#[cfg(feature = "keyed")]
mod keys;
mod policies;
mod problem;
#[cfg(feature = "settings")]
mod settings;
mod token;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

#[cfg(feature = "flags")]
use crate::flags::Flags;
#[cfg(feature = "flags")]
use axum::routing::put;

pub use access::Access;
pub use token::{Token, TokenError};

/// The header that a command needs: a page of another origin cannot send it unasked.
pub const COMMAND_HEADER: http::HeaderName = http::HeaderName::from_static("x-resilience-command");

/// The longest body of a command.
const MAX_BODY: usize = 16 * 1_024;

/// The routes, for those whom `access` lets in.
pub fn router(access: Access) -> Router {
    guarded(policy_routes(), access)
}

/// The routes, and those through which an operator sees and sets `flags`.
#[cfg(feature = "flags")]
pub fn router_with_flags(access: Access, flags: Flags) -> Router {
    let routes = Router::new()
        .route("/flags", get(flags::list))
        .route("/flags/{name}", put(flags::set).delete(flags::clear))
        .with_state(flags);
    guarded(policy_routes().merge(routes), access)
}

fn policy_routes() -> Router {
    let router = Router::new()
        .route("/policies", get(policies::list))
        .route("/policies/{id}", get(policies::one))
        .route("/policies/{id}", post(policies::command))
        .route("/events", get(events::stream).with_state(events::Places::default()));
    #[cfg(feature = "settings")]
    let router =
        router.route("/policies/{id}/settings", get(settings::read).put(settings::replace));
    #[cfg(feature = "keyed")]
    let router = router
        .route("/policies/{id}/keys", get(keys::list))
        .route("/policies/{id}/keys/{key}", post(keys::command));
    router
}

fn guarded(routes: Router, access: Access) -> Router {
    routes
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::new(access), guard::guard))
}

#[cfg(test)]
#[cfg(feature = "flags")]
mod flag_tests;
#[cfg(test)]
#[cfg(feature = "keyed")]
mod key_tests;
#[cfg(test)]
#[cfg(feature = "settings")]
mod sent_back_tests;
#[cfg(test)]
#[cfg(feature = "settings")]
mod settings_client;
#[cfg(test)]
#[cfg(feature = "settings")]
mod settings_tests;
#[cfg(test)]
mod tests;
