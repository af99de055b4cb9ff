//! Orders (订单): 群众点单 → 社区派单 → 党员接单 → 办结 → 群众评单 → 销号.

use crate::prelude::*;
use chrono::{DateTime, Utc};
use kernel::{
    Code, Cx, Error,
    clock::has_plain_year,
    event::LoggedEvent,
    id::{AccountId, GridId, ItemId, OrderId},
};
use serde::{Deserialize, Serialize};
use services::order::{
    self, AcceptOrder, Candidates, CompleteOrder, DispatchOrder, EvaluateOrder, GiveReason, LinkOrder, ListCandidates, MergeOrder, Order,
    OrderListView, PlaceOrder, RecordProgress, RejectOrder, State, TakeStep, TriageOrder, UpsertOrder,
};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(place_order)
        .service(list_orders)
        .service(get_order)
        .service(list_order_events)
        .service(list_order_followers)
        .service(triage_order)
        .service(reject_order)
        .service(dispatch_order)
        .service(accept_order)
        .service(decline_order)
        .service(hand_back_order)
        .service(start_order)
        .service(record_progress)
        .service(complete_order)
        .service(evaluate_order)
        .service(rework_order)
        .service(close_order)
        .service(cancel_order)
        .service(suspend_order)
        .service(resume_order)
        .service(merge_order)
        .service(upsert_order)
        .service(link_order)
        .service(list_order_candidates);
}

/// Place an order (点单)
///
/// For oneself, or with `on_behalf` for a resident who phoned, wrote or was visited (代点单); that needs `order.place_on_behalf`.
/// The grid (网格) is found from `point`, which may be in any datum.
#[utoipa::path(tag = "orders", operation_id = "place_order",
    request_body(content = PlaceOrder, example = json!({
        "title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天,老人上下楼不安全。", "region_code": "321182001017", "channel": "mini_program",
        "point": { "lng": 119.825, "lat": 32.237, "datum": "gcj02" },
        "contact": { "name": "张三", "phone": "13812341234", "address": "翡丽中央 12幢3单元" }
    })),
    responses((status = 201, body = Order), WriteProblems), extensions(("x-permission" = json!("order.place"))))]
#[post("/orders")]
async fn place_order(call: Call, body: Body<PlaceOrder>) -> Answer {
    created(order::place(&call.cx, body.0).await?)
}

/// Which orders, from whose point of view.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListOrders {
    /// Whose orders (视角); `scope` for those who hold `order.read` anywhere, else `mine`.
    #[param(inline)]
    view: Option<OrderListView>,
    /// Any of these states (状态), comma-separated.
    #[param(max_length = 200, example = "triaged,dispatched")]
    state: Option<String>,
    /// In this region and beneath (区划): 2, 4, 6, 9 or 12 digits.
    region_code: Option<RegionCode>,
    /// In this grid (网格).
    grid_id: Option<GridId>,
    /// Of this version of a service item (服务事项).
    item_id: Option<ItemId>,
    /// Led by this person or organization (主办方).
    #[param(value_type = Option<String>, format = Uuid)]
    taker_id: Option<uuid::Uuid>,
    /// Asked for by this account (点单人).
    requester_id: Option<AccountId>,
    /// Only those past (`true`) or not past (`false`) the deadline that runs (超时).
    overdue: Option<bool>,
    /// With this number (订单号), as typed: lower case and spaces are understood.
    #[param(max_length = 40)]
    number: Option<String>,
    /// Known to another system under this number (外部编号); in the views `scope` and `mine`.
    #[param(max_length = 64)]
    external_number: Option<String>,
    /// Known to this other system (外部系统); in the views `scope` and `mine`.
    #[param(max_length = 64)]
    external_system: Option<String>,
    /// Placed at this time or later.
    created_after: Option<DateTime<Utc>>,
    /// Placed before this time.
    created_before: Option<DateTime<Utc>>,
    /// Changed at this time or later; the list is then in the order of change, oldest first. To miss nothing, read `/events` instead.
    updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List orders (订单列表)
///
/// Newest first. Contacts (联系方式) are left out and texts masked (脱敏); read one order for more.
#[utoipa::path(tag = "orders", operation_id = "list_orders", params(ListOrders), responses((status = 200, body = Page<Order>), ReadProblems),
    extensions(("x-permission" = json!("own"))))]
#[get("/orders")]
async fn list_orders(call: Call, query: Query<ListOrders>) -> Answer {
    ok(page(&call.cx, query.into_inner()).await?)
}

