//! Lists users.

use axum::{Json, extract::State};
use kit::{page::Params, problem::Details};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{error::Error, model::User, store::Store};

/// One page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Users {
    users: Vec<User>,
    /// Give it as `after` to read on; null on the last page.
    next: Option<Uuid>,
}

/// List users, oldest first
#[utoipa::path(get, path = "/users", tag = "users",
    params(
        ("limit" = Option<u16>, Query, description = "Users on a page, 1 to 200, 50 by default"),
        ("after" = Option<Uuid>, Query, description = "The user that the page begins after"),
    ),
    responses(
        (status = 200, description = "One page", body = Users),
        (status = 400, description = "`invalid_query`", body = Details,
         content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", body = Details,
         content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Details,
         content_type = "application/problem+json"),
        (status = 503, description = "`database_busy`", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
    )
)]
pub(crate) async fn list(State(store): State<Store>, params: Params) -> Result<Json<Users>, Error> {
    let page = params.page()?;
    let (users, next) = page.cut(store.list(&page).await?, |user| user.id);
    Ok(Json(Users { users, next }))
}
