//! Households (户) and who belongs to them.

use crate::prelude::*;
use ::grids::{
    self as domain, CloseHousehold, CreateHousehold, Household, HouseholdMember, ListHouseholdMembers, ListHouseholds, UpdateHousehold,
};
use kernel::id::HouseholdId;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_households)
        .service(create_household)
        .service(get_household)
        .service(update_household)
        .service(close_household)
        .service(list_household_members);
}

/// List households (户列表).
///
/// Those within the caller's reach, by community (社区) and within one by age, narrowed by grid (网格), estate (小区), building (楼栋) or
/// address (地址). The name of the head (户主) is masked.
#[utoipa::path(tag = "residents", operation_id = "list_households", params(ListHouseholds), responses((status = 200, body = Page<Household>), ReadProblems), extensions(("x-permission" = json!("household.read"))))]
#[get("/households")]
async fn list_households(call: Call, query: Query<ListHouseholds>) -> Answer {
    ok(domain::list_households(&call.cx, query.into_inner()).await?)
}

/// Enter a household (立户).
///
/// At an address (地址) of its community, in a grid (网格) of the same community and of no other.
#[utoipa::path(tag = "residents", operation_id = "create_household",
    request_body(content = CreateHousehold, example = json!({ "region_code": "321182001017", "address_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "kind": "family", "code": "XL-0401" })),
    responses((status = 201, body = Household), WriteProblems), extensions(("x-permission" = json!("household.manage"))))]
#[post("/households")]
async fn create_household(call: Call, body: Body<CreateHousehold>) -> Answer {
    created(domain::create_household(&call.cx, body.0).await?)
}

/// Read one household (查询户).
///
/// With its address (地址), its grid (网格) and how many belong to it; the name of the head (户主) is masked. A closed one (已销户) is still found.
#[utoipa::path(tag = "residents", operation_id = "get_household", params(("id" = HouseholdId, Path, description = "Household id (户标识)")),
    responses((status = 200, body = Household), ReadProblems), extensions(("x-permission" = json!("household.read"))))]
#[get("/households/{id}")]
async fn get_household(call: Call, id: Path<HouseholdId>) -> Answer {
    ok(domain::get_household(&call.cx, *id).await?)
}

/// Change a household (修改户).
///
/// What is absent stays. With a new address (地址) the household moves there, all its members with it, and into the grid (网格) of
/// that address unless another one is named.
#[utoipa::path(tag = "residents", operation_id = "update_household", params(("id" = HouseholdId, Path, description = "Household id (户标识)")),
    request_body(content = UpdateHousehold, example = json!({ "code": "XL-0402", "version": 1 })),
    responses((status = 200, body = Household), WriteProblems), extensions(("x-permission" = json!("household.manage"))))]
#[post("/households/{id}")]
async fn update_household(call: Call, id: Path<HouseholdId>, body: Body<UpdateHousehold>) -> Answer {
    ok(domain::update_household(&call.cx, *id, body.0).await?)
}

/// Close a household (销户).
///
/// Once nobody belongs to it any more.
#[utoipa::path(tag = "residents", operation_id = "close_household", params(("id" = HouseholdId, Path, description = "Household id (户标识)")),
    request_body(content = CloseHousehold, example = json!({ "version": 1 })),
    responses((status = 200, body = Household), WriteProblems), extensions(("x-permission" = json!("household.manage"))))]
#[post("/households/{id}/close")]
async fn close_household(call: Call, id: Path<HouseholdId>, body: Body<CloseHousehold>) -> Answer {
    ok(domain::close_household(&call.cx, *id, body.0).await?)
}

/// List who belongs to a household (户成员).
///
/// With what each is to the head (与户主关系) and since when; names masked. Past memberships (已迁出) on request.
#[utoipa::path(tag = "residents", operation_id = "list_household_members", params(("id" = HouseholdId, Path, description = "Household id (户标识)"), ListHouseholdMembers),
    responses((status = 200, body = Page<HouseholdMember>), ReadProblems), extensions(("x-permission" = json!("resident.read"))))]
#[get("/households/{id}/members")]
async fn list_household_members(call: Call, id: Path<HouseholdId>, query: Query<ListHouseholdMembers>) -> Answer {
    ok(domain::list_household_members(&call.cx, *id, query.into_inner()).await?)
}
