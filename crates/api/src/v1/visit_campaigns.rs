//! Visit campaigns (走访活动) and how far they are.

use crate::prelude::*;
use kernel::id::VisitCampaignId;
use visits::campaign::{
    self, AssignVisitor, CreateVisitCampaign, ListVisitCampaigns, ListVisitCoverage, ListVisitTargets, StepVisitCampaign,
    UpdateVisitCampaign, VisitCampaign, VisitCoveragePart, VisitTarget,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_visit_campaigns)
        .service(create_visit_campaign)
        .service(get_visit_campaign)
        .service(update_visit_campaign)
        .service(start_visit_campaign)
        .service(close_visit_campaign)
        .service(assign_visitor)
        .service(list_visit_coverage)
        .service(list_visit_targets);
}

/// List visit campaigns (走访活动列表)
///
/// Those that concern where the caller holds `visit.read`, or in which they have households to visit (走访对象).
#[utoipa::path(tag = "visits", operation_id = "list_visit_campaigns", params(ListVisitCampaigns),
    responses((status = 200, body = Page<VisitCampaign>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visit_campaigns")]
async fn list_visit_campaigns(call: Call, query: Query<ListVisitCampaigns>) -> Answer {
    ok(campaign::list_visit_campaigns(&call.cx, query.into_inner()).await?)
}

/// Plan a visit campaign (新建走访活动)
///
/// Over all households (户) of a region (区划), or over those of the grids (网格), buildings (楼栋) and households that are named. Its kind
/// (类别: 走访全覆盖, 大走访, 三访, 帮帮团 …) is the place's own word.
#[utoipa::path(tag = "visits", operation_id = "create_visit_campaign",
    request_body(content = CreateVisitCampaign, example = json!({
        "region_code": "321182001017", "kind": "走访全覆盖", "title": "2026年村村到户户进人人访", "ends_on": "2026-12-31"
    })),
    responses((status = 201, body = VisitCampaign), WriteProblems), extensions(("x-permission" = json!("visit.manage"))))]
#[post("/visit_campaigns")]
async fn create_visit_campaign(call: Call, body: Body<CreateVisitCampaign>) -> Answer {
    created(campaign::create_visit_campaign(&call.cx, body.0).await?)
}

/// Read a visit campaign (查询走访活动)
///
/// With its coverage now (走访覆盖) by households (户) and by residents (人), of what the caller may see of it.
#[utoipa::path(tag = "visits", operation_id = "get_visit_campaign", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)")),
    responses((status = 200, body = VisitCampaign), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visit_campaigns/{id}")]
async fn get_visit_campaign(call: Call, id: Path<VisitCampaignId>) -> Answer {
    ok(campaign::get_visit_campaign(&call.cx, *id).await?)
}

/// Change a visit campaign (修改走访活动)
///
/// Its title (名称) and its last day (截止日), until it has ended.
#[utoipa::path(tag = "visits", operation_id = "update_visit_campaign", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)")),
    request_body(content = UpdateVisitCampaign, example = json!({ "ends_on": "2027-01-31", "version": 1 })),
    responses((status = 200, body = VisitCampaign), WriteProblems), extensions(("x-permission" = json!("visit.manage"))))]
#[post("/visit_campaigns/{id}")]
async fn update_visit_campaign(call: Call, id: Path<VisitCampaignId>, body: Body<UpdateVisitCampaign>) -> Answer {
    ok(campaign::update_visit_campaign(&call.cx, *id, body.0).await?)
}

/// Start a visit campaign (启动走访活动)
///
/// Its households (走访对象) stand fast from now on, with how many residents each has, so that coverage has a fixed whole.
#[utoipa::path(tag = "visits", operation_id = "start_visit_campaign", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)")),
    request_body(content = StepVisitCampaign, example = json!({ "version": 1 })),
    responses((status = 200, body = VisitCampaign), WriteProblems), extensions(("x-permission" = json!("visit.manage")), ("x-long" = json!(true))))]
#[post("/visit_campaigns/{id}/start")]
async fn start_visit_campaign(call: Call, id: Path<VisitCampaignId>, body: Body<StepVisitCampaign>) -> Answer {
    ok(campaign::start_visit_campaign(&call.cx, *id, body.0).await?)
}

/// End a visit campaign (结束走访活动)
///
/// No more visits are counted for it.
#[utoipa::path(tag = "visits", operation_id = "close_visit_campaign", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)")),
    request_body(content = StepVisitCampaign, example = json!({ "version": 9 })),
    responses((status = 200, body = VisitCampaign), WriteProblems), extensions(("x-permission" = json!("visit.manage"))))]
#[post("/visit_campaigns/{id}/close")]
async fn close_visit_campaign(call: Call, id: Path<VisitCampaignId>, body: Body<StepVisitCampaign>) -> Answer {
    ok(campaign::close_visit_campaign(&call.cx, *id, body.0).await?)
}

/// Give households of a campaign to a visitor (分配走访对象)
///
/// Those of grids (网格) and buildings (楼栋), and single ones (户), of a running campaign. The visitor (走访人) must be somebody who may
/// record visits there; whoever had them before has them no more.
#[utoipa::path(tag = "visits", operation_id = "assign_visitor", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)")),
    request_body(content = AssignVisitor, example = json!({
        "visitor_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "grid_ids": ["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71"], "version": 2
    })),
    responses((status = 200, body = VisitCampaign), WriteProblems), extensions(("x-permission" = json!("visit.manage")), ("x-long" = json!(true))))]
#[post("/visit_campaigns/{id}/assign")]
async fn assign_visitor(call: Call, id: Path<VisitCampaignId>, body: Body<AssignVisitor>) -> Answer {
    ok(campaign::assign_visitor(&call.cx, *id, body.0).await?)
}

/// Add up the coverage of a campaign (走访覆盖统计)
///
/// Now, by the regions right beneath (下一级区划), by grids (网格) or by visitors (走访人), of what the caller may see of it.
#[utoipa::path(tag = "visits", operation_id = "list_visit_coverage", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)"), ListVisitCoverage),
    responses((status = 200, body = Page<VisitCoveragePart>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visit_campaigns/{id}/coverage")]
async fn list_visit_coverage(call: Call, id: Path<VisitCampaignId>, query: Query<ListVisitCoverage>) -> Answer {
    ok(campaign::list_visit_coverage(&call.cx, *id, query.into_inner()).await?)
}

/// List the households of a campaign (走访对象列表)
///
/// Those still to be visited (待走访) unless told, one's own (我的) with `mine`; `revisit_until` finds those to be visited again (回访).
#[utoipa::path(tag = "visits", operation_id = "list_visit_targets", params(("id" = VisitCampaignId, Path, description = "Campaign id (活动编号)"), ListVisitTargets),
    responses((status = 200, body = Page<VisitTarget>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visit_campaigns/{id}/targets")]
async fn list_visit_targets(call: Call, id: Path<VisitCampaignId>, query: Query<ListVisitTargets>) -> Answer {
    ok(campaign::list_visit_targets(&call.cx, *id, query.into_inner()).await?)
}