/// A page of the list.
pub(super) async fn page(cx: &Cx, q: ListOrders) -> kernel::Result<Page<Order>> {
    for time in [q.created_after, q.created_before, q.updated_after].into_iter().flatten() {
        if !has_plain_year(time) {
            return Err(Error::new(Code::QueryParameterInvalid).with("reason", "a time has a year of four digits"));
        }
    }
    let states = q.state.iter().flat_map(|s| s.split(',')).filter(|s| !s.is_empty()).map(state).collect::<kernel::Result<Vec<State>>>()?;
    let filter = order::ListOrders {
        view: q.view,
        states,
        region_code: q.region_code,
        grid_id: q.grid_id,
        item_id: q.item_id,
        taker_id: q.taker_id,
        requester_id: q.requester_id,
        overdue: q.overdue,
        number: q.number,
        external_number: q.external_number,
        external_system: q.external_system,
        created_after: q.created_after,
        created_before: q.created_before,
        updated_after: q.updated_after,
    };
    order::list(cx, filter, PageQuery { limit: q.limit, cursor: q.cursor }).await
}

fn state(word: &str) -> kernel::Result<State> {
    State::all()
        .find(|s| s.as_str() == word)
        .ok_or_else(|| Error::new(Code::QueryParameterInvalid).with("reason", "there is no such state"))
}

