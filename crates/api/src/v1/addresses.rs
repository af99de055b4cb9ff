//! Addresses (地址): the estates, buildings, units and rooms of a community.

use crate::prelude::*;
use ::grids::{self as domain, Address, CloseAddress, CreateAddress, Grid, ListAddresses, UpdateAddress};
use kernel::{Code, Error, id::AddressId};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_addresses).service(create_address).service(get_address).service(update_address).service(close_address);
    config.service(get_address_grid);
}

/// List addresses (地址列表).
///
/// Estates (小区), buildings (楼栋), units (单元) and rooms (室) within the caller's reach, by community and within one by age. With
/// `parent_id` those right beneath an address: that is how to walk down the tree.
#[utoipa::path(tag = "residents", operation_id = "list_addresses", params(ListAddresses), responses((status = 200, body = Page<Address>), ReadProblems), extensions(("x-permission" = json!("address.read"))))]
#[get("/addresses")]
async fn list_addresses(call: Call, query: Query<ListAddresses>) -> Answer {
    ok(domain::list_addresses(&call.cx, query.into_inner()).await?)
}

/// Enter an address (登记地址).
///
/// Under an address of a wider kind, or at the top; a level may be left out. The standard address (标准地址) is the names from
/// the estate (小区) down, and unique in its community (社区).
#[utoipa::path(tag = "residents", operation_id = "create_address",
    request_body(content = CreateAddress, example = json!({ "region_code": "321182001017", "kind": "estate", "name": "新联花园" })),
    responses((status = 201, body = Address), WriteProblems), extensions(("x-permission" = json!("address.manage"))))]
#[post("/addresses")]
async fn create_address(call: Call, body: Body<CreateAddress>) -> Answer {
    created(domain::create_address(&call.cx, body.0).await?)
}

/// Read one address (查询地址).
///
/// A closed one (已停用) is still found, with the time of its end in `valid_to`.
#[utoipa::path(tag = "residents", operation_id = "get_address", params(("id" = AddressId, Path, description = "Address id (地址标识)")),
    responses((status = 200, body = Address), ReadProblems), extensions(("x-permission" = json!("address.read"))))]
#[get("/addresses/{id}")]
async fn get_address(call: Call, id: Path<AddressId>) -> Answer {
    ok(domain::get_address(&call.cx, *id).await?)
}

/// Change an address (修改地址).
///
/// What is absent stays. A new name changes the standard address (标准地址) of everything beneath it; a new grid (网格) takes along
/// all that was in the same grid as this: addresses, households (户) and residents (居民).
#[utoipa::path(tag = "residents", operation_id = "update_address", params(("id" = AddressId, Path, description = "Address id (地址标识)")),
    request_body(content = UpdateAddress, example = json!({ "name": "新联家园", "version": 1 })),
    responses((status = 200, body = Address), WriteProblems), extensions(("x-permission" = json!("address.manage"))))]
#[post("/addresses/{id}")]
async fn update_address(call: Call, id: Path<AddressId>, body: Body<UpdateAddress>) -> Answer {
    ok(domain::update_address(&call.cx, *id, body.0).await?)
}

/// Close an address (停用地址).
///
/// Once nothing in use lies in it and no household (户) is there. It stays readable; its text may be used again.
#[utoipa::path(tag = "residents", operation_id = "close_address", params(("id" = AddressId, Path, description = "Address id (地址标识)")),
    request_body(content = CloseAddress, example = json!({ "version": 1 })),
    responses((status = 200, body = Address), WriteProblems), extensions(("x-permission" = json!("address.manage"))))]
#[post("/addresses/{id}/close")]
async fn close_address(call: Call, id: Path<AddressId>, body: Body<CloseAddress>) -> Answer {
    ok(domain::close_address(&call.cx, *id, body.0).await?)
}

/// Find the grid of an address (地址所在网格).
///
/// The grid (网格) that the address is entered in, else that of the address above it, else the one whose boundary contains its point.
/// 404 `grid_not_found` when none of these can be told.
#[utoipa::path(tag = "residents", operation_id = "get_address_grid", params(("id" = AddressId, Path, description = "Address id (地址标识)")),
    responses((status = 200, body = Grid), ReadProblems), extensions(("x-permission" = json!("address.read"))))]
#[get("/addresses/{id}/grid")]
async fn get_address_grid(call: Call, id: Path<AddressId>) -> Answer {
    let found = domain::grid_of_address(&call.cx, *id).await?;
    ok(found.ok_or_else(|| Error::new(Code::GridNotFound))?)
}
