//! Places an order, each idempotency key once.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, StatusCode, header::LOCATION};
use kit::{json::Json, problem::Details};

use super::Parts;
use crate::{
    error::Error,
    in_progress::Taken,
    model::{Input, Key, Order},
    store::{Earlier, PlaceError, Placed},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Place an order
///
/// A repetition with the same key and the same body places no second order and gets the answer
/// of the first. A failure stores nothing, so the same key can be tried again.
#[utoipa::path(post, path = "/orders", tag = "orders", request_body = Input,
    params(("idempotency-key" = String, Header, min_length = 1, max_length = 128,
            description = "The caller's name for this order, of visible ASCII characters")),
    responses(
        (status = 201, description = "The order", body = Order, headers(
            ("location" = String, description = "Where the order is read"),
            ("idempotency-replayed" = String, description = "`true` when it was placed before"))),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`, \
         `invalid_json`", body = Details, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Details,
         content_type = "application/problem+json"),
        (status = 409, description = "`order_in_progress`", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
        (status = 413, description = "`body_too_large`", body = Details,
         content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Details,
         content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`, `user_not_found`, \
         `idempotency_key_reused`", body = Details, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Details,
         content_type = "application/problem+json"),
        (status = 503, description = "`circuit_open`, `user_service_timeout`, \
         `user_service_unavailable`, `database_busy`, `storage_full`, `too_many_orders`; no order \
         was placed",
         body = Details, content_type = "application/problem+json",
         headers(("retry-after" = u64),
                 ("x-refused-by" = String, description = "The policy, when nothing was sent"))),
        (status = 504, description = "`outcome_unknown`: the commit failed; `idempotency_key` is \
         the key to repeat the request with", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
    )
)]
pub(crate) async fn create(
    State(parts): State<Parts>,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Response, Error> {
    let key = key_of(&headers)?;
    let new = input.check().map_err(Error::InvalidFields)?;
    let hash = new.hash();

    let claim = match parts.in_progress.claim(&key) {
        Ok(claim) => Some(claim),
        // Perhaps it is held by a mere repetition, and the order is long there.
        Err(Taken::InProgress) => None,
        Err(full @ Taken::Full) => return Err(full.into()),
    };
    if let Some(earlier) = parts.store.earlier(&key, hash).await? {
        return replay(earlier);
    }
    // Held to the end of this function, which a caller that leaves may cut short.
    let _claim = claim.ok_or(Error::InProgress)?;

    if !parts.users.exists(new.user_id).await? {
        return Err(Error::UserNotFound(new.user_id));
    }
    match parts.store.place(&new, &key, hash).await.map_err(|error| failed(error, key))? {
        Placed::Now(order) => Ok(created(order).into_response()),
        // Another process was faster, or an attempt that was cut off had gone through.
        Placed::Before(earlier) => replay(earlier),
    }
}

fn failed(error: PlaceError, key: Key) -> Error {
    match error {
        PlaceError::NotPlaced(error) => Error::Database(error),
        PlaceError::Unknown(error) => {
            tracing::error!(%error, "a commit failed, and what it came to is not known");
            Error::OutcomeUnknown(key)
        }
    }
}

fn key_of(headers: &HeaderMap) -> Result<Key, Error> {
    let mut values = headers.get_all(KEY).iter();
    let key = Key::parse(values.next().ok_or(Error::KeyMissing)?)?;
    // With two keys it is open which one counts.
    if values.next().is_some() { Err(crate::model::BadKey.into()) } else { Ok(key) }
}

fn replay(earlier: Earlier) -> Result<Response, Error> {
    match earlier {
        Earlier::Same(order) => Ok(([(REPLAYED, "true")], created(order)).into_response()),
        Earlier::Other => Err(Error::KeyReused),
    }
}

fn created(order: Order) -> impl IntoResponse {
    let location = format!("/orders/{}", order.id);
    (StatusCode::CREATED, [(LOCATION, location)], axum::Json(order))
}
