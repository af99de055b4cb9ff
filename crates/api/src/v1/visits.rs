//! Visits (走访), which households are due for one, plans for households (一户一策) and notes on them (民情档案).

use crate::prelude::*;
use ::visits::{
    cadence::{self, DueVisit, ListDueVisits, SetVisitClass},
    note::{self, HouseholdNote, ListHouseholdNotes, WriteHouseholdNote},
    plan::{self, CloseHouseholdPlan, CreateHouseholdPlan, HouseholdPlan, ListHouseholdPlans, ReviewHouseholdPlan, UpdateHouseholdPlan},
    visit::{self, ListVisits, RecordVisit, Visit},
};
use grids::Household;
use kernel::id::{HouseholdId, HouseholdPlanId, VisitId};

pub(super) fn routes(config: &mut ServiceConfig) {
    // `due` before `{id}`, which would take it for an id.
    config.service(list_visits).service(record_visit).service(list_due_visits).service(get_visit).service(set_visit_class);
    config
        .service(list_household_plans)
        .service(create_household_plan)
        .service(get_household_plan)
        .service(update_household_plan)
        .service(review_household_plan)
        .service(close_household_plan);
    config.service(list_household_notes).service(write_household_note);
}

/// List visits (走访列表)
///
/// Those where the caller holds `visit.read`, or one's own.
#[utoipa::path(tag = "visits", operation_id = "list_visits", params(ListVisits),
    responses((status = 200, body = Page<Visit>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visits")]
async fn list_visits(call: Call, query: Query<ListVisits>) -> Answer {
    ok(visit::list_visits(&call.cx, query.into_inner()).await?)
}

/// Record a visit (登记走访)
///
/// By whoever holds `visit.record` at the household (户), or was given it in the campaign (走访活动) that is named. Which residents were met
/// (见面居民) counts for coverage by person; what they said is an opinion (意见建议) whose source is the visit. The note (走访记录) is stored
/// sealed.
#[utoipa::path(tag = "visits", operation_id = "record_visit",
    request_body(content = RecordVisit, example = json!({
        "household_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "campaign_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71", "result": "met",
        "resident_ids": ["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b72"], "note": "独居,子女在外,需要每周上门。", "revisit_on": "2026-11-23"
    })),
    responses((status = 201, body = Visit), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/visits")]
async fn record_visit(call: Call, body: Body<RecordVisit>) -> Answer {
    created(visit::record_visit(&call.cx, body.0).await?)
}

/// List households that are due for a visit (到期走访户)
///
/// Of a community (社区、村): those of a class (走访类别) where nobody was met for as long as the visit rules (走访规则) of the place say.
#[utoipa::path(tag = "visits", operation_id = "list_due_visits", params(ListDueVisits),
    responses((status = 200, body = Page<DueVisit>), ReadProblems), extensions(("x-permission" = json!("visit.read"))))]
#[get("/visits/due")]
async fn list_due_visits(call: Call, query: Query<ListDueVisits>) -> Answer {
    ok(cadence::list_due_visits(&call.cx, query.into_inner()).await?)
}

/// Read a visit (查询走访)
///
/// In full for the visitor (走访人) and with `visit.read_personal`; for others phone and ID numbers in the note are masked.
#[utoipa::path(tag = "visits", operation_id = "get_visit", params(("id" = VisitId, Path, description = "Visit id (走访编号)")),
    responses((status = 200, body = Visit), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/visits/{id}")]
async fn get_visit(call: Call, id: Path<VisitId>) -> Answer {
    ok(visit::get_visit(&call.cx, *id).await?)
}

/// Set how often a household is visited (设定走访类别)
///
/// By a class (走访类别) of the visit rules of the place, such as a star of 五星走访; without one the household is of none.
#[utoipa::path(tag = "visits", operation_id = "set_visit_class", params(("id" = HouseholdId, Path, description = "Household id (户标识)")),
    request_body(content = SetVisitClass, example = json!({ "visit_class": "star_5", "version": 1 })),
    responses((status = 200, body = Household), WriteProblems), extensions(("x-permission" = json!("visit.manage"))))]
#[post("/households/{id}/visit_class")]
async fn set_visit_class(call: Call, id: Path<HouseholdId>, body: Body<SetVisitClass>) -> Answer {
    ok(cadence::set_visit_class(&call.cx, *id, body.0).await?)
}

/// List plans for households (一户一策列表)
///
/// Without what they say; `review_until` finds those that are to be reviewed (待评估).
#[utoipa::path(tag = "visits", operation_id = "list_household_plans", params(ListHouseholdPlans),
    responses((status = 200, body = Page<HouseholdPlan>), ReadProblems), extensions(("x-permission" = json!("visit.read"))))]
#[get("/household_plans")]
async fn list_household_plans(call: Call, query: Query<ListHouseholdPlans>) -> Answer {
    ok(plan::list_household_plans(&call.cx, query.into_inner()).await?)
}

