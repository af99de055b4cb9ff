//! What is told of an order to somebody who is called to it and does not hold it: nobody's name, phone or exact place.

use super::{State, command::Priority, row::order::Model, seen, store};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Place, RegionCode, Result,
    id::{GridId, OrderId},
    mask,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// An order as whoever is called to it is told of it (订单摘要).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderBrief {
    /// Its id (订单).
    pub id: OrderId,
    /// Its number (订单号).
    pub number: String,
    /// Where it stands (订单状态).
    pub state: State,
    /// How urgent it is (优先级).
    pub priority: Priority,
    /// Its community or village (社区、村).
    pub region_code: RegionCode,
    /// Its grid (所在网格), if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// What it is about (标题), phone and ID numbers masked.
    pub title: String,
    /// What is wanted (内容), phone and ID numbers masked.
    pub content: String,
    /// When it was placed (点单时间).
    pub created_at: DateTime<Utc>,
}

impl OrderBrief {
    fn of(order: Model) -> Self {
        Self {
            id: order.id,
            number: order.number,
            state: order.state,
            priority: order.priority,
            region_code: order.region_code,
            grid_id: order.grid_id,
            title: mask::text(&order.title),
            content: mask::text(&order.content),
            created_at: order.created_at,
        }
    }

    /// Where it lies, as far as a scope can ask.
    pub(crate) const fn place(&self) -> Place {
        Place { region: Some(self.region_code), grid: self.grid_id, organization: None }
    }
}

/// An order that the caller may know of.
pub(crate) async fn brief(cx: &Cx, id: OrderId) -> Result<OrderBrief> {
    let (order, ..) = seen(cx, id).await?;
    Ok(OrderBrief::of(order))
}

/// Several orders in one query, for whoever has asked for the right to be told of them.
pub(crate) async fn briefs(cx: &Cx, ids: &[OrderId]) -> Result<HashMap<OrderId, OrderBrief>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(store::named(cx, ids).await?.into_iter().map(|order| (order.id, OrderBrief::of(order))).collect())
}
