//! Many orders at once (批量办理).

use crate::{
    batch::{Batch, MOST},
    prelude::*,
    problem::ProblemBody,
};
use kernel::id::OrderId;
use serde::Deserialize;
use services::order::{self, AcceptOrder, DispatchOrder, Order, PlaceOrder, TakeStep};
use utoipa::ToSchema;
use validator::Validate;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(place_orders).service(dispatch_orders).service(accept_orders).service(close_orders);
}

/// What became of each order (批量结果).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct OrderBatch {
    /// How many were refused (失败数).
    #[schema(minimum = 0, maximum = 500)]
    failed: u32,
    /// One for each, in the order in which they were sent.
    #[schema(max_items = 500)]
    items: Vec<OrderBatchItem>,
}

/// What became of one order (单项结果).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct OrderBatchItem {
    /// The status that it would have been answered with by itself.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The order, where it succeeded (订单).
    body: Option<Order>,
    /// The refusal, where it did not (错误); its pointers begin at the item.
    problem: Option<ProblemBody>,
}

/// Places orders (批量点单).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct PlaceOrders {
    /// 1 to 500, each as for `place_order`.
    #[schema(min_items = 1, max_items = 500)]
    items: Vec<PlaceOrder>,
}

/// Place many orders (批量点单)
///
/// For systems that hand their work orders over. Each is placed or refused by itself: the answer is 200 with a `status` for each, and
/// `failed` says how many were refused. Send an `Idempotency-Key`: the same batch sent again places what is not placed yet.
#[utoipa::path(tag = "orders", operation_id = "place_orders",
    request_body(content = PlaceOrders, example = json!({ "items": [
        { "title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天。", "region_code": "321182001017", "channel": "hotline_12345",
          "on_behalf": true, "contact": { "name": "张三", "phone": "13812341234" } }
    ] })),
    responses((status = 200, body = OrderBatch), WriteProblems),
    extensions(("x-permission" = json!("order.place")), ("x-batch" = json!(MOST))))]
#[post("/orders/batch")]
async fn place_orders(batch: Batch<PlaceOrder>) -> Answer {
    batch.each(201, async |cx, command| order::place(cx, command).await).await
}

macro_rules! steps {
    ($($(#[$doc:meta])* $batch:ident of $item:ident $command:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        struct $batch {
            /// 1 to 500 orders.
            #[schema(min_items = 1, max_items = 500)]
            items: Vec<$item>,
        }

        /// One order and its step (单项).
        #[derive(Deserialize, ToSchema, Validate)]
        #[serde(deny_unknown_fields)]
        struct $item {
            /// Which order (订单).
            id: OrderId,
            /// As for one order by itself (内容).
            #[validate(nested)]
            body: $command,
        }
    )+};
}

steps! {
    /// Dispatches orders (批量派单).
    DispatchOrders of DispatchOrdersItem DispatchOrder;
    /// Accepts orders (批量接单).
    AcceptOrders of AcceptOrdersItem AcceptOrder;
    /// Closes orders (批量销号).
    CloseOrders of CloseOrdersItem TakeStep;
}

/// Dispatch many orders (批量派单)
///
/// Each with its own mode and taker, dispatched or refused by itself; see `place_orders`.
#[utoipa::path(tag = "orders", operation_id = "dispatch_orders",
    request_body(content = DispatchOrders, example = json!({ "items": [{ "id": "019aa1c2-0000-7000-8000-000000000001", "body": { "mode": "pool" } }] })),
    responses((status = 200, body = OrderBatch), WriteProblems),
    extensions(("x-permission" = json!("order.dispatch")), ("x-batch" = json!(MOST))))]
#[post("/orders/batch/dispatch")]
async fn dispatch_orders(batch: Batch<DispatchOrdersItem>) -> Answer {
    batch.each(200, async |cx, item| order::dispatch(cx, item.id, item.body).await).await
}

/// Accept many orders (批量接单)
///
/// Each is accepted or refused by itself; see `place_orders`.
#[utoipa::path(tag = "orders", operation_id = "accept_orders",
    request_body(content = AcceptOrders, example = json!({ "items": [{ "id": "019aa1c2-0000-7000-8000-000000000001", "body": {} }] })),
    responses((status = 200, body = OrderBatch), WriteProblems),
    extensions(("x-permission" = json!("order.take")), ("x-batch" = json!(MOST))))]
#[post("/orders/batch/accept")]
async fn accept_orders(batch: Batch<AcceptOrdersItem>) -> Answer {
    batch.each(200, async |cx, item| order::accept(cx, item.id, item.body).await).await
}

/// Close many orders (批量销号)
///
/// Each is closed or refused by itself; see `place_orders`.
#[utoipa::path(tag = "orders", operation_id = "close_orders",
    request_body(content = CloseOrders, example = json!({ "items": [{ "id": "019aa1c2-0000-7000-8000-000000000001", "body": {} }] })),
    responses((status = 200, body = OrderBatch), WriteProblems),
    extensions(("x-permission" = json!("order.close")), ("x-batch" = json!(MOST))))]
#[post("/orders/batch/close")]
async fn close_orders(batch: Batch<CloseOrdersItem>) -> Answer {
    batch.each(200, async |cx, item| order::close(cx, item.id, item.body).await).await
}
