//! Work orders of hotlines (热线工单): pushed, looked at, extended, called back, done again.

use crate::{
    body::{Arrived, Exact},
    prelude::*,
};
use connect::hotline::{
    self, CallBackHotlineOrder, Envelope, ExtendHotlineOrder, HotlineOrder, HotlinePayload, ListHotlineOrders, PushHotlineOrder,
    ReworkHotlineOrder,
};
use kernel::id::HotlineOrderId;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(push_hotline_order)
        .service(list_hotline_orders)
        .service(get_hotline_order)
        .service(reveal_hotline_order)
        .service(extend_hotline_order)
        .service(call_back_hotline_order)
        .service(rework_hotline_order);
}

/// What arrived, as the signature of a hotline is about it.
fn envelope<'a>(arrived: &'a Arrived, header: &'a dyn Fn(&str) -> Option<&'a str>) -> Envelope<'a> {
    Envelope { body: &arrived.bytes, header }
}

/// Push a work order (推送热线工单)
///
/// By the program of a hotline; by a person while the line is down (人工录入). By its number there it is placed as an order, or, with a
/// higher version, brought up to date; the same version again changes nothing, an older one is refused. A program whose hotline signs
/// sends the headers of its signature (签名).
#[utoipa::path(tag = "hotlines", operation_id = "push_hotline_order",
    request_body(content = PushHotlineOrder, example = json!({
        "external_system": "12345.zhenjiang", "external_number": "ZJ202611160001", "external_version": 1, "source_channel": "phone",
        "kind": "help", "category_code": "B2-3", "title": "路灯不亮", "content": "小区东门路灯坏了一周,晚上出行不便。",
        "place": { "region_code": "321182001017", "address": "翡丽中央东门", "point": { "lng": 119.825, "lat": 32.237, "datum": "gcj02" } },
        "claimant": { "name": "张三", "phone": "13812341234", "confidential": true, "callback_wanted": true },
        "finish_by": "2026-11-30T10:00:00Z"
    })),
    responses((status = 201, body = HotlineOrder), (status = 200, body = HotlineOrder), WriteProblems),
    extensions(("x-permission" = json!("hotline.push"))))]
#[post("/hotline_orders")]
async fn push_hotline_order(call: Call, body: Exact<PushHotlineOrder>) -> Answer {
    let Exact(command, arrived) = body;
    let (order, new) = hotline::push(&call.cx, &envelope(&arrived, &|name| arrived.header(name)), command).await?;
    if new { created(order) } else { ok(order) }
}

/// List work orders (热线工单列表)
///
/// Those where the caller holds `hotline.read`, the newest first, masked (脱敏). `external_number` finds one by its number there.
#[utoipa::path(tag = "hotlines", operation_id = "list_hotline_orders", params(ListHotlineOrders),
    responses((status = 200, body = Page<HotlineOrder>), ReadProblems), extensions(("x-permission" = json!("hotline.read"))))]
#[get("/hotline_orders")]
async fn list_hotline_orders(call: Call, query: Query<ListHotlineOrders>) -> Answer {
    ok(hotline::list_orders(&call.cx, query.into_inner()).await?)
}

/// Read a work order (查询热线工单)
///
/// In full with `hotline.read_personal`, else masked. Of a confidential one (保密) the caller is absent for everybody else, and for whoever
/// does the work.
#[utoipa::path(tag = "hotlines", operation_id = "get_hotline_order", params(("id" = HotlineOrderId, Path, description = "Work order id (热线工单标识)")),
    responses((status = 200, body = HotlineOrder), ReadProblems), extensions(("x-permission" = json!("hotline.read"))))]
#[get("/hotline_orders/{id}")]
async fn get_hotline_order(call: Call, id: Path<HotlineOrderId>) -> Answer {
    ok(hotline::get_order(&call.cx, *id).await?)
}

/// Look at a work order as it came (查看原始工单)
///
/// Byte for byte what the hotline pushed last, as JSON. That somebody looked is logged.
#[utoipa::path(tag = "hotlines", operation_id = "reveal_hotline_order", params(("id" = HotlineOrderId, Path, description = "Work order id (热线工单标识)")),
    responses((status = 200, body = HotlinePayload), WriteProblems), extensions(("x-permission" = json!("hotline.read_personal"))))]
#[post("/hotline_orders/{id}/reveal")]
async fn reveal_hotline_order(call: Call, id: Path<HotlineOrderId>) -> Answer {
    ok(hotline::reveal(&call.cx, *id).await?)
}

/// Ask for more time (申请延期)
///
/// Before the work order's limit ends, and as often as the place's policy allows. The hotline answers with a newer version of the
/// work order; until then the old limit holds.
#[utoipa::path(tag = "hotlines", operation_id = "extend_hotline_order", params(("id" = HotlineOrderId, Path, description = "Work order id (热线工单标识)")),
    request_body(content = ExtendHotlineOrder, example = json!({
        "reason": "需协调电力部门停电施工。", "new_finish_by": "2026-12-10T10:00:00Z", "told_claimant_at": "2026-11-16T02:00:00Z", "version": 1
    })),
    responses((status = 200, body = HotlineOrder), WriteProblems), extensions(("x-permission" = json!("hotline.handle"))))]
#[post("/hotline_orders/{id}/extend")]
async fn extend_hotline_order(call: Call, id: Path<HotlineOrderId>, body: Body<ExtendHotlineOrder>) -> Answer {
    ok(hotline::extend(&call.cx, *id, body.0).await?)
}

/// Record a call-back (回访)
///
/// What the caller said when called back, once the work is done: by the hotline's program (scope `hotline.push`), or by somebody of the
/// community who did not do the work (`hotline.handle`), which the hotline is then told. The answer also judges the order (评单), if
/// nothing has yet; it puts nothing back by itself.
#[utoipa::path(tag = "hotlines", operation_id = "call_back_hotline_order", params(("id" = HotlineOrderId, Path, description = "Work order id (热线工单标识)")),
    request_body(content = CallBackHotlineOrder, example = json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "solved": true, "satisfaction": 3 })),
    responses((status = 200, body = HotlineOrder), WriteProblems), extensions(("x-permission" = json!("hotline.handle"))))]
#[post("/hotline_orders/{id}/call_back")]
async fn call_back_hotline_order(call: Call, id: Path<HotlineOrderId>, body: Exact<CallBackHotlineOrder>) -> Answer {
    let Exact(command, arrived) = body;
    ok(hotline::call_back(&call.cx, &envelope(&arrived, &|name| arrived.header(name)), *id, command).await?)
}

/// Have a work order done again (二次办理)
///
/// As the hotline says: its order goes back to dispatching (重办), or, if that is closed or was returned, another one is placed.
#[utoipa::path(tag = "hotlines", operation_id = "rework_hotline_order", params(("id" = HotlineOrderId, Path, description = "Work order id (热线工单标识)")),
    request_body(content = ReworkHotlineOrder, example = json!({ "reason": "诉求人反映路灯仍不亮。", "finish_by": "2026-12-20T10:00:00Z" })),
    responses((status = 200, body = HotlineOrder), WriteProblems), extensions(("x-permission" = json!("hotline.push"))))]
#[post("/hotline_orders/{id}/rework")]
async fn rework_hotline_order(call: Call, id: Path<HotlineOrderId>, body: Exact<ReworkHotlineOrder>) -> Answer {
    let Exact(command, arrived) = body;
    ok(hotline::rework(&call.cx, &envelope(&arrived, &|name| arrived.header(name)), *id, command).await?)
}
