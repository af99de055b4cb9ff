//! Whistles (吹哨报到): departments that are called to orders.

use crate::prelude::*;
use kernel::id::{OrderId, WhistleId};
use services::whistle::{
    self, ArriveWhistle, BlowWhistle, CountWhistles, FinishWhistle, JudgeWhistle, ListWhistles, Whistle, WhistleCount, Whistles,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    // `counts` before `{id}`, which would take it for an id.
    config.service(blow_whistle).service(list_whistles).service(count_whistles).service(get_whistle);
    config.service(arrive_whistle).service(finish_whistle).service(judge_whistle);
}

/// Call departments to an order (吹哨)
///
/// Each must have a duty (职责清单) in force where the order lies, and must come (报到) within the limit of the place's whistle rules (吹哨规则). The
/// order stays with its community: its holder and its state do not change.
#[utoipa::path(tag = "departments", operation_id = "blow_whistle", params(("id" = OrderId, Path, description = "Order id (订单编号)")),
    request_body(content = BlowWhistle, example = json!({
        "department_ids": ["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70"], "reason": "夜间违规施工扰民,需现场处置。",
        "respond_limit": { "value": 2, "unit": "working_hours" }
    })),
    responses((status = 201, body = Whistles), WriteProblems), extensions(("x-permission" = json!("whistle.blow"))))]
#[post("/orders/{id}/whistles")]
async fn blow_whistle(call: Call, id: Path<OrderId>, body: Body<BlowWhistle>) -> Answer {
    created(whistle::blow_whistle(&call.cx, *id, body.0).await?)
}

/// List whistles (吹哨列表)
///
/// Those of the regions (区划) where the caller may read them; for a department's staff those that call it. `state=absent` are those overdue
/// (逾期未到).
#[utoipa::path(tag = "departments", operation_id = "list_whistles", params(ListWhistles),
    responses((status = 200, body = Page<Whistle>), ReadProblems), extensions(("x-permission" = json!("whistle.read"))))]
#[get("/whistles")]
async fn list_whistles(call: Call, query: Query<ListWhistles>) -> Answer {
    ok(whistle::list_whistles(&call.cx, query.into_inner()).await?)
}

/// Count whistles (吹哨统计)
///
/// By department (部门): how often it was called, came in time (按时报到), late (逾期报到) or not at all (逾期未到), and what both sides think (互评).
#[utoipa::path(tag = "departments", operation_id = "count_whistles", params(CountWhistles),
    responses((status = 200, body = Page<WhistleCount>), ReadProblems), extensions(("x-permission" = json!("whistle.read"))))]
#[get("/whistles/counts")]
async fn count_whistles(call: Call, query: Query<CountWhistles>) -> Answer {
    ok(whistle::count_whistles(&call.cx, query.into_inner()).await?)
}

/// Read a whistle (查询吹哨)
///
/// With its order (订单) as the department is told of it: nobody's name or phone.
#[utoipa::path(tag = "departments", operation_id = "get_whistle", params(("id" = WhistleId, Path, description = "Whistle id (吹哨编号)")),
    responses((status = 200, body = Whistle), ReadProblems), extensions(("x-permission" = json!("whistle.read"))))]
#[get("/whistles/{id}")]
async fn get_whistle(call: Call, id: Path<WhistleId>) -> Answer {
    ok(whistle::get_whistle(&call.cx, *id).await?)
}

/// Come to an order for a department (报到)
///
/// By its staff (组织工作人员), once: in time or late, as the limit says.
#[utoipa::path(tag = "departments", operation_id = "arrive_whistle", params(("id" = WhistleId, Path, description = "Whistle id (吹哨编号)")),
    request_body(content = ArriveWhistle, example = json!({ "version": 1 })),
    responses((status = 200, body = Whistle), WriteProblems), extensions(("x-permission" = json!("whistle.answer"))))]
#[post("/whistles/{id}/arrive")]
async fn arrive_whistle(call: Call, id: Path<WhistleId>, body: Body<ArriveWhistle>) -> Answer {
    ok(whistle::arrive_whistle(&call.cx, *id, body.0).await?)
}

/// End a whistle (结束吹哨)
///
/// By who calls there: the department has done its part (办结), or need not come (免于报到).
#[utoipa::path(tag = "departments", operation_id = "finish_whistle", params(("id" = WhistleId, Path, description = "Whistle id (吹哨编号)")),
    request_body(content = FinishWhistle, example = json!({ "outcome": "done", "version": 2 })),
    responses((status = 200, body = Whistle), WriteProblems), extensions(("x-permission" = json!("whistle.blow"))))]
#[post("/whistles/{id}/finish")]
async fn finish_whistle(call: Call, id: Path<WhistleId>, body: Body<FinishWhistle>) -> Answer {
    ok(whistle::finish_whistle(&call.cx, *id, body.0).await?)
}

/// Judge the other side of a whistle (吹哨互评)
///
/// Once each: the department whether the call was justified (对吹哨评价), who calls there how the department came (对部门评价). Not before it has
/// come, or its limit is over.
#[utoipa::path(tag = "departments", operation_id = "judge_whistle", params(("id" = WhistleId, Path, description = "Whistle id (吹哨编号)")),
    request_body(content = JudgeWhistle, example = json!({ "score": 5, "comment": "到场及时。" })),
    responses((status = 200, body = Whistle), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/whistles/{id}/judge")]
async fn judge_whistle(call: Call, id: Path<WhistleId>, body: Body<JudgeWhistle>) -> Answer {
    ok(whistle::judge_whistle(&call.cx, *id, body.0).await?)
}
