//! What callers can ask, one handler a file.

mod create;
mod list;
mod read;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::store::Store;

/// The routes under `/users`.
pub(crate) fn users(store: Store) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(read::read))
        .with_state(store)
}