/// Read an order (订单详情)
///
/// With its contact (联系方式), in full for the requester, for the lead taker (主办方) from accepting until closing, and for those who hold
/// `order.read_personal`; masked for everybody else who may see it.
#[utoipa::path(tag = "orders", operation_id = "get_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    responses((status = 200, body = Order), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/orders/{id}")]
async fn get_order(call: Call, id: Path<OrderId>) -> Answer {
    ok(order::get(&call.cx, *id).await?)
}

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageOf {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Read an order's timeline (办理进度)
///
/// Every step that it has taken, oldest first: who, when, from which state to which, and what was said.
#[utoipa::path(tag = "orders", operation_id = "list_order_events", params(("id" = OrderId, Path, description = "The order (订单)"), PageOf),
    responses((status = 200, body = Page<LoggedEvent>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/orders/{id}/events")]
async fn list_order_events(call: Call, id: Path<OrderId>, query: Query<PageOf>) -> Answer {
    ok(timeline(&call.cx, *id, query.into_inner()).await?)
}

/// A page of the timeline.
pub(super) async fn timeline(cx: &Cx, id: OrderId, PageOf { limit, cursor }: PageOf) -> kernel::Result<Page<LoggedEvent>> {
    order::timeline(cx, id, PageQuery { limit, cursor }).await
}

/// Who follows an order (关注人).
#[derive(Serialize, ToSchema)]
struct OrderFollowers {
    /// The accounts, oldest first.
    account_ids: Vec<AccountId>,
}

/// List an order's followers (关注人)
///
/// The requesters of duplicates that were merged into it (并单).
#[utoipa::path(tag = "orders", operation_id = "list_order_followers", params(("id" = OrderId, Path, description = "The order (订单)")),
    responses((status = 200, body = OrderFollowers), ReadProblems), extensions(("x-permission" = json!("order.read"))))]
#[get("/orders/{id}/followers")]
async fn list_order_followers(call: Call, id: Path<OrderId>) -> Answer {
    ok(OrderFollowers { account_ids: order::followers(&call.cx, *id).await? })
}

/// Take an order in hand (受理分类)
///
/// Sorts it under a service item (事项), sets its priority (优先级) and limits (时限), and starts its clocks.
#[utoipa::path(tag = "orders", operation_id = "triage_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = TriageOrder, example = json!({ "priority": "high", "respond_limit": { "value": 4, "unit": "working_hours" }, "finish_limit": { "value": 3, "unit": "working_days" } })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.triage"))))]
#[post("/orders/{id}/triage")]
async fn triage_order(call: Call, id: Path<OrderId>, body: Body<TriageOrder>) -> Answer {
    ok(order::triage(&call.cx, *id, body.0).await?)
}

/// Refuse an order (不予受理)
///
/// With a reason code (情形编码), the reason in words, and the proper channel (正确渠道).
#[utoipa::path(tag = "orders", operation_id = "reject_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = RejectOrder, example = json!({ "code": "not_competent", "text": "燃气管道由燃气公司维护。", "channel": "燃气公司客服热线" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.reject"))))]
#[post("/orders/{id}/reject")]
async fn reject_order(call: Call, id: Path<OrderId>, body: Body<RejectOrder>) -> Answer {
    ok(order::reject(&call.cx, *id, body.0).await?)
}

/// Dispatch an order (派单)
///
/// `assign` to a named lead taker (主办) whom others may assist (协办); `pool` for whoever is eligible to claim (抢单); `self_handled` to do it
/// oneself at once (直接办理). A dispatched order may be dispatched again.
#[utoipa::path(tag = "orders", operation_id = "dispatch_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = DispatchOrder, example = json!({ "mode": "pool", "finish_limit": { "value": 3, "unit": "working_days" }, "note": "请带梯子" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.dispatch"))))]
#[post("/orders/{id}/dispatch")]
async fn dispatch_order(call: Call, id: Path<OrderId>, body: Body<DispatchOrder>) -> Answer {
    ok(order::dispatch(&call.cx, *id, body.0).await?)
}

/// Accept an order (接单)
///
/// One's own assignment, or a claim from the pool (抢单): exactly one claim wins; the others get 409 `order_taken` with the state in `params`.
#[utoipa::path(tag = "orders", operation_id = "accept_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = AcceptOrder, example = json!({})),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.take"))))]
#[post("/orders/{id}/accept")]
async fn accept_order(call: Call, id: Path<OrderId>, body: Body<AcceptOrder>) -> Answer {
    ok(order::accept(&call.cx, *id, body.0).await?)
}

/// Decline an assignment (拒单)
///
/// The order goes back to the dispatcher (派单人).
#[utoipa::path(tag = "orders", operation_id = "decline_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = GiveReason, example = json!({ "reason": "本周外出" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/decline")]
async fn decline_order(call: Call, id: Path<OrderId>, body: Body<GiveReason>) -> Answer {
    ok(order::decline(&call.cx, *id, body.0).await?)
}

/// Hand an order back (退单)
///
/// After accepting, by the lead taker (主办方), or by a dispatcher (派单人) who takes it back from one who does not come: the order waits to be
/// dispatched again and the clock for accepting runs anew.
#[utoipa::path(tag = "orders", operation_id = "hand_back_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = GiveReason, example = json!({ "reason": "需要电工资质" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/hand_back")]
async fn hand_back_order(call: Call, id: Path<OrderId>, body: Body<GiveReason>) -> Answer {
    ok(order::hand_back(&call.cx, *id, body.0).await?)
}

/// Begin the work (开始办理)
///
/// By the lead taker (主办方).
#[utoipa::path(tag = "orders", operation_id = "start_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = TakeStep, example = json!({ "note": "已到现场" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/start")]
async fn start_order(call: Call, id: Path<OrderId>, body: Body<TakeStep>) -> Answer {
    ok(order::start(&call.cx, *id, body.0).await?)
}

/// Record progress (记录进度)
///
/// By the lead taker (主办方) or one who assists (协办方); the note stands in the timeline (办理进度).
#[utoipa::path(tag = "orders", operation_id = "record_progress", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = RecordProgress, example = json!({ "note": "灯泡已买到,下午更换。" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/progress")]
async fn record_progress(call: Call, id: Path<OrderId>, body: Body<RecordProgress>) -> Answer {
    ok(order::record_progress(&call.cx, *id, body.0).await?)
}

/// Complete an order (办结)
///
/// With the result (办结结果) and the answer to the requester (答复).
#[utoipa::path(tag = "orders", operation_id = "complete_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = CompleteOrder, example = json!({ "result": "solved", "answer": "楼道灯已更换,并检查了整个单元。" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/complete")]
async fn complete_order(call: Call, id: Path<OrderId>, body: Body<CompleteOrder>) -> Answer {
    ok(order::complete(&call.cx, *id, body.0).await?)
}

/// Judge an order (评单)
///
/// Once a round, by the requester (点单人), in five levels from 非常满意 to 非常不满意. A dissatisfied judgement puts the order back to dispatching
/// (重办) as often as the place's policy says.
#[utoipa::path(tag = "orders", operation_id = "evaluate_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = EvaluateOrder, example = json!({ "level": "very_satisfied", "tags": ["及时", "热情"], "comment": "谢谢!" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/evaluate")]
async fn evaluate_order(call: Call, id: Path<OrderId>, body: Body<EvaluateOrder>) -> Answer {
    ok(order::evaluate(&call.cx, *id, body.0).await?)
}

/// Have an order done again (重办)
///
/// After a dissatisfied judgement (不满意), or before any judgement after a failed call-back (回访).
#[utoipa::path(tag = "orders", operation_id = "rework_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = GiveReason, example = json!({ "reason": "回访:问题仍在" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.rework"))))]
#[post("/orders/{id}/rework")]
async fn rework_order(call: Call, id: Path<OrderId>, body: Body<GiveReason>) -> Answer {
    ok(order::rework(&call.cx, *id, body.0).await?)
}

/// Close an order (销号)
///
/// Never by somebody who did the work (办理者).
#[utoipa::path(tag = "orders", operation_id = "close_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = TakeStep, example = json!({ "note": "已回访" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.close"))))]
#[post("/orders/{id}/close")]
async fn close_order(call: Call, id: Path<OrderId>, body: Body<TakeStep>) -> Answer {
    ok(order::close(&call.cx, *id, body.0).await?)
}

/// Cancel an order (撤单)
///
/// The requester (点单人) freely until somebody has accepted, then with a reason; others need `order.cancel`.
#[utoipa::path(tag = "orders", operation_id = "cancel_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = TakeStep, example = json!({ "note": "灯自己好了" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/orders/{id}/cancel")]
async fn cancel_order(call: Call, id: Path<OrderId>, body: Body<TakeStep>) -> Answer {
    ok(order::cancel(&call.cx, *id, body.0).await?)
}

/// Suspend an order (挂起)
///
/// Its clocks (时限) stand still until it is resumed.
#[utoipa::path(tag = "orders", operation_id = "suspend_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = GiveReason, example = json!({ "reason": "等待配件到货" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.suspend"))))]
#[post("/orders/{id}/suspend")]
async fn suspend_order(call: Call, id: Path<OrderId>, body: Body<GiveReason>) -> Answer {
    ok(order::suspend(&call.cx, *id, body.0).await?)
}

/// Resume an order (恢复)
///
/// It stands where it stood, and its clocks (时限) run on with what was left.
#[utoipa::path(tag = "orders", operation_id = "resume_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = TakeStep, example = json!({})),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.suspend"))))]
#[post("/orders/{id}/resume")]
async fn resume_order(call: Call, id: Path<OrderId>, body: Body<TakeStep>) -> Answer {
    ok(order::resume(&call.cx, *id, body.0).await?)
}

/// Merge a duplicate (并单)
///
/// The requester and the followers (关注人) of this order follow the other one from now on.
#[utoipa::path(tag = "orders", operation_id = "merge_order", params(("id" = OrderId, Path, description = "The duplicate (重复订单)")),
    request_body(content = MergeOrder, example = json!({ "into": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70" })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.merge"))))]
