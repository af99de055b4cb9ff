//! Duty in a grid (网格任职), the reports on it, and the public card.

use crate::prelude::*;
use ::grids::{
    self as domain, AssignDuty, CheckDuties, DoubleDuty, Duty, DutyReport, EndDuty, Grid, GridCard, ListDuties, ServiceTeam, ThreeLeads,
    UpdateDuty, WithinRegion,
};
use actix_web::{HttpRequest, http::header};
use kernel::{
    Cx, Error,
    id::{DutyId, GridId},
};
use organizations::BranchReport;

pub(super) fn routes(config: &mut ServiceConfig) {
    // These before `/grids/{id}`.
    config.service(list_vacancies).service(get_duty_report).service(get_branch_report);
    config.service(assign_duty).service(list_duties).service(get_three_leads).service(get_service_team);
    config.service(list_double_duties).service(update_duty).service(end_duty).service(get_grid_card);
}

/// Put somebody on duty in a grid (网格任职).
///
/// A grid has one dedicated member (专职网格员), one lead (网格长) and one secretary (网格书记) at a time: a second one whose
/// period shares a moment is refused (`duty_taken`), as is the same person twice in one role (`duty_overlap`). Whoever has an account
/// can be given orders (订单) in the grid. `phone` (个人电话) is sealed and never published; `duty_phone` (值班电话) is published.
#[utoipa::path(tag = "grids", operation_id = "assign_duty", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    request_body(content = AssignDuty, example = json!({ "role": "dedicated_member", "name": "王建国", "duty_phone": "0511-88010000" })),
    responses((status = 201, body = Duty), WriteProblems), extensions(("x-permission" = json!("duty.manage"))))]
#[post("/grids/{id}/duties")]
async fn assign_duty(call: Call, id: Path<GridId>, body: Body<AssignDuty>) -> Answer {
    if let Some(account) = body.0.account_id {
        identity::require_named(&call.cx, account).await.map_err(|e| e.at("#/account_id"))?;
    }
    if let Some(organization) = body.0.organization_id {
        organizations::named_region(&call.cx, organization).await.map_err(|e| e.at("#/organization_id"))?;
    }
    created(domain::assign_duty(&call.cx, *id, body.0).await?)
}

/// List the duties in a grid (任职列表).
///
/// The oldest first. Those that have ended (已结束) are left out unless `include_ended` is set. Private phones (个人电话) are masked
/// but for those who keep the duties of the place.
#[utoipa::path(tag = "grids", operation_id = "list_duties", params(("id" = GridId, Path, description = "Grid id (网格标识)"), ListDuties),
    responses((status = 200, body = Page<Duty>), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/grids/{id}/duties")]
async fn list_duties(call: Call, id: Path<GridId>, query: Query<ListDuties>) -> Answer {
    ok(domain::list_duties(&call.cx, *id, query.into_inner()).await?)
}

/// Read the three leads of a grid (三长).
///
/// Grid lead (网格长), building leads (楼栋长、楼组长) and party-group leads (党小组长) who are on duty now.
#[utoipa::path(tag = "grids", operation_id = "get_three_leads", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    responses((status = 200, body = ThreeLeads), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/grids/{id}/three-leads")]
async fn get_three_leads(call: Call, id: Path<GridId>) -> Answer {
    ok(domain::three_leads(&call.cx, *id).await?)
}

/// Read the service team of a grid (“1+N”网格服务团队).
///
/// The dedicated member (专职网格员), who is the 1, and the N: police (民警), lawyer (律师), property (物业), volunteers (志愿者),
/// doctor (家庭医生) and whoever else is on duty there now, with their skills (技能特长).
#[utoipa::path(tag = "grids", operation_id = "get_service_team", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    responses((status = 200, body = ServiceTeam), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/grids/{id}/team")]
async fn get_service_team(call: Call, id: Path<GridId>) -> Answer {
    ok(domain::service_team(&call.cx, *id).await?)
}

/// Change a duty (修改任职).
///
/// Its phone (值班电话), buildings (楼栋) and skills (技能特长). Who it is, where and as what does not change: end it and assign anew.
#[utoipa::path(tag = "grids", operation_id = "update_duty", params(("id" = DutyId, Path, description = "Duty id (任职标识)")),
    request_body(content = UpdateDuty, example = json!({ "duty_phone": "0511-88010001", "version": 1 })),
    responses((status = 200, body = Duty), WriteProblems), extensions(("x-permission" = json!("duty.manage"))))]
#[post("/duties/{id}")]
async fn update_duty(call: Call, id: Path<DutyId>, body: Body<UpdateDuty>) -> Answer {
    ok(domain::update_duty(&call.cx, *id, body.0).await?)
}

