//! Lists orders.

use axum::{Json, extract::State};
use kit::{page::Params, problem::Details};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Parts;
use crate::{error::Error, model::Order};

/// One page of orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Orders {
    orders: Vec<Order>,
    /// Give it as `after` to read on; null on the last page.
    next: Option<Uuid>,
}

/// List orders, oldest first
#[utoipa::path(get, path = "/orders", tag = "orders",
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only the orders of this user"),
        ("limit" = Option<u16>, Query, description = "Orders on a page, 1 to 200, 50 by default"),
        ("after" = Option<Uuid>, Query, description = "The order that the page begins after"),
    ),
    responses(
        (status = 200, description = "One page", body = Orders),
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
pub(crate) async fn list(
    State(parts): State<Parts>,
    params: Params,
) -> Result<Json<Orders>, Error> {
    let page = params.page()?;
    let rows = parts.store.list(params.uuid("user_id")?, &page).await?;
    let (orders, next) = page.cut(rows, |order| order.id);
    Ok(Json(Orders { orders, next }))
}
