//! Routes through which an operator sees every policy of the process and changes it.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /policies` | a page of all policies: `?after=ID&limit=N`, at most 1,000 a page, 100 unless said; `&kind=` and `&name=` choose |
//! | `GET /policies/{id}` | one policy |
//! | `POST /policies/{id}` | has it do a [`Command`](crate::wire::Command) |
//! | `GET /policies/{id}/keys` | the breakers of a keyed circuit breaker, in pages like the policies; with the feature `keyed` |
//! | `POST /policies/{id}/keys/{key}` | has the breaker of one key, by the id in that list, do a command |
//! | `GET /events` | the changes of all policies as server-sent events, from `?after=ID` or `Last-Event-ID` on |
//! | `GET /flags` | the [flags](crate::wire::FlagsState) for faults; these three of `router_with_flags`, with the feature `flags` |
//! | `PUT /flags/{name}` | sets a [`Flag`](crate::wire::Flag) over what other sources say of it |
//! | `DELETE /flags/{name}` | takes that back |
//!
//! The bodies are those of [`wire`](crate::wire); an answer that is no success is a problem
//! document with a `reason` for programs.
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
mod tests;
