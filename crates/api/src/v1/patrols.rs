//! Patrols (巡查), and what is found on them or on the way.

use crate::prelude::*;
use kernel::id::{FindingId, PatrolId};
use visits::patrol::{self, CountPatrols, Finding, ListFindings, ListPatrols, Patrol, PatrolCount, RecordFinding, RecordPatrol};

pub(super) fn routes(config: &mut ServiceConfig) {
    // `counts` before `{id}`, which would take it for an id.
    config.service(list_patrols).service(record_patrol).service(count_patrols).service(get_patrol);
    config.service(list_findings).service(record_finding).service(get_finding);
}

/// List patrols (巡查列表)
///
/// Those where the caller holds `patrol.read`, or one's own.
#[utoipa::path(tag = "snapshots", operation_id = "list_patrols", params(ListPatrols),
    responses((status = 200, body = Page<Patrol>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/patrols")]
async fn list_patrols(call: Call, query: Query<ListPatrols>) -> Answer {
    ok(patrol::list_patrols(&call.cx, query.into_inner()).await?)
}

/// Record a patrol (登记巡查)
///
/// When it is over: alone (自主巡查) or together (集中巡查), where it went, how long it took.
#[utoipa::path(tag = "snapshots", operation_id = "record_patrol",
    request_body(content = RecordPatrol, example = json!({
        "region_code": "321182001017", "participants": 3, "started_at": "2026-11-16T00:00:00Z", "ended_at": "2026-11-16T00:50:00Z",
        "route": [{ "lng": 119.815, "lat": 32.24 }, { "lng": 119.816, "lat": 32.241 }], "note": "沿江路商铺消防通道检查。"
    })),
    responses((status = 201, body = Patrol), WriteProblems), extensions(("x-permission" = json!("patrol.record"))))]
#[post("/patrols")]
async fn record_patrol(call: Call, body: Body<RecordPatrol>) -> Answer {
    created(patrol::record_patrol(&call.cx, body.0).await?)
}

/// Count patrols and what was found (巡查统计)
///
/// By community (社区、村) or grid (网格), in a period: patrols alone and together, hazards (隐患), clues (线索) and others, what was dealt with on the spot and
/// what was pushed up.
#[utoipa::path(tag = "snapshots", operation_id = "count_patrols", params(CountPatrols),
    responses((status = 200, body = Page<PatrolCount>), ReadProblems), extensions(("x-permission" = json!("patrol.read"))))]
#[get("/patrols/counts")]
async fn count_patrols(call: Call, query: Query<CountPatrols>) -> Answer {
    ok(patrol::count_patrols(&call.cx, query.into_inner()).await?)
}

/// Read a patrol (查询巡查)
///
/// With its route (巡查路线) for who recorded it and with `visit.read_personal`.
#[utoipa::path(tag = "snapshots", operation_id = "get_patrol", params(("id" = PatrolId, Path, description = "Patrol id (巡查编号)")),
    responses((status = 200, body = Patrol), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/patrols/{id}")]
async fn get_patrol(call: Call, id: Path<PatrolId>) -> Answer {
    ok(patrol::get_patrol(&call.cx, *id).await?)
}

/// List findings (巡查发现列表)
///
/// Those where the caller holds `patrol.read`, or one's own.
#[utoipa::path(tag = "snapshots", operation_id = "list_findings", params(ListFindings),
    responses((status = 200, body = Page<Finding>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/findings")]
async fn list_findings(call: Call, query: Query<ListFindings>) -> Answer {
    ok(patrol::list_findings(&call.cx, query.into_inner()).await?)
}

/// Record what was found (登记巡查发现)
///
/// On a patrol (巡查) or on the way: a hazard (隐患), a clue (线索) or something else, dealt with on the spot (当场处置) or pushed up (上报): then it is
/// an order (订单) of the finder's as well, placed in the same transaction.
#[utoipa::path(tag = "snapshots", operation_id = "record_finding",
    request_body(content = RecordFinding, example = json!({
        "region_code": "321182001017", "kind": "hazard", "severity": "high", "title": "消防通道被占", "content": "3幢北侧消防通道停放电动车两辆。",
        "point": { "lng": 119.815, "lat": 32.24 }, "handling": "pushed_up"
    })),
    responses((status = 201, body = Finding), WriteProblems), extensions(("x-permission" = json!("patrol.record"))))]
#[post("/findings")]
async fn record_finding(call: Call, body: Body<RecordFinding>) -> Answer {
    created(patrol::record_finding(&call.cx, body.0).await?)
}

/// Read a finding (查询巡查发现)
///
/// In full and with its photos (照片) for who recorded it and with `visit.read_personal`.
#[utoipa::path(tag = "snapshots", operation_id = "get_finding", params(("id" = FindingId, Path, description = "Finding id (巡查发现编号)")),
    responses((status = 200, body = Finding), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/findings/{id}")]
async fn get_finding(call: Call, id: Path<FindingId>) -> Answer {
    ok(patrol::get_finding(&call.cx, *id).await?)
}
