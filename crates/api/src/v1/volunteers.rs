//! People who take orders (接单人).

use crate::prelude::*;
use kernel::id::AccountId;
use volunteers::{ListVolunteers, RegisterVolunteer, UpdateVolunteer, Volunteer};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_volunteers).service(register_volunteer).service(get_volunteer).service(update_volunteer);
}

/// List the takers of orders (接单人名册).
///
/// Those whose roll the caller may read, by the region that they serve (服务区划); `region_code` stands for
/// everything beneath it too. `skill` (技能) matches a whole skill.
#[utoipa::path(
    tag = "volunteers",
    operation_id = "list_volunteers",
    params(ListVolunteers),
    responses((status = 200, body = Page<Volunteer>), ReadProblems),
    extensions(("x-permission" = json!("volunteer.read")))
)]
#[get("/volunteers")]
async fn list_volunteers(call: Call, query: Query<ListVolunteers>) -> Answer {
    ok(volunteers::list_volunteers(&call.cx, query.into_inner()).await?)
}

/// Register a taker of orders (登记接单人).
///
/// A volunteer (志愿者), party member (党员), grid member (网格员), community worker (社区工作者) or social worker (社工)
/// with the region or grid that they serve. Whoever may take orders there (`order.take`) registers themselves, as what
/// their role says; to register others needs `volunteer.manage`.
#[utoipa::path(
    tag = "volunteers",
    operation_id = "register_volunteer",
    request_body(content = RegisterVolunteer, example = json!({
        "kind": "party_member",
        "region_code": "321182001017",
        "skills": ["水电维修", "助老陪护"]
    })),
    responses((status = 201, body = Volunteer), WriteProblems),
    extensions(("x-permission" = json!("own")))
)]
#[post("/volunteers")]
async fn register_volunteer(call: Call, body: Body<RegisterVolunteer>) -> Answer {
    if let Some(organization) = body.0.organization_id {
        organizations::named_region(&call.cx, organization).await.map_err(|e| e.at("#/organization_id"))?;
    }
    created(volunteers::register_volunteer(&call.cx, body.0).await?)
}

/// Read one taker of orders (查询接单人).
///
/// Oneself, or somebody on a roll that the caller may read (`volunteer.read`); 404 otherwise.
#[utoipa::path(
    tag = "volunteers",
    operation_id = "get_volunteer",
    params(("account_id" = AccountId, Path, description = "Account id (账号编号)")),
    responses((status = 200, body = Volunteer), ReadProblems),
    extensions(("x-permission" = json!("own")))
)]
#[get("/volunteers/{account_id}")]
async fn get_volunteer(call: Call, account_id: Path<AccountId>) -> Answer {
    ok(volunteers::get_volunteer(&call.cx, *account_id).await?)
}

/// Change a taker of orders (修改接单人).
///
/// What they can do (技能), the grid that they serve (服务网格) and whether they take orders now (可接单): by themselves, or
/// with `volunteer.manage`. What is absent stays; a `grid_id` of `null` means the whole region.
#[utoipa::path(
    tag = "volunteers",
    operation_id = "update_volunteer",
    params(("account_id" = AccountId, Path, description = "Account id (账号编号)")),
    request_body(content = UpdateVolunteer, example = json!({ "available": false, "version": 1 })),
    responses((status = 200, body = Volunteer), WriteProblems),
    extensions(("x-permission" = json!("own")))
)]
#[post("/volunteers/{account_id}")]
async fn update_volunteer(call: Call, account_id: Path<AccountId>, body: Body<UpdateVolunteer>) -> Answer {
    ok(volunteers::update_volunteer(&call.cx, *account_id, body.0).await?)
}
