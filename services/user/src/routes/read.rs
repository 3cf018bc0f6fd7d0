//! Reads one user.

use axum::{
    Json,
    extract::{Path, State},
};
use kit::problem::Details;
use uuid::Uuid;

use crate::{error::Error, model::User, store::Store};

/// Read a user
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    params(
        ("id" = Uuid, Path, description = "The user"),
        ("x-caller" = Option<String>, Header, description = "Who asks, for the metrics"),
    ),
    responses(
        (status = 200, description = "The user", body = User),
        (status = 404, description = "`user_not_found`", body = Details,
         content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Details,
         content_type = "application/problem+json"),
        (status = 503, description = "`database_busy`", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
    )
)]
pub(crate) async fn read(
    State(store): State<Store>,
    Path(id): Path<String>,
) -> Result<Json<User>, Error> {
    // A text that is no UUID is the id of no user, which is all that the caller needs to know.
    let user = match Uuid::parse_str(&id) {
        Ok(id) => store.find(id).await?,
        Err(_) => None,
    };
    user.map(Json).ok_or(Error::UserNotFound(id))
}