/// End a duty (结束任职).
///
/// Now, or at a time within its period (任期). It stays in the list of those that have ended.
#[utoipa::path(tag = "grids", operation_id = "end_duty", params(("id" = DutyId, Path, description = "Duty id (任职标识)")),
    request_body(content = EndDuty, example = json!({ "version": 1 })),
    responses((status = 200, body = Duty), WriteProblems), extensions(("x-permission" = json!("duty.manage"))))]
#[post("/duties/{id}/end")]
async fn end_duty(call: Call, id: Path<DutyId>, body: Body<EndDuty>) -> Answer {
    ok(domain::end_duty(&call.cx, *id, body.0).await?)
}

/// List vacancies (空缺清单).
///
/// The comprehensive grids (综合网格) in use in which nobody holds a role now; the role of dedicated member (专职网格员) unless told.
#[utoipa::path(tag = "grids", operation_id = "list_vacancies", params(CheckDuties), responses((status = 200, body = Page<Grid>), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/grids/vacancies")]
async fn list_vacancies(call: Call, query: Query<CheckDuties>) -> Answer {
    ok(domain::list_vacancies(&call.cx, query.into_inner()).await?)
}

/// List double duties (一人多格清单).
///
/// Who holds one role in more than one grid now; the role of dedicated member (专职网格员) unless told. People are told apart by
/// account (账号), else by name and phone.
#[utoipa::path(tag = "grids", operation_id = "list_double_duties", params(CheckDuties), responses((status = 200, body = Page<DoubleDuty>), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/duties/double")]
async fn list_double_duties(call: Call, query: Query<CheckDuties>) -> Answer {
    ok(domain::list_double_duties(&call.cx, query.into_inner()).await?)
}

/// Count how the posts of grids are filled (任职统计).
///
/// For the comprehensive grids (综合网格) of a region: how many have a dedicated member, a lead, a secretary, and how many show a
/// duty phone on their public card (公示率 = `disclosed` ÷ `grids`).
#[utoipa::path(tag = "grids", operation_id = "get_duty_report", params(WithinRegion), responses((status = 200, body = DutyReport), ReadProblems), extensions(("x-permission" = json!("duty.read"))))]
#[get("/grids/duty-report")]
async fn get_duty_report(call: Call, query: Query<WithinRegion>) -> Answer {
    ok(domain::duty_report(&call.cx, query.region_code).await?)
}

/// Count branches by grid (一个网格一个支部).
///
/// For the comprehensive grids (综合网格) of a county or less: how many have a grid branch (网格党支部), how many a party group
/// (党小组) instead, and which have neither.
#[utoipa::path(tag = "grids", operation_id = "get_branch_report", params(WithinRegion), responses((status = 200, body = BranchReport), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/grids/branch-report")]
async fn get_branch_report(call: Call, query: Query<WithinRegion>) -> Answer {
    ok(organizations::branch_report(&call.cx, query.region_code).await?)
}

/// Read the public card of a grid (网格公示牌).
///
/// By its code (编码) or its id, without signing in: who is on duty, names masked unless the rules of the place publish them
/// (`card_names`), with the phone of the duty (值班电话) and never a private one, and where to complain (监督电话). The card of a grid
/// that has ended (已撤销) names its successors. It may be kept for a minute; send its `ETag` as `If-None-Match` to ask for news.
#[utoipa::path(tag = "grids", operation_id = "get_grid_card", params(("code" = String, Path, max_length = 40, description = "Grid code or id (网格编码或标识)")),
    responses((status = 200, body = GridCard), (status = 304, description = "Nothing has changed since (未变化)."), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/public/grids/{code}/card")]
async fn get_grid_card(request: HttpRequest, public: Public, code: Path<String>) -> Answer {
    let cx = Cx::system(public.core);
    let grid = domain::find_grid(&cx, &code).await?;
    let rules = services::policy::grid_rules(&cx, grid.region_code).await?;
    let card = domain::get_card(&cx, grid, &rules).await?;
    cacheable(&cx, &request, &card)
}

/// An answer that everybody may keep for a minute; nothing but its tag for whoever has it already.
fn cacheable(cx: &Cx, request: &HttpRequest, view: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_vec(view).map_err(Error::internal)?;
    let tag = format!("\"{}\"", cx.vault().keyed_digest(&body)?);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let known = known.is_some_and(|tags| tags.trim() == "*" || tags.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::CACHE_CONTROL, "public, max-age=60")).insert_header((header::ETAG, tag));
    Ok(if known { answer.finish() } else { answer.content_type("application/json").body(body) })
}
