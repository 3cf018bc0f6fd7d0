//! Cancels an order.

use axum::{
    Json,
    extract::{Path, State},
};
use kit::problem::Details;
use uuid::Uuid;

use super::Parts;
use crate::{error::Error, model::Order};

/// Cancel an order
///
/// Cancelling it again changes nothing and gets the same answer.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders",
    params(("id" = Uuid, Path, description = "The order")),
    responses(
        (status = 200, description = "The cancelled order", body = Order),
        (status = 404, description = "`order_not_found`", body = Details,
         content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Details,
         content_type = "application/problem+json"),
        (status = 503, description = "`database_busy`, `storage_full`; nothing was changed", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
    )
)]
pub(crate) async fn cancel(
    State(parts): State<Parts>,
    Path(id): Path<String>,
) -> Result<Json<Order>, Error> {
    let order = match Uuid::parse_str(&id) {
        Ok(id) => parts.store.cancel(id).await?,
        Err(_) => None,
    };
    order.map(Json).ok_or(Error::OrderNotFound(id))
}