/// Make a plan for a household (制定一户一策)
///
/// What it needs (需求), what is done about it by whom and by when (措施), and when it is looked at again (评估日期). A household has one plan
/// at a time that has not ended.
#[utoipa::path(tag = "visits", operation_id = "create_household_plan",
    request_body(content = CreateHouseholdPlan, example = json!({
        "household_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "needs": [{ "text": "独居老人,缺少日常照料。" }],
        "measures": [{ "text": "每周上门两次,接入助餐。", "owner": "网格员高远", "due_on": "2026-12-01" }], "review_on": "2026-12-16"
    })),
    responses((status = 201, body = HouseholdPlan), WriteProblems), extensions(("x-permission" = json!("household_plan.write"))))]
#[post("/household_plans")]
async fn create_household_plan(call: Call, body: Body<CreateHouseholdPlan>) -> Answer {
    created(plan::create_household_plan(&call.cx, body.0).await?)
}

/// Read a plan for a household (查询一户一策)
///
/// In full for those who write such plans there and with `visit.read_personal`; for others phone and ID numbers are masked (脱敏).
#[utoipa::path(tag = "visits", operation_id = "get_household_plan", params(("id" = HouseholdPlanId, Path, description = "Plan id (一户一策编号)")),
    responses((status = 200, body = HouseholdPlan), ReadProblems), extensions(("x-permission" = json!("visit.read"))))]
#[get("/household_plans/{id}")]
async fn get_household_plan(call: Call, id: Path<HouseholdPlanId>) -> Answer {
    ok(plan::get_household_plan(&call.cx, *id).await?)
}

/// Change a plan for a household (调整一户一策)
///
/// What is absent stays; needs (需求) and measures (措施) are given whole.
#[utoipa::path(tag = "visits", operation_id = "update_household_plan", params(("id" = HouseholdPlanId, Path, description = "Plan id (一户一策编号)")),
    request_body(content = UpdateHouseholdPlan, example = json!({ "review_on": "2027-01-16", "version": 1 })),
    responses((status = 200, body = HouseholdPlan), WriteProblems), extensions(("x-permission" = json!("household_plan.write"))))]
#[post("/household_plans/{id}")]
async fn update_household_plan(call: Call, id: Path<HouseholdPlanId>, body: Body<UpdateHouseholdPlan>) -> Answer {
    ok(plan::update_household_plan(&call.cx, *id, body.0).await?)
}

/// Review a plan for a household (评估一户一策)
///
/// How it stands (评估意见), which measures are done (已完成措施), and when it is looked at next.
#[utoipa::path(tag = "visits", operation_id = "review_household_plan", params(("id" = HouseholdPlanId, Path, description = "Plan id (一户一策编号)")),
    request_body(content = ReviewHouseholdPlan, example = json!({ "note": "助餐已接入。", "done": [1], "review_on": "2027-01-16", "version": 1 })),
    responses((status = 200, body = HouseholdPlan), WriteProblems), extensions(("x-permission" = json!("household_plan.write"))))]
#[post("/household_plans/{id}/review")]
async fn review_household_plan(call: Call, id: Path<HouseholdPlanId>, body: Body<ReviewHouseholdPlan>) -> Answer {
    ok(plan::review_household_plan(&call.cx, *id, body.0).await?)
}

/// End a plan for a household (办结一户一策)
///
/// Its aims are reached (目标达成), or it cannot go on (终止).
#[utoipa::path(tag = "visits", operation_id = "close_household_plan", params(("id" = HouseholdPlanId, Path, description = "Plan id (一户一策编号)")),
    request_body(content = CloseHouseholdPlan, example = json!({ "outcome": "reached", "note": "已稳定半年。", "version": 4 })),
    responses((status = 200, body = HouseholdPlan), WriteProblems), extensions(("x-permission" = json!("household_plan.write"))))]
#[post("/household_plans/{id}/close")]
async fn close_household_plan(call: Call, id: Path<HouseholdPlanId>, body: Body<CloseHouseholdPlan>) -> Answer {
    ok(plan::close_household_plan(&call.cx, *id, body.0).await?)
}

/// List what is known of a household (民情档案)
///
/// Restricted: all of it with `household_note.read`, else what one has written oneself.
#[utoipa::path(tag = "visits", operation_id = "list_household_notes", params(("id" = HouseholdId, Path, description = "Household id (户标识)"), ListHouseholdNotes),
    responses((status = 200, body = Page<HouseholdNote>), ReadProblems), extensions(("x-permission" = json!("household_note.read"))))]
#[get("/households/{id}/notes")]
async fn list_household_notes(call: Call, id: Path<HouseholdId>, query: Query<ListHouseholdNotes>) -> Answer {
    ok(note::list_household_notes(&call.cx, *id, query.into_inner()).await?)
}

/// Note something of a household (登记民情档案)
///
/// It is stored sealed and stays as it was written.
#[utoipa::path(tag = "visits", operation_id = "write_household_note", params(("id" = HouseholdId, Path, description = "Household id (户标识)")),
    request_body(content = WriteHouseholdNote, example = json!({ "content": "老人有听力障碍,上门前先电话联系子女。" })),
    responses((status = 201, body = HouseholdNote), WriteProblems), extensions(("x-permission" = json!("household_note.write"))))]
#[post("/households/{id}/notes")]
async fn write_household_note(call: Call, id: Path<HouseholdId>, body: Body<WriteHouseholdNote>) -> Answer {
    created(note::write_household_note(&call.cx, *id, body.0).await?)
}
