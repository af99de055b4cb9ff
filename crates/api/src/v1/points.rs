//! Points (积分): rules, the ledger, appeals, years that are settled.

use crate::prelude::*;
use kernel::{Code, Error, id::PointEntryId};
use organizations::points::{
    self, AppealPoints, DecidePointAppeal, EnterPoints, ListOwnPoints, ListPointEntries, ListPointRules, ListPointStandings, PointEntry,
    PointRule, PointSettlement, PointStanding, SetPointRule, SettlePoints,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_point_rules).service(set_point_rule).service(list_point_entries).service(enter_points);
    config
        .service(list_own_points)
        .service(list_point_standings)
        .service(appeal_points)
        .service(decide_point_appeal)
        .service(settle_points);
}

/// List rules of points (积分规则列表)
///
/// All versions (版本), the newest first. For whoever has signed in.
#[utoipa::path(tag = "check_ins", operation_id = "list_point_rules", params(ListPointRules),
    responses((status = 200, body = Page<PointRule>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/point_rules")]
async fn list_point_rules(call: Call, query: Query<ListPointRules>) -> Answer {
    ok(points::list_point_rules(&call.cx, query.into_inner()).await?)
}

/// Set a rule of points (设定积分规则)
///
/// A new version (版本) for this code and region (区划); the one before ends where it begins. What has been counted stays counted.
#[utoipa::path(tag = "check_ins", operation_id = "set_point_rule",
    request_body(content = SetPointRule, example = json!({
        "region_code": "321182001000", "code": "party_day", "title": "参加主题党日", "points": 2, "cap": 24, "cap_period": "year"
    })),
    responses((status = 201, body = PointRule), WriteProblems), extensions(("x-permission" = json!("points.manage"))))]
#[post("/point_rules")]
async fn set_point_rule(call: Call, body: Body<SetPointRule>) -> Answer {
    created(points::set_point_rule(&call.cx, body.0).await?)
}

/// List entries of points (积分流水列表)
///
/// Of the regions (区划) where the caller may read them; an organization's staff those in it (组织). Without names.
#[utoipa::path(tag = "check_ins", operation_id = "list_point_entries", params(ListPointEntries),
    responses((status = 200, body = Page<PointEntry>), ReadProblems), extensions(("x-permission" = json!("points.read"))))]
#[get("/point_entries")]
async fn list_point_entries(call: Call, query: Query<ListPointEntries>) -> Answer {
    ok(points::list_point_entries(&call.cx, query.into_inner()).await?)
}

/// Enter points by a rule (积分登记)
///
/// By the version of the rule (规则) that holds in the region on that day. The same (计分事项) counts once by a rule; a year that is settled
/// (年度结算) takes nothing more.
#[utoipa::path(tag = "check_ins", operation_id = "enter_points",
    request_body(content = EnterPoints, example = json!({
        "region_code": "321182001017", "account_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "code": "party_day", "subject": "2026-11 主题党日",
        "happened_on": "2026-11-16"
    })),
    responses((status = 201, body = PointEntry), WriteProblems), extensions(("x-permission" = json!("points.enter"))))]
#[post("/point_entries")]
async fn enter_points(call: Call, body: Body<EnterPoints>) -> Answer {
    if let Some(order) = body.0.order_id {
        services::order::get(&call.cx, order).await.map_err(|e| match e.code {
            Code::OrderNotFound => Error::new(Code::ReferenceBroken).at("#/order_id"),
            _ => e,
        })?;
    }
    created(points::enter_points(&call.cx, body.0).await?)
}

/// List one's own points (我的积分)
///
/// Newest first, with one's appeals (申诉).
#[utoipa::path(tag = "check_ins", operation_id = "list_own_points", params(ListOwnPoints),
    responses((status = 200, body = Page<PointEntry>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/me/points")]
async fn list_own_points(call: Call, query: Query<ListOwnPoints>) -> Answer {
    ok(points::list_own_points(&call.cx, query.into_inner()).await?)
}

/// List who has how many points (积分排名)
///
/// In a year (年度) of a community or of an organization (组织) there, the most first. Of a settled year (已结算) as it was then.
#[utoipa::path(tag = "check_ins", operation_id = "list_point_standings", params(ListPointStandings),
    responses((status = 200, body = Page<PointStanding>), ReadProblems), extensions(("x-permission" = json!("points.read"))))]
#[get("/point_standings")]
async fn list_point_standings(call: Call, query: Query<ListPointStandings>) -> Answer {
    ok(points::list_point_standings(&call.cx, query.into_inner()).await?)
}

/// Appeal against an entry of one's own (积分申诉)
///
/// Once, before the year (年度) is settled.
#[utoipa::path(tag = "check_ins", operation_id = "appeal_points", params(("id" = PointEntryId, Path, description = "Entry id (积分流水编号)")),
    request_body(content = AppealPoints, example = json!({ "reason": "当日因公出差,已请假。" })),
    responses((status = 201, body = PointEntry), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/point_entries/{id}/appeal")]
async fn appeal_points(call: Call, id: Path<PointEntryId>, body: Body<AppealPoints>) -> Answer {
    created(points::appeal_points(&call.cx, *id, body.0).await?)
}

/// Decide an appeal (办理积分申诉)
///
/// One that is upheld (申诉成立) appends an entry that takes the points back (冲销); nothing is ever deleted.
#[utoipa::path(tag = "check_ins", operation_id = "decide_point_appeal",
    params(("id" = PointEntryId, Path, description = "Entry id (积分流水编号)")),
    request_body(content = DecidePointAppeal, example = json!({ "upheld": true, "answer": "情况属实,予以更正。" })),
    responses((status = 200, body = PointEntry), WriteProblems), extensions(("x-permission" = json!("points.manage"))))]
#[post("/point_entries/{id}/decide_appeal")]
async fn decide_point_appeal(call: Call, id: Path<PointEntryId>, body: Body<DecidePointAppeal>) -> Answer {
    ok(points::decide_point_appeal(&call.cx, *id, body.0).await?)
}

/// Settle a year (积分年度结算)
///
/// For good: what everybody has in this year of the community stands fast, and nothing is entered into it any more.
#[utoipa::path(tag = "check_ins", operation_id = "settle_points",
    request_body(content = SettlePoints, example = json!({ "region_code": "321182001017", "year": 2026 })),
    responses((status = 201, body = PointSettlement), WriteProblems), extensions(("x-permission" = json!("points.manage"))))]
#[post("/point_settlements")]
async fn settle_points(call: Call, body: Body<SettlePoints>) -> Answer {
    created(points::settle_points(&call.cx, body.0).await?)
}
