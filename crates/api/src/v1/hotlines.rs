//! Hotlines (12345 热线): how they push and how they are told, what they were told, and the rates.

use crate::prelude::*;
use connect::hotline::{
    self, CreateHotline, Hotline, HotlineCategories, HotlineMessage, HotlineRates, HotlineReconciliation, HotlineRedelivery,
    ListHotlineCategories, ListHotlineMessages, ListHotlineRates, ListHotlines, ReconcileHotline, SetHotlineCategories, UpdateHotline,
};
use kernel::id::{HotlineId, HotlineMessageId};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_hotlines)
        .service(create_hotline)
        .service(get_hotline)
        .service(update_hotline)
        .service(remove_hotline)
        .service(set_hotline_categories)
        .service(list_hotline_categories)
        .service(list_hotline_messages)
        .service(reconcile_hotline)
        .service(redeliver_hotline_messages)
        .service(redeliver_hotline_message)
        .service(list_hotline_rates);
}

/// List hotlines (热线对接列表)
///
/// Those where the caller holds `hotline.manage`, the newest first; without their secrets.
#[utoipa::path(tag = "hotlines", operation_id = "list_hotlines", params(ListHotlines),
    responses((status = 200, body = Page<Hotline>), ReadProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[get("/hotlines")]
async fn list_hotlines(call: Call, query: Query<ListHotlines>) -> Answer {
    ok(hotline::list_hotlines(&call.cx, query.into_inner()).await?)
}

/// Enter a hotline (新增热线对接)
///
/// `inbound` says how what it pushes is signed (来单签名), `outbound` where it is told of our steps, and what it calls things (回传配置);
/// see docs/hotline.md. Secrets are never shown again. An address that leads into the operator's own network is refused, unless the
/// operator allows it.
#[utoipa::path(tag = "hotlines", operation_id = "create_hotline",
    request_body(content = CreateHotline, example = json!({
        "system": "12345.zhenjiang", "name": "镇江12345政务服务便民热线", "region_code": "321182000000",
        "outbound": {
            "base_url": "https://12345.example.org/api",
            "paths": [{ "kind": "sign", "path": "/workorders/{external_number}/sign" }, { "kind": "finish", "path": "/workorders/{external_number}/finish" }]
        }
    })),
    responses((status = 201, body = Hotline), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[post("/hotlines")]
async fn create_hotline(call: Call, body: Body<CreateHotline>) -> Answer {
    created(hotline::create_hotline(&call.cx, &call.outlet, body.0).await?)
}

/// Read a hotline (查询热线对接)
///
/// Without its secrets. `failing_since` says since when nothing has got through (持续失败).
#[utoipa::path(tag = "hotlines", operation_id = "get_hotline", params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)")),
    responses((status = 200, body = Hotline), ReadProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[get("/hotlines/{id}")]
async fn get_hotline(call: Call, id: Path<HotlineId>) -> Answer {
    ok(hotline::get_hotline(&call.cx, *id).await?)
}

/// Change a hotline (修改热线对接)
///
/// What is absent stays; `outbound` is replaced as a whole, but keeps a secret that is absent. With `paused` what it is to be told
/// waits (暂停回传).
#[utoipa::path(tag = "hotlines", operation_id = "update_hotline", params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)")),
    request_body(content = UpdateHotline, example = json!({ "paused": true, "version": 1 })),
    responses((status = 200, body = Hotline), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[post("/hotlines/{id}")]
async fn update_hotline(call: Call, id: Path<HotlineId>, body: Body<UpdateHotline>) -> Answer {
    ok(hotline::update_hotline(&call.cx, &call.outlet, *id, body.0).await?)
}

/// Remove a hotline (删除热线对接)
///
/// It pushes nothing more and is told nothing more; its work orders stay.
#[utoipa::path(tag = "hotlines", operation_id = "remove_hotline", params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)")),
    responses((status = 204, description = "Removed (已删除)."), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[delete("/hotlines/{id}")]
async fn remove_hotline(call: Call, id: Path<HotlineId>) -> Answer {
    hotline::remove_hotline(&call.cx, *id).await?;
    no_content()
}

/// Map a hotline's categories (热线分类对照)
///
/// Which service item (服务事项) each of its categories leads to in a region: a new version of the mapping, which holds at once for what
/// comes from now on. The most specific place that has a mapping of the category decides.
#[utoipa::path(tag = "hotlines", operation_id = "set_hotline_categories", params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)")),
    request_body(content = SetHotlineCategories, example = json!({
        "region_code": "321182000000", "entries": [{ "category_code": "B2*", "item_code": "BM-01-01" }]
    })),
    responses((status = 201, body = HotlineCategories), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[post("/hotlines/{id}/categories")]
async fn set_hotline_categories(call: Call, id: Path<HotlineId>, body: Body<SetHotlineCategories>) -> Answer {
    created(hotline::set_categories(&call.cx, *id, body.0).await?)
}

/// List a hotline's mappings (热线分类对照列表)
///
/// All versions (历史版本), the newest of a place first.
#[utoipa::path(tag = "hotlines", operation_id = "list_hotline_categories",
    params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)"), ListHotlineCategories),
    responses((status = 200, body = Page<HotlineCategories>), ReadProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[get("/hotlines/{id}/categories")]
async fn list_hotline_categories(call: Call, id: Path<HotlineId>, query: Query<ListHotlineCategories>) -> Answer {
    ok(hotline::list_categories(&call.cx, *id, query.into_inner()).await?)
}

/// List what a hotline was told (回传记录)
///
/// And what it is still to be told, the newest first: with what came of the last attempt, and when it is tried next (下次尝试).
#[utoipa::path(tag = "hotlines", operation_id = "list_hotline_messages",
    params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)"), ListHotlineMessages),
    responses((status = 200, body = Page<HotlineMessage>), ReadProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[get("/hotlines/{id}/messages")]
async fn list_hotline_messages(call: Call, id: Path<HotlineId>, query: Query<ListHotlineMessages>) -> Answer {
    ok(hotline::list_messages(&call.cx, *id, query.into_inner()).await?)
}

/// Reconcile with a hotline (对账)
///
/// What we believe of work orders against what the hotline has acknowledged: those of which it has not acknowledged all, the newest
/// first.
#[utoipa::path(tag = "hotlines", operation_id = "reconcile_hotline",
    params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)"), ReconcileHotline),
    responses((status = 200, body = Page<HotlineReconciliation>), ReadProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[get("/hotlines/{id}/reconciliation")]
async fn reconcile_hotline(call: Call, id: Path<HotlineId>, query: Query<ReconcileHotline>) -> Answer {
    ok(hotline::reconcile(&call.cx, *id, query.into_inner()).await?)
}

/// Tell a hotline once more of all that failed (全部重新回传)
///
/// At once, and with the configuration that it has now.
#[utoipa::path(tag = "hotlines", operation_id = "redeliver_hotline_messages", params(("id" = HotlineId, Path, description = "Hotline id (热线对接编号)")),
    responses((status = 200, body = HotlineRedelivery), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[post("/hotlines/{id}/redeliver")]
async fn redeliver_hotline_messages(call: Call, id: Path<HotlineId>) -> Answer {
    ok(hotline::redeliver_failed(&call.cx, *id).await?)
}

/// Tell a hotline once more (重新回传)
///
/// At once, with the same `message_id`, and up to ten times again.
#[utoipa::path(tag = "hotlines", operation_id = "redeliver_hotline_message", params(("id" = HotlineMessageId, Path, description = "Message id (回传编号)")),
    responses((status = 200, body = HotlineMessage), WriteProblems), extensions(("x-permission" = json!("hotline.manage"))))]
#[post("/hotline_messages/{id}/redeliver")]
async fn redeliver_hotline_message(call: Call, id: Path<HotlineMessageId>) -> Answer {
    ok(hotline::redeliver(&call.cx, *id).await?)
}

/// List the three rates of hotlines (三率)
///
/// 响应率, 解决率 and 满意率 of each community, unit and month, each with what it is a part of; the newest month first. A work order counts for
/// the month in which it came; what each rate counts stands at its field.
#[utoipa::path(tag = "hotlines", operation_id = "list_hotline_rates", params(ListHotlineRates),
    responses((status = 200, body = Page<HotlineRates>), ReadProblems), extensions(("x-permission" = json!("hotline.read"))))]
#[get("/hotline_rates")]
async fn list_hotline_rates(call: Call, query: Query<ListHotlineRates>) -> Answer {
    ok(hotline::list_rates(&call.cx, query.into_inner()).await?)
}
