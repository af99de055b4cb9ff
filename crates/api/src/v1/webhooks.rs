//! Webhook endpoints (推送地址), what they are told, and every attempt to tell it.

use crate::prelude::*;
use connect::webhook::{
    self, CreateWebhookEndpoint, ListWebhookDeliveries, ListWebhookEndpoints, ReplayWebhookEvents, RotateWebhookSecret,
    SwitchWebhookEndpoint, UpdateWebhookEndpoint, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookReplay,
};
use kernel::{
    Cx,
    id::{WebhookDeliveryId, WebhookEndpointId},
};
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_webhook_endpoints)
        .service(create_webhook_endpoint)
        .service(get_webhook_endpoint)
        .service(update_webhook_endpoint)
        .service(remove_webhook_endpoint)
        .service(rotate_webhook_secret)
        .service(pause_webhook_endpoint)
        .service(resume_webhook_endpoint)
        .service(test_webhook_endpoint)
        .service(replay_webhook_events)
        .service(list_webhook_deliveries)
        .service(get_webhook_delivery)
        .service(list_webhook_attempts)
        .service(redeliver_webhook);
}

/// List webhook endpoints (推送地址列表)
///
/// Those where the caller holds `webhook.manage`, the newest first; without their secrets.
#[utoipa::path(tag = "webhooks", operation_id = "list_webhook_endpoints", params(ListWebhookEndpoints),
    responses((status = 200, body = Page<WebhookEndpoint>), ReadProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[get("/webhook_endpoints")]
async fn list_webhook_endpoints(call: Call, query: Query<ListWebhookEndpoints>) -> Answer {
    ok(webhook::list_endpoints(&call.cx, query.into_inner()).await?)
}

/// Enter a webhook endpoint (新增推送地址)
///
/// From now on it is told of each event of these types in this region that the caller may read, signed after Standard Webhooks
/// 1.0.0. The answer holds the secret (密钥), which is shown this once. An address that leads into the operator's own network is
/// refused, unless the operator allows it.
#[utoipa::path(tag = "webhooks", operation_id = "create_webhook_endpoint",
    request_body(content = CreateWebhookEndpoint, example = json!({
        "region_code": "321182001017", "name": "区指挥平台", "url": "https://hooks.example.org/linli", "types": ["order.*"]
    })),
    responses((status = 201, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints")]
async fn create_webhook_endpoint(call: Call, body: Body<CreateWebhookEndpoint>) -> Answer {
    created(webhook::create_endpoint(&call.cx, &call.outlet, body.0).await?)
}

/// Read a webhook endpoint (查询推送地址)
///
/// Without its secret. `failing_since` says since when nothing has got through (持续失败).
#[utoipa::path(tag = "webhooks", operation_id = "get_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    responses((status = 200, body = WebhookEndpoint), ReadProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[get("/webhook_endpoints/{id}")]
async fn get_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>) -> Answer {
    ok(webhook::get_endpoint(&call.cx, *id).await?)
}

/// Change a webhook endpoint (修改推送地址)
///
/// What is absent stays. Whoever changes it becomes its owner (负责人): it is told of what they may read.
#[utoipa::path(tag = "webhooks", operation_id = "update_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    request_body(content = UpdateWebhookEndpoint, example = json!({ "types": ["order.*", "grid.*"], "version": 1 })),
    responses((status = 200, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}")]
async fn update_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>, body: Body<UpdateWebhookEndpoint>) -> Answer {
    ok(webhook::update_endpoint(&call.cx, &call.outlet, *id, body.0).await?)
}

/// Remove a webhook endpoint (删除推送地址)
///
/// What was still to be told to it is not.
#[utoipa::path(tag = "webhooks", operation_id = "remove_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    responses((status = 204, description = "Removed (已删除)."), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[delete("/webhook_endpoints/{id}")]
async fn remove_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>) -> Answer {
    webhook::remove_endpoint(&call.cx, *id).await?;
    no_content()
}

/// Give a webhook endpoint a new secret (更换密钥)
///
/// The answer holds it, this once. For `overlap_hours` messages are signed with the old one too (新旧密钥并行), so that a receiver
/// can change without losing any. Whoever does it becomes the owner.
#[utoipa::path(tag = "webhooks", operation_id = "rotate_webhook_secret", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    request_body(content = RotateWebhookSecret, example = json!({ "overlap_hours": 24, "version": 1 })),
    responses((status = 200, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}/rotate_secret")]
async fn rotate_webhook_secret(call: Call, id: Path<WebhookEndpointId>, body: Body<RotateWebhookSecret>) -> Answer {
    ok(webhook::rotate_secret(&call.cx, *id, body.0).await?)
}

/// Pause a webhook endpoint (暂停推送)
///
/// Nothing is sent to it; what comes is kept for it.
#[utoipa::path(tag = "webhooks", operation_id = "pause_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    request_body(content = SwitchWebhookEndpoint, example = json!({ "version": 1 })),
    responses((status = 200, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}/pause")]
async fn pause_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>, body: Body<SwitchWebhookEndpoint>) -> Answer {
    ok(webhook::pause_endpoint(&call.cx, *id, body.0).await?)
}

/// Resume a webhook endpoint (恢复推送)
///
/// Whatever stopped it: it is told at once of what came meanwhile, and of what was still to be told. Whoever does it becomes the
/// owner.
#[utoipa::path(tag = "webhooks", operation_id = "resume_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    request_body(content = SwitchWebhookEndpoint, example = json!({ "version": 2 })),
    responses((status = 200, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}/resume")]
async fn resume_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>, body: Body<SwitchWebhookEndpoint>) -> Answer {
    ok(webhook::resume_endpoint(&call.cx, *id, body.0).await?)
}

/// Ask for a test event (测试推送)
///
/// An event `webhook_endpoint.tested` goes all the way, whatever types the endpoint asks for; its deliveries tell what came of it.
#[utoipa::path(tag = "webhooks", operation_id = "test_webhook_endpoint", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    responses((status = 200, body = WebhookEndpoint), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}/test")]
async fn test_webhook_endpoint(call: Call, id: Path<WebhookEndpointId>) -> Answer {
    ok(webhook::test_endpoint(&call.cx, *id).await?)
}

/// Tell an endpoint of a range of events once more (重放推送)
///
/// By numbers or by time, as far back as the event log goes; what has been delivered is left out unless `undelivered_only` is false.
/// Each message has the `webhook-id` that it had before.
#[utoipa::path(tag = "webhooks", operation_id = "replay_webhook_events", params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)")),
    request_body(content = ReplayWebhookEvents, example = json!({ "after": "2026-11-16T00:00:00Z", "undelivered_only": true })),
    responses((status = 201, body = WebhookReplay), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_endpoints/{id}/replay")]
async fn replay_webhook_events(call: Call, id: Path<WebhookEndpointId>, body: Body<ReplayWebhookEvents>) -> Answer {
    created(webhook::replay_events(&call.cx, *id, body.0).await?)
}

/// List what an endpoint has been told (推送记录)
///
/// And what it is still to be told, the newest first. What is done is kept for a month, unless the operator says otherwise.
#[utoipa::path(tag = "webhooks", operation_id = "list_webhook_deliveries",
    params(("id" = WebhookEndpointId, Path, description = "Endpoint id (推送地址编号)"), ListWebhookDeliveries),
    responses((status = 200, body = Page<WebhookDelivery>), ReadProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[get("/webhook_endpoints/{id}/deliveries")]
async fn list_webhook_deliveries(call: Call, id: Path<WebhookEndpointId>, query: Query<ListWebhookDeliveries>) -> Answer {
    ok(webhook::list_deliveries(&call.cx, *id, query.into_inner()).await?)
}

/// Read a delivery (查询推送)
///
/// Where it stands, and when it is tried next (下次尝试).
#[utoipa::path(tag = "webhooks", operation_id = "get_webhook_delivery", params(("id" = WebhookDeliveryId, Path, description = "Delivery id (推送编号)")),
    responses((status = 200, body = WebhookDelivery), ReadProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[get("/webhook_deliveries/{id}")]
async fn get_webhook_delivery(call: Call, id: Path<WebhookDeliveryId>) -> Answer {
    ok(webhook::get_delivery(&call.cx, *id).await?)
}

/// Which attempts to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListWebhookAttempts {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List the attempts at a delivery (推送尝试)
///
/// The newest first, with how the answer to a failure began.
#[utoipa::path(tag = "webhooks", operation_id = "list_webhook_attempts",
    params(("id" = WebhookDeliveryId, Path, description = "Delivery id (推送编号)"), ListWebhookAttempts),
    responses((status = 200, body = Page<WebhookAttempt>), ReadProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[get("/webhook_deliveries/{id}/attempts")]
async fn list_webhook_attempts(call: Call, id: Path<WebhookDeliveryId>, query: Query<ListWebhookAttempts>) -> Answer {
    ok(attempts(&call.cx, *id, query.into_inner()).await?)
}

/// A page of the attempts.
pub(super) async fn attempts(
    cx: &Cx,
    id: WebhookDeliveryId,
    ListWebhookAttempts { limit, cursor }: ListWebhookAttempts,
) -> kernel::Result<Page<WebhookAttempt>> {
    webhook::list_attempts(cx, id, PageQuery { limit, cursor }).await
}

/// Deliver once more (重新推送)
///
/// At once, with the same `webhook-id`, and up to ten times again.
#[utoipa::path(tag = "webhooks", operation_id = "redeliver_webhook", params(("id" = WebhookDeliveryId, Path, description = "Delivery id (推送编号)")),
    responses((status = 200, body = WebhookDelivery), WriteProblems), extensions(("x-permission" = json!("webhook.manage"))))]
#[post("/webhook_deliveries/{id}/redeliver")]
async fn redeliver_webhook(call: Call, id: Path<WebhookDeliveryId>) -> Answer {
    ok(webhook::redeliver(&call.cx, *id).await?)
}
