//! Check-ins (双报到), and how members take part.

use crate::prelude::*;
use kernel::id::{CheckInId, OrganizationId};
use organizations::check_in::{self, CheckIn, CheckInKind, FileCheckIn, ListCheckIns, PraiseCheckIn, StepCheckIn};
use services::participation::{self, ListParticipation, Participation};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_check_ins).service(file_check_in).service(get_check_in).service(confirm_check_in);
    config.service(praise_check_in).service(end_check_in).service(list_participation);
}

/// List check-ins (报到列表)
///
/// Those where the caller holds `check_in.read`, an organization's staff those at it, or one's own; without anything personal.
#[utoipa::path(tag = "check_ins", operation_id = "list_check_ins", params(ListCheckIns),
    responses((status = 200, body = Page<CheckIn>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/check_ins")]
async fn list_check_ins(call: Call, query: Query<ListCheckIns>) -> Answer {
    ok(check_in::list_check_ins(&call.cx, query.into_inner()).await?)
}

/// Check in (双报到)
///
/// Where one lives (居住地报到), works (工作单位报到) or also belongs (组织报到), with skills (技能特长), a wish (岗位意愿) and hours (可服务时间). For whoever
/// holds `check_in.file` anywhere.
#[utoipa::path(tag = "check_ins", operation_id = "file_check_in",
    request_body(content = FileCheckIn, example = json!({
        "kind": "residence", "region_code": "321182001017", "skills": ["矛盾调解"], "address": "翡丽中央 12幢3单元401室", "post_wish": "矛盾调解员",
        "hours": "周末及工作日晚间"
    })),
    responses((status = 201, body = CheckIn), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/check_ins")]
async fn file_check_in(call: Call, body: Body<FileCheckIn>) -> Answer {
    created(check_in::file_check_in(&call.cx, body.0).await?)
}

/// Read a check-in (查询报到)
///
/// In full for the member and for whoever confirms there (确认人).
#[utoipa::path(tag = "check_ins", operation_id = "get_check_in", params(("id" = CheckInId, Path, description = "Check-in id (报到编号)")),
    responses((status = 200, body = CheckIn), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/check_ins/{id}")]
async fn get_check_in(call: Call, id: Path<CheckInId>) -> Answer {
    ok(check_in::get_check_in(&call.cx, *id).await?)
}

/// Confirm a check-in (确认报到)
///
/// By the community, or by the organization (单位) that it is at. Whoever is confirmed where they live takes orders (接单) there from now on, and is
/// among the candidates (派单候选).
#[utoipa::path(tag = "check_ins", operation_id = "confirm_check_in", params(("id" = CheckInId, Path, description = "Check-in id (报到编号)")),
    request_body(content = StepCheckIn, example = json!({ "version": 1 })),
    responses((status = 200, body = CheckIn), WriteProblems), extensions(("x-permission" = json!("check_in.confirm"))))]
#[post("/check_ins/{id}/confirm")]
async fn confirm_check_in(call: Call, id: Path<CheckInId>, body: Body<StepCheckIn>) -> Answer {
    let done = check_in::confirm_check_in(&call.cx, *id, body.0).await?;
    renew(&call, &done);
    ok(done)
}

/// Say how a checked-in member takes part (社区评语)
///
/// The workplace (工作单位) reads it beside the number of their orders.
#[utoipa::path(tag = "check_ins", operation_id = "praise_check_in", params(("id" = CheckInId, Path, description = "Check-in id (报到编号)")),
    request_body(content = PraiseCheckIn, example = json!({ "words": "全年参与调解和巡查,居民反映好。", "version": 2 })),
    responses((status = 200, body = CheckIn), WriteProblems), extensions(("x-permission" = json!("check_in.confirm"))))]
#[post("/check_ins/{id}/praise")]
async fn praise_check_in(call: Call, id: Path<CheckInId>, body: Body<PraiseCheckIn>) -> Answer {
    ok(check_in::praise_check_in(&call.cx, *id, body.0).await?)
}

/// End a check-in (结束报到)
///
/// One's own, or one that the caller confirms. The right to take orders (接单) that came with it ends too.
#[utoipa::path(tag = "check_ins", operation_id = "end_check_in", params(("id" = CheckInId, Path, description = "Check-in id (报到编号)")),
    request_body(content = StepCheckIn, example = json!({ "version": 2 })),
    responses((status = 200, body = CheckIn), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/check_ins/{id}/end")]
async fn end_check_in(call: Call, id: Path<CheckInId>, body: Body<StepCheckIn>) -> Answer {
    let done = check_in::end_check_in(&call.cx, *id, body.0).await?;
    renew(&call, &done);
    ok(done)
}

/// What somebody may do has changed: it is read anew.
fn renew(call: &Call, done: &CheckIn) {
    if done.kind == CheckInKind::Residence {
        call.identity.forget(&call.cx, done.account_id);
    }
}

/// How the members of a workplace take part (双报到参与情况)
///
/// For each who works there by a confirmed check-in: orders (订单) done where they live, hours (服务时长) and the community's words (社区评语).
/// Nothing of the residents.
#[utoipa::path(tag = "check_ins", operation_id = "list_participation",
    params(("id" = OrganizationId, Path, description = "Organization id (单位编号)"), ListParticipation),
    responses((status = 200, body = Page<Participation>), ReadProblems), extensions(("x-permission" = json!("check_in.read"))))]
#[get("/organizations/{id}/participation")]
async fn list_participation(call: Call, id: Path<OrganizationId>, query: Query<ListParticipation>) -> Answer {
    ok(participation::list_participation(&call.cx, *id, query.into_inner()).await?)
}
