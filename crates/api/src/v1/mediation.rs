//! People's mediation (人民调解): cases and their course.

use crate::prelude::*;
use kernel::id::CaseId;
use mediation::{
    AcceptCase, AgreeCase, ApplyCase, BeginCase, CloseCase, EndCase, ListCases, MediationCase, PerformCase, RecordPerformance, RefuseCase,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_cases)
        .service(apply_case)
        .service(get_case)
        .service(accept_case)
        .service(refuse_case)
        .service(begin_case)
        .service(agree_case)
        .service(fail_case)
        .service(terminate_case)
        .service(withdraw_case)
        .service(start_performance)
        .service(record_performance)
        .service(close_case);
}

/// List mediation cases (调解案件列表).
///
/// The cases that the caller may see, without facts and agreements; the newest of a region first. `region_code` (区划) stands for
/// everything beneath it too.
#[utoipa::path(
    tag = "mediation",
    operation_id = "list_cases",
    params(ListCases),
    responses((status = 200, body = Page<MediationCase>), ReadProblems),
    extensions(("x-permission" = json!("mediation.read")))
)]
#[get("/mediation/cases")]
async fn list_cases(call: Call, query: Query<ListCases>) -> Answer {
    ok(mediation::list_cases(&call.cx, query.into_inner()).await?)
}

/// Enter an application for mediation (申请调解).
///
/// Oral (口头), written (书面), or the committee's own move (主动调解), with the parties (当事人), of whom there are at
/// least two. Mediation costs nothing. Facts and parties are stored sealed.
#[utoipa::path(
    tag = "mediation",
    operation_id = "apply_case",
    request_body(content = ApplyCase, example = json!({
        "region_code": "321003005008",
        "kind": "neighbour",
        "title": "楼上漏水引起的邻里纠纷",
        "facts": "三楼卫生间渗水,二楼吊顶受损,双方对维修费用有争议。",
        "parties": [{ "name": "张三", "phone": "13812341234" }, { "name": "李四" }],
        "applied_how": "oral"
    })),
    responses((status = 201, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases")]
async fn apply_case(call: Call, body: Body<ApplyCase>) -> Answer {
    created(mediation::apply_case(&call.cx, body.0).await?)
}

/// Read one mediation case (查询调解案件).
///
/// Who may read cases here but does not conduct them sees the parties (当事人) masked, and neither facts nor agreement;
/// everybody else gets 404.
#[utoipa::path(
    tag = "mediation",
    operation_id = "get_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    responses((status = 200, body = MediationCase), ReadProblems),
    extensions(("x-permission" = json!("mediation.read")))
)]
#[get("/mediation/cases/{id}")]
async fn get_case(call: Call, id: Path<CaseId>) -> Answer {
    ok(mediation::get_case(&call.cx, *id).await?)
}

/// Accept an application (受理).
///
/// From `applied` to `accepted`. The mediator (调解员), chosen by the parties or assigned by the committee, may be named now
/// or at the beginning.
#[utoipa::path(
    tag = "mediation",
    operation_id = "accept_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = AcceptCase, example = json!({ "version": 1 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/accept")]
async fn accept_case(call: Call, id: Path<CaseId>, body: Body<AcceptCase>) -> Answer {
    ok(mediation::accept_case(&call.cx, *id, body.0).await?)
}

/// Refuse an application (不予受理).
///
/// From `applied` to `refused`, with the reason (理由).
#[utoipa::path(
    tag = "mediation",
    operation_id = "refuse_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = RefuseCase, example = json!({ "reason": "该纠纷已由人民法院受理。", "version": 1 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/refuse")]
async fn refuse_case(call: Call, id: Path<CaseId>, body: Body<RefuseCase>) -> Answer {
    ok(mediation::refuse_case(&call.cx, *id, body.0).await?)
}

/// Begin to mediate (开始调解).
///
/// From `accepted` to `mediating`. The mediator (调解员) is the one named here, else the one named at acceptance, else the caller.
#[utoipa::path(
    tag = "mediation",
    operation_id = "begin_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = BeginCase, example = json!({ "version": 2 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/begin")]
async fn begin_case(call: Call, id: Path<CaseId>, body: Body<BeginCase>) -> Answer {
    ok(mediation::begin_case(&call.cx, *id, body.0).await?)
}

