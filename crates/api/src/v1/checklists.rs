//! Checklists (检查清单) and the grids that are held against them.

use crate::prelude::*;
use ::grids::{
    self as domain, Checklist, ChecklistReportQuery, ChecklistRun, ChecklistStanding, CloseChecklist, CreateChecklist, ListChecklistRuns,
    ListChecklists, RunChecklist, UpdateChecklist,
};
use files::{Owner, OwnerKind, Part};
use kernel::{
    Tx,
    id::{AttachmentId, ChecklistId, ChecklistRunId, GridId},
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_checklists).service(create_checklist).service(get_checklist).service(update_checklist).service(close_checklist);
    config.service(get_checklist_report).service(run_checklist).service(list_checklist_runs).service(get_checklist_run);
}

/// List checklists (检查清单列表).
///
/// Those in force, the newest of a region first; with `region_code` those that hold there (适用区划): its own, and those of the regions
/// above it. Public reference data.
#[utoipa::path(tag = "grids", operation_id = "list_checklists", params(ListChecklists), responses((status = 200, body = Page<Checklist>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/checklists")]
async fn list_checklists(call: Call, query: Query<ListChecklists>) -> Answer {
    ok(domain::list_checklists(&call.cx, query.into_inner()).await?)
}

/// Write a checklist (新建检查清单).
///
/// Such as “八必有”: the items (检查项) are the place's own. Each has a code, what is looked at, its points (分值), and whether points need
/// evidence (佐证). It holds for all grids (网格) of its region.
#[utoipa::path(tag = "grids", operation_id = "create_checklist",
    request_body(content = CreateChecklist, example = json!({
        "region_code": "321182000000", "name": "八必有", "items": [{ "code": "1", "text": "按当地规定填写", "points": 10, "evidence_required": true }]
    })),
    responses((status = 201, body = Checklist), WriteProblems), extensions(("x-permission" = json!("checklist.manage"))))]
#[post("/checklists")]
async fn create_checklist(call: Call, body: Body<CreateChecklist>) -> Answer {
    created(domain::create_checklist(&call.cx, body.0).await?)
}

/// Read one checklist (查询检查清单).
///
/// Its newest version (版本); one that has ended (已停用) is still found.
#[utoipa::path(tag = "grids", operation_id = "get_checklist", params(("id" = ChecklistId, Path, description = "Checklist id (检查清单标识)")),
    responses((status = 200, body = Checklist), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/checklists/{id}")]
async fn get_checklist(call: Call, id: Path<ChecklistId>) -> Answer {
    ok(domain::get_checklist(&call.cx, *id).await?)
}

/// Change a checklist (修改检查清单).
///
/// A new version (版本) begins now; runs (清单检查) keep the version that they were made with.
#[utoipa::path(tag = "grids", operation_id = "update_checklist", params(("id" = ChecklistId, Path, description = "Checklist id (检查清单标识)")),
    request_body(content = UpdateChecklist, example = json!({ "name": "八必有(试行)", "version": 1 })),
    responses((status = 200, body = Checklist), WriteProblems), extensions(("x-permission" = json!("checklist.manage"))))]
#[post("/checklists/{id}")]
async fn update_checklist(call: Call, id: Path<ChecklistId>, body: Body<UpdateChecklist>) -> Answer {
    ok(domain::update_checklist(&call.cx, *id, body.0).await?)
}

/// End a checklist (停用检查清单).
///
/// No grid (网格) is held against it any more; its runs (清单检查) stay readable.
#[utoipa::path(tag = "grids", operation_id = "close_checklist", params(("id" = ChecklistId, Path, description = "Checklist id (检查清单标识)")),
    request_body(content = CloseChecklist, example = json!({ "version": 1 })),
    responses((status = 200, body = Checklist), WriteProblems), extensions(("x-permission" = json!("checklist.manage"))))]
#[post("/checklists/{id}/close")]
async fn close_checklist(call: Call, id: Path<ChecklistId>, body: Body<CloseChecklist>) -> Answer {
    ok(domain::close_checklist(&call.cx, *id, body.0).await?)
}

/// Report how grids stand by a checklist (清单检查报表).
///
/// The comprehensive grids (综合网格) in use of a region, each with its newest run (最近一次检查) and score (得分); grids that were never held
/// against it have none.
#[utoipa::path(tag = "grids", operation_id = "get_checklist_report", params(("id" = ChecklistId, Path, description = "Checklist id (检查清单标识)"), ChecklistReportQuery),
    responses((status = 200, body = Page<ChecklistStanding>), ReadProblems), extensions(("x-permission" = json!("checklist.read"))))]
#[get("/checklists/{id}/report")]
async fn get_checklist_report(call: Call, id: Path<ChecklistId>, query: Query<ChecklistReportQuery>) -> Answer {
    ok(domain::checklist_report(&call.cx, *id, query.into_inner()).await?)
}

/// Hold a grid against a checklist (清单检查).
///
/// With a result (检查结果) for every item, once: its points (得分), the evidence (佐证) where the item needs it, and a note. The score is
/// reckoned here. Files (附件) that were uploaded before belong to the run from then on. Evidence may name people, so it is sealed and shown
/// only in the single run.
#[utoipa::path(tag = "grids", operation_id = "run_checklist", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    request_body(content = RunChecklist, example = json!({
        "checklist_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "checklist_version": 1,
        "results": [{ "code": "1", "points": 10, "evidence": "现场照片三张,存社区档案室" }]
    })),
    responses((status = 201, body = ChecklistRun), WriteProblems), extensions(("x-permission" = json!("checklist.run"))))]
#[post("/grids/{id}/checklist_runs")]
async fn run_checklist(call: Call, id: Path<GridId>, body: Body<RunChecklist>) -> Answer {
    let claim = async |tx: &mut Tx<'_>, id: ChecklistRunId, files: &[AttachmentId]| {
        let owner = Owner { kind: OwnerKind::ChecklistRun, id: id.0, part: Part::Evidence };
        files::claim(tx, files, owner).await.map(drop)
    };
    created(domain::run_checklist(&call.cx, *id, body.0, claim).await?)
}

/// List runs of checklists (清单检查列表).
///
/// By community (社区) and within one by age, narrowed by grid (网格) or checklist (检查清单); without what was found.
#[utoipa::path(tag = "grids", operation_id = "list_checklist_runs", params(ListChecklistRuns), responses((status = 200, body = Page<ChecklistRun>), ReadProblems), extensions(("x-permission" = json!("checklist.read"))))]
#[get("/checklist_runs")]
async fn list_checklist_runs(call: Call, query: Query<ListChecklistRuns>) -> Answer {
    ok(domain::list_checklist_runs(&call.cx, query.into_inner()).await?)
}

/// Read one run of a checklist (查询清单检查).
///
/// With the result (检查结果), the evidence (佐证) and the note of each item.
#[utoipa::path(tag = "grids", operation_id = "get_checklist_run", params(("id" = ChecklistRunId, Path, description = "Run id (检查标识)")),
    responses((status = 200, body = ChecklistRun), ReadProblems), extensions(("x-permission" = json!("checklist.read"))))]
#[get("/checklist_runs/{id}")]
async fn get_checklist_run(call: Call, id: Path<ChecklistRunId>) -> Answer {
    ok(domain::get_checklist_run(&call.cx, *id).await?)
}
