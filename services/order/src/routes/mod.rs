//! What callers can ask, one handler a file.

mod cancel;
mod create;
mod list;
mod read;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{in_progress::InProgress, store::Store, users::Users};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) users: Users,
    pub(crate) in_progress: InProgress,
}

/// The routes under `/orders`.
pub(crate) fn orders(parts: Parts) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(read::read))
        .routes(routes!(cancel::cancel))
        .with_state(parts)
}