/// Record an agreement (达成协议).
///
/// From `mediating` to `agreed_oral` (口头协议) or `agreed_written` (书面协议). Both parties may together ask the court to
/// confirm it (司法确认) until `confirm_by`, 30 days from `effective_at`.
#[utoipa::path(
    tag = "mediation",
    operation_id = "agree_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = AgreeCase, example = json!({
        "form": "written",
        "content": "三楼住户于一个月内修复防水,并承担二楼吊顶维修费用六百元。",
        "effective_at": "2026-03-02T15:30:00+08:00",
        "version": 3
    })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/agree")]
async fn agree_case(call: Call, id: Path<CaseId>, body: Body<AgreeCase>) -> Answer {
    ok(mediation::agree_case(&call.cx, *id, body.0).await?)
}

/// End mediation without result (调解不成).
///
/// From `mediating` to `failed`: no agreement can be reached. The parties are told of other ways (其他途径), such as
/// arbitration or the court; `reason` may say which.
#[utoipa::path(
    tag = "mediation",
    operation_id = "fail_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = EndCase, example = json!({ "reason": "双方分歧较大,已告知可向人民法院起诉。", "version": 3 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/fail")]
async fn fail_case(call: Call, id: Path<CaseId>, body: Body<EndCase>) -> Answer {
    ok(mediation::fail_case(&call.cx, *id, body.0).await?)
}

/// End mediation at the will of a party (当事人终止).
///
/// To `terminated_by_party` from any state before an agreement: a party refuses mediation or will not go on, and then it
/// cannot (人民调解法 art. 17, 23).
#[utoipa::path(
    tag = "mediation",
    operation_id = "terminate_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = EndCase, example = json!({ "reason": "一方当事人明确拒绝调解。", "version": 2 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/terminate")]
async fn terminate_case(call: Call, id: Path<CaseId>, body: Body<EndCase>) -> Answer {
    ok(mediation::terminate_case(&call.cx, *id, body.0).await?)
}

/// Take an application back (撤回申请).
///
/// To `withdrawn` from any state before an agreement.
#[utoipa::path(
    tag = "mediation",
    operation_id = "withdraw_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = EndCase, example = json!({ "reason": "双方已自行和解。", "version": 2 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/withdraw")]
async fn withdraw_case(call: Call, id: Path<CaseId>, body: Body<EndCase>) -> Answer {
    ok(mediation::withdraw_case(&call.cx, *id, body.0).await?)
}

/// Record that performance has begun (开始履行).
///
/// From an agreement to `performing`.
#[utoipa::path(
    tag = "mediation",
    operation_id = "start_performance",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = PerformCase, example = json!({ "version": 4 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/start_performance")]
async fn start_performance(call: Call, id: Path<CaseId>, body: Body<PerformCase>) -> Answer {
    ok(mediation::start_performance(&call.cx, *id, body.0).await?)
}

/// Record whether the agreement was performed (履行回访).
///
/// From `performing` to `performed` (已履行) or `breached` (未履行).
#[utoipa::path(
    tag = "mediation",
    operation_id = "record_performance",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = RecordPerformance, example = json!({ "outcome": "performed", "version": 5 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/record_performance")]
async fn record_performance(call: Call, id: Path<CaseId>, body: Body<RecordPerformance>) -> Answer {
    ok(mediation::record_performance(&call.cx, *id, body.0).await?)
}

/// Close a case (归档).
///
/// To `closed` once it has ended: performed or breached, refused, failed, terminated or withdrawn. `closed_from` keeps which.
#[utoipa::path(
    tag = "mediation",
    operation_id = "close_case",
    params(("id" = CaseId, Path, description = "Case id (案件编号)")),
    request_body(content = CloseCase, example = json!({ "version": 6 })),
    responses((status = 200, body = MediationCase), WriteProblems),
    extensions(("x-permission" = json!("mediation.manage")))
)]
#[post("/mediation/cases/{id}/close")]
async fn close_case(call: Call, id: Path<CaseId>, body: Body<CloseCase>) -> Answer {
    ok(mediation::close_case(&call.cx, *id, body.0).await?)
}