#[post("/orders/{id}/merge")]
async fn merge_order(call: Call, id: Path<OrderId>, body: Body<MergeOrder>) -> Answer {
    ok(order::merge(&call.cx, *id, body.0).await?)
}

/// Place an order by another system's number (按外部编号点单)
///
/// For programs that hand their orders over (代点单): by system and number it is placed, or, with a higher version, its title, content and
/// contact are brought up to date. The same version again changes nothing, an older one is refused. Only whoever placed it may do so.
#[utoipa::path(tag = "orders", operation_id = "upsert_order",
    request_body(content = UpsertOrder, example = json!({
        "external": { "system": "cityos.zhenjiang", "number": "CG-2026-001", "version": 1 },
        "order": {
            "title": "窨井盖缺失", "content": "人行道窨井盖缺失,已设围挡。", "region_code": "321182001017", "on_behalf": true,
            "contact": { "name": "张三", "phone": "13812341234" }
        }
    })),
    responses((status = 201, body = Order), (status = 200, body = Order), WriteProblems),
    extensions(("x-permission" = json!("order.place_on_behalf"))))]
#[post("/orders/upsert")]
async fn upsert_order(call: Call, body: Body<UpsertOrder>) -> Answer {
    let (order, new) = order::upsert(&call.cx, body.0).await?;
    if new { created(order) } else { ok(order) }
}

/// Record another system's number of an order (关联外部编号)
///
/// So that it is found by it (`external_number`); a higher version of a number that it has already is taken over.
#[utoipa::path(tag = "orders", operation_id = "link_order", params(("id" = OrderId, Path, description = "The order (订单)")),
    request_body(content = LinkOrder, example = json!({ "external": { "system": "cityos.zhenjiang", "number": "CG-2026-001", "version": 1 } })),
    responses((status = 200, body = Order), WriteProblems), extensions(("x-permission" = json!("order.triage"))))]
#[post("/orders/{id}/external_refs")]
async fn link_order(call: Call, id: Path<OrderId>, body: Body<LinkOrder>) -> Answer {
    ok(order::link(&call.cx, *id, body.0).await?)
}

/// List who could take an order (派单候选).
///
/// The service team of the order's grid (“1+N”网格服务团队) first, then the roll (接单人名册) of the community, with `skill` only those who have it (技能特长);
/// within each, whoever has the skill first, then whoever has fewer orders in hand (在办订单数). Only those are named that a dispatch (派单)
/// would take, and nobody's phone. The skill is what the order's service item (服务事项) is called, unless `skill` names another.
#[utoipa::path(tag = "orders", operation_id = "list_order_candidates", params(("id" = OrderId, Path, description = "Order id (订单标识)"), ListCandidates),
    responses((status = 200, body = Candidates), ReadProblems), extensions(("x-permission" = json!("order.dispatch"))))]
#[get("/orders/{id}/candidates")]
async fn list_order_candidates(call: Call, id: Path<OrderId>, query: Query<ListCandidates>) -> Answer {
    ok(order::candidates(&call.cx, *id, query.into_inner()).await?)
}
