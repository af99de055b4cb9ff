//! The service catalogue (服务清单) and the policies that differ by place (规则).

use crate::prelude::*;
use kernel::Cx;
use serde::Deserialize;
use services::{
    catalogue::{self, CreateServiceItem, ItemLevel, ServiceItem, UpdateServiceItem},
    policy::{self, Policy, PolicyKind, SetPolicy},
};
use utoipa::IntoParams;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(create_service_item)
        .service(list_service_items)
        .service(get_service_item)
        .service(update_service_item)
        .service(close_service_item)
        .service(set_policy)
        .service(list_policies);
}

/// Add to the catalogue (新增服务事项)
///
/// A category 大类, a subcategory 小类 beneath a category, or an item 事项 beneath a subcategory.
#[utoipa::path(tag = "catalogue", operation_id = "create_service_item",
    request_body(content = CreateServiceItem, example = json!({
        "code": "YZJ-01", "level": "category", "name": "安全隐患排查", "region_code": "321112000000", "provider_kinds": ["public", "volunteer"], "needs_address": true,
        "respond_limit": { "value": 4, "unit": "working_hours" }, "finish_limit": { "value": 3, "unit": "working_days" }
    })),
    responses((status = 201, body = ServiceItem), WriteProblems), extensions(("x-permission" = json!("catalogue.manage"))))]
#[post("/catalogue/items")]
async fn create_service_item(call: Call, body: Body<CreateServiceItem>) -> Answer {
    created(catalogue::create_service_item(&call.cx, body.0).await?)
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListServiceItems {
    /// Only what is offered in this region (区划).
    region_code: Option<RegionCode>,
    /// Only beneath this entry (上级编码).
    #[param(max_length = 32)]
    parent_code: Option<String>,
    /// Only this level (层级).
    #[param(inline)]
    level: Option<ItemLevel>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List the catalogue (服务清单)
///
/// The current versions, by code (编码).
#[utoipa::path(tag = "catalogue", operation_id = "list_service_items", params(ListServiceItems), responses((status = 200, body = Page<ServiceItem>), ReadProblems),
    extensions(("x-permission" = json!("signed_in"))))]
#[get("/catalogue/items")]
async fn list_service_items(call: Call, query: Query<ListServiceItems>) -> Answer {
    ok(items(&call.cx, query.into_inner()).await?)
}

/// A page of the catalogue.
pub(super) async fn items(cx: &Cx, q: ListServiceItems) -> kernel::Result<Page<ServiceItem>> {
    let filter = catalogue::ListServiceItems { region_code: q.region_code, parent_code: q.parent_code, level: q.level };
    catalogue::list_service_items(cx, filter, PageQuery { limit: q.limit, cursor: q.cursor }).await
}

/// Read a catalogue entry (服务事项)
///
/// Its current version.
#[utoipa::path(tag = "catalogue", operation_id = "get_service_item", params(("code" = String, Path, description = "Its code (编码)", max_length = 32)),
    responses((status = 200, body = ServiceItem), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/catalogue/items/{code}")]
async fn get_service_item(call: Call, code: Path<String>) -> Answer {
    ok(catalogue::get_service_item(&call.cx, &code).await?)
}

/// Change a catalogue entry (修改服务事项)
///
/// A new version (版本) begins now; orders keep the version that they were placed under.
#[utoipa::path(tag = "catalogue", operation_id = "update_service_item", params(("code" = String, Path, description = "Its code (编码)", max_length = 32)),
    request_body(content = UpdateServiceItem, example = json!({ "finish_limit": { "value": 5, "unit": "working_days" }, "version": 1 })),
    responses((status = 200, body = ServiceItem), WriteProblems), extensions(("x-permission" = json!("catalogue.manage"))))]
#[post("/catalogue/items/{code}")]
async fn update_service_item(call: Call, code: Path<String>, body: Body<UpdateServiceItem>) -> Answer {
    ok(catalogue::update_service_item(&call.cx, &code, body.0).await?)
}

/// End a catalogue entry (停用服务事项)
///
/// It can no longer be ordered; orders that name it keep it.
#[utoipa::path(tag = "catalogue", operation_id = "close_service_item", params(("code" = String, Path, description = "Its code (编码)", max_length = 32)),
    responses((status = 200, body = ServiceItem), WriteProblems), extensions(("x-permission" = json!("catalogue.manage"))))]
#[post("/catalogue/items/{code}/close")]
async fn close_service_item(call: Call, code: Path<String>) -> Answer {
    ok(catalogue::close_service_item(&call.cx, &code).await?)
}

/// Set a policy (设定规则)
///
/// Working time (工作时间), the order flow (订单流转规则), the rules for grids, hotlines, visits (走访规则) or snapshots (随手拍规则) of a place and all
/// beneath it: a new version from `valid_from` on.
#[utoipa::path(tag = "catalogue", operation_id = "set_policy",
    request_body(content = SetPolicy, example = json!({ "region_code": "321182000000", "order_flow": { "claim_limit": 3, "automatic_reworks": 1, "reject_codes": [] } })),
    responses((status = 201, body = Policy), WriteProblems), extensions(("x-permission" = json!("catalogue.manage"))))]
#[post("/policies")]
async fn set_policy(call: Call, body: Body<SetPolicy>) -> Answer {
    created(policy::set_policy(&call.cx, body.0).await?)
}

/// Which policies.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListPolicies {
    /// Only this kind (类别).
    #[param(inline)]
    kind: Option<PolicyKind>,
    /// Only those that concern this region: its own and those above it (区划).
    region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// List policies (规则)
///
/// Old versions (历史版本) included; of those in force for a place, the one of the most specific region decides.
#[utoipa::path(tag = "catalogue", operation_id = "list_policies", params(ListPolicies), responses((status = 200, body = Page<Policy>), ReadProblems),
    extensions(("x-permission" = json!("signed_in"))))]
#[get("/policies")]
async fn list_policies(call: Call, query: Query<ListPolicies>) -> Answer {
    ok(policies(&call.cx, query.into_inner()).await?)
}

/// A page of the policies.
pub(super) async fn policies(cx: &Cx, q: ListPolicies) -> kernel::Result<Page<Policy>> {
    let filter = policy::ListPolicies { kind: q.kind, region_code: q.region_code };
    policy::list_policies(cx, filter, PageQuery { limit: q.limit, cursor: q.cursor }).await
}
