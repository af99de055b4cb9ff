//! Residents (居民): masked, unless a purpose is named.

use crate::prelude::*;
use ::grids::resident::{LinkAccount, UnlinkAccount};
use ::grids::{
    self as domain, CreateResident, LeaveResident, ListResidents, LookUpResident, MoveIn, MoveOut, Resident, RevealResident,
    RevealedResident, UpdateResident,
};
use kernel::id::ResidentId;

pub(super) fn routes(config: &mut ServiceConfig) {
    // `lookup` before `{id}`, which would take it for an id.
    config
        .service(list_residents)
        .service(create_resident)
        .service(look_up_resident)
        .service(get_resident)
        .service(update_resident)
        .service(reveal_resident)
        .service(move_in)
        .service(move_out)
        .service(leave_resident)
        .service(link_account)
        .service(unlink_account);
}

/// List residents (居民列表).
///
/// Those within the caller's reach, masked, by community (社区) and within one by age of the entry, narrowed by grid (网格), building
/// (楼栋), household (户) or kind of residence (居住类别).
#[utoipa::path(tag = "residents", operation_id = "list_residents", params(ListResidents), responses((status = 200, body = Page<Resident>), ReadProblems), extensions(("x-permission" = json!("resident.read"))))]
#[get("/residents")]
async fn list_residents(call: Call, query: Query<ListResidents>) -> Answer {
    ok(domain::list_residents(&call.cx, query.into_inner()).await?)
}

/// Enter a resident (登记居民).
///
/// With the household (户) that the resident belongs to, if there is one. An ID number (身份证号码) must have the right check digit;
/// birth and sex follow from it. Name, phone, ID number and day of birth are stored sealed (加密存储).
#[utoipa::path(tag = "residents", operation_id = "create_resident",
    request_body(content = CreateResident, example = json!({ "region_code": "321182001017", "name": "张三丰", "phone": "13812341234", "id_number": "321102198002290014", "residence": "permanent" })),
    responses((status = 201, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents")]
async fn create_resident(call: Call, body: Body<CreateResident>) -> Answer {
    created(domain::create_resident(&call.cx, body.0).await?)
}

/// Look for a resident by phone or ID number (精确查找).
///
/// By exactly this number, within a region where the caller may look; the number stands in the body, so that no log of URLs
/// holds it. Found or not, that somebody looked, and what for, is logged (留痕).
#[utoipa::path(tag = "residents", operation_id = "look_up_resident",
    request_body(content = LookUpResident, example = json!({ "region_code": "321182001017", "purpose": "service", "phone": "13812341234" })),
    responses((status = 200, body = Page<Resident>), WriteProblems), extensions(("x-permission" = json!("resident.look_up"))))]
#[post("/residents/lookup")]
async fn look_up_resident(call: Call, body: Body<LookUpResident>) -> Answer {
    ok(domain::look_up_resident(&call.cx, body.0).await?)
}

/// Read one resident (查询居民).
///
/// Masked (脱敏); somebody who has left (已离开) is still found.
#[utoipa::path(tag = "residents", operation_id = "get_resident", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    responses((status = 200, body = Resident), ReadProblems), extensions(("x-permission" = json!("resident.read"))))]
#[get("/residents/{id}")]
async fn get_resident(call: Call, id: Path<ResidentId>) -> Answer {
    ok(domain::get_resident(&call.cx, *id).await?)
}

/// Change a resident's entry (修改居民).
///
/// What is absent stays. Households (户) are joined and left with `move_in` and `move_out`.
#[utoipa::path(tag = "residents", operation_id = "update_resident", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = UpdateResident, example = json!({ "phone": "13912341234", "version": 1 })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}")]
async fn update_resident(call: Call, id: Path<ResidentId>, body: Body<UpdateResident>) -> Answer {
    ok(domain::update_resident(&call.cx, *id, body.0).await?)
}

/// Show personal fields in full (查看明文).
///
/// Those that are asked for, for a purpose (用途). The event `resident.revealed` keeps who saw which fields and what for, not what
/// they say.
#[utoipa::path(tag = "residents", operation_id = "reveal_resident", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = RevealResident, example = json!({ "purpose": "visit", "fields": ["name", "phone"] })),
    responses((status = 200, body = RevealedResident), WriteProblems), extensions(("x-permission" = json!("resident.reveal"))))]
#[post("/residents/{id}/reveal")]
async fn reveal_resident(call: Call, id: Path<ResidentId>, body: Body<RevealResident>) -> Answer {
    ok(domain::reveal_resident(&call.cx, *id, body.0).await?)
}

/// Join a household (迁入).
///
/// Of the same community (社区). Whoever belongs to another household still belongs to it; to one household nobody belongs twice.
#[utoipa::path(tag = "residents", operation_id = "move_in", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = MoveIn, example = json!({ "household_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "relation": "spouse", "valid_from": "2026-11-01" })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}/move_in")]
async fn move_in(call: Call, id: Path<ResidentId>, body: Body<MoveIn>) -> Answer {
    ok(domain::move_in(&call.cx, *id, body.0).await?)
}

/// Leave a household (迁出).
///
/// The membership ends on that day and stays as a past one (历史成员).
#[utoipa::path(tag = "residents", operation_id = "move_out", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = MoveOut, example = json!({ "household_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "valid_to": "2026-11-15" })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}/move_out")]
async fn move_out(call: Call, id: Path<ResidentId>, body: Body<MoveOut>) -> Answer {
    ok(domain::move_out(&call.cx, *id, body.0).await?)
}

/// Leave the community (离开).
///
/// Moved away (迁走), deceased (死亡), or entered by mistake (登记有误): every membership in a household ends.
#[utoipa::path(tag = "residents", operation_id = "leave_resident", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = LeaveResident, example = json!({ "reason": "moved", "left_on": "2026-11-15" })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}/leave")]
async fn leave_resident(call: Call, id: Path<ResidentId>, body: Body<LeaveResident>) -> Answer {
    ok(domain::leave_resident(&call.cx, *id, body.0).await?)
}

/// Link a resident to an account (关联账号).
///
/// After somebody has looked at who it is (核验方式). Whoever has the account then sees what is held about the resident
/// (`get_own_data`), and may withdraw consents (撤回同意).
#[utoipa::path(tag = "residents", operation_id = "link_account", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = LinkAccount, example = json!({ "account_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "verified_by": "document", "version": 1 })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.link"))))]
#[post("/residents/{id}/link")]
async fn link_account(call: Call, id: Path<ResidentId>, body: Body<LinkAccount>) -> Answer {
    // First the resident: who may not link it learns nothing of accounts either.
    domain::resident::require_linkable(&call.cx, *id).await?;
    identity::require_named(&call.cx, body.0.account_id).await.map_err(|e| e.at("#/account_id"))?;
    ok(domain::resident::link_account(&call.cx, *id, body.0).await?)
}

/// Link a resident to no account any more (解除账号关联).
///
/// The entry and its history stay.
#[utoipa::path(tag = "residents", operation_id = "unlink_account", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = UnlinkAccount, example = json!({ "version": 2 })),
    responses((status = 200, body = Resident), WriteProblems), extensions(("x-permission" = json!("resident.link"))))]
#[post("/residents/{id}/unlink")]
async fn unlink_account(call: Call, id: Path<ResidentId>, body: Body<UnlinkAccount>) -> Answer {
    ok(domain::resident::unlink_account(&call.cx, *id, body.0).await?)
}
