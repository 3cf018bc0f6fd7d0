//! Makes a user.

use axum::{extract::State, response::IntoResponse};
use http::{StatusCode, header::LOCATION};
use kit::{json::Json, problem::Details};

use crate::{
    error::Error,
    model::{NewUser, User},
    store::Store,
};

/// Make a user
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses(
    (status = 201, description = "The user", body = User,
     headers(("location" = String, description = "Where the user is read"))),
    (status = 400, description = "`invalid_json`", body = Details,
     content_type = "application/problem+json"),
    (status = 408, description = "`body_too_slow`", body = Details,
     content_type = "application/problem+json"),
    (status = 409, description = "`email_taken`", body = Details,
     content_type = "application/problem+json"),
    (status = 413, description = "`body_too_large`", body = Details,
     content_type = "application/problem+json"),
    (status = 415, description = "`unsupported_media_type`", body = Details,
     content_type = "application/problem+json"),
    (status = 422, description = "`invalid_fields`", body = Details,
     content_type = "application/problem+json"),
    (status = 500, description = "`internal`", body = Details,
     content_type = "application/problem+json"),
    (status = 503, description = "`database_busy`, `storage_full`; nothing was changed", body = Details,
     content_type = "application/problem+json", headers(("retry-after" = u64))),
))]
pub(crate) async fn create(
    State(store): State<Store>,
    Json(new): Json<NewUser>,
) -> Result<impl IntoResponse, Error> {
    new.check().map_err(Error::InvalidFields)?;
    let user = store.add(new).await?;
    let location = format!("/users/{}", user.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], axum::Json(user)))
}
