//! Reads one order.

use axum::{
    Json,
    extract::{Path, State},
};
use kit::problem::Details;
use uuid::Uuid;

use super::Parts;
use crate::{error::Error, model::Order};

/// Read an order
#[utoipa::path(get, path = "/orders/{id}", tag = "orders",
    params(("id" = Uuid, Path, description = "The order")),
    responses(
        (status = 200, description = "The order", body = Order),
        (status = 404, description = "`order_not_found`", body = Details,
         content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Details,
         content_type = "application/problem+json"),
        (status = 503, description = "`database_busy`", body = Details,
         content_type = "application/problem+json", headers(("retry-after" = u64))),
    )
)]
pub(crate) async fn read(
    State(parts): State<Parts>,
    Path(id): Path<String>,
) -> Result<Json<Order>, Error> {
    // A text that is no UUID is the id of no order, which is all that the caller needs to know.
    let order = match Uuid::parse_str(&id) {
        Ok(id) => parts.store.find(id).await?,
        Err(_) => None,
    };
    order.map(Json).ok_or(Error::OrderNotFound(id))
}
