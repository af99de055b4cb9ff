//! Organizations (组织) and who belongs to them.

use crate::prelude::*;
use kernel::id::{MembershipId, OrganizationId};
use organizations::{AddMember, CreateOrganization, ListMembers, ListOrganizations, Membership, Organization, UpdateOrganization};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_organizations)
        .service(create_organization)
        .service(get_organization)
        .service(update_organization)
        .service(close_organization)
        .service(list_members)
        .service(add_member)
        .service(end_membership);
}

/// List organizations (组织列表).
///
/// The organizations that the caller may see, by region, the oldest of a region first. `region_code` (区划) stands
/// for everything beneath it too; `parent_id` (上级组织) gives one level of the tree.
#[utoipa::path(
    tag = "organizations",
    operation_id = "list_organizations",
    params(ListOrganizations),
    responses((status = 200, body = Page<Organization>), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/organizations")]
async fn list_organizations(call: Call, query: Query<ListOrganizations>) -> Answer {
    ok(organizations::list_organizations(&call.cx, query.into_inner()).await?)
}

/// Found an organization (新建组织).
///
/// It lies in a region, perhaps in one grid (网格) of it, and may stand beneath an active organization (上级组织) of the
/// same region or of one above. Its name is unique in its region.
#[utoipa::path(
    tag = "organizations",
    operation_id = "create_organization",
    request_body(content = CreateOrganization, example = json!({
        "name": "康乐社区第三网格党支部",
        "kind": "grid_branch",
        "region_code": "321003005008",
        "parent_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70"
    })),
    responses((status = 201, body = Organization), WriteProblems),
    extensions(("x-permission" = json!("organization.manage")))
)]
#[post("/organizations")]
async fn create_organization(call: Call, body: Body<CreateOrganization>) -> Answer {
    created(organizations::create_organization(&call.cx, body.0).await?)
}

/// Read one organization (查询组织).
///
/// One organization by its id; 404 for those who may not know of it.
#[utoipa::path(
    tag = "organizations",
    operation_id = "get_organization",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    responses((status = 200, body = Organization), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/organizations/{id}")]
async fn get_organization(call: Call, id: Path<OrganizationId>) -> Answer {
    ok(organizations::get_organization(&call.cx, *id).await?)
}

/// Change an organization (修改组织).
///
/// Its name (名称), parent (上级组织) or grid (网格). What is absent stays; `null` takes the parent or the grid away. With
/// `version` (版本) the change is refused when somebody else was faster.
#[utoipa::path(
    tag = "organizations",
    operation_id = "update_organization",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = UpdateOrganization, example = json!({ "name": "康乐社区第四网格党支部", "version": 1 })),
    responses((status = 200, body = Organization), WriteProblems),
    extensions(("x-permission" = json!("organization.manage")))
)]
#[post("/organizations/{id}")]
async fn update_organization(call: Call, id: Path<OrganizationId>, body: Body<UpdateOrganization>) -> Answer {
    ok(organizations::update_organization(&call.cx, *id, body.0).await?)
}

/// Close an organization (撤销组织).
///
/// For good, once no active organization stands beneath it. A closed organization takes no orders and no members;
/// what it did stays readable.
#[utoipa::path(
    tag = "organizations",
    operation_id = "close_organization",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    responses((status = 200, body = Organization), WriteProblems),
    extensions(("x-permission" = json!("organization.manage")))
)]
#[post("/organizations/{id}/close")]
async fn close_organization(call: Call, id: Path<OrganizationId>) -> Answer {
    ok(organizations::close_organization(&call.cx, *id).await?)
}

/// List the members of an organization (成员列表).
///
/// The current members (成员) with their roles (职务), without names.
#[utoipa::path(
    tag = "organizations",
    operation_id = "list_members",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)"), ListMembers),
    responses((status = 200, body = Page<Membership>), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/organizations/{id}/members")]
async fn list_members(call: Call, id: Path<OrganizationId>, query: Query<ListMembers>) -> Answer {
    ok(organizations::list_members(&call.cx, *id, query.into_inner()).await?)
}

/// Make an account a member (添加成员).
///
/// An account is a member (成员) of an organization once at a time. Membership gives no rights; a grant (授权) does.
#[utoipa::path(
    tag = "organizations",
    operation_id = "add_member",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = AddMember, example = json!({ "account_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "role": "secretary" })),
    responses((status = 201, body = Membership), WriteProblems),
    extensions(("x-permission" = json!("organization.manage")))
)]
#[post("/organizations/{id}/members")]
async fn add_member(call: Call, id: Path<OrganizationId>, body: Body<AddMember>) -> Answer {
    created(organizations::add_member(&call.cx, *id, body.0).await?)
}

/// End a membership (终止成员关系).
///
/// It ends now; that it was stays on record.
#[utoipa::path(
    tag = "organizations",
    operation_id = "end_membership",
    params(("id" = MembershipId, Path, description = "Membership id (成员关系编号)")),
    responses((status = 204, description = "Ended."), WriteProblems),
    extensions(("x-permission" = json!("organization.manage")))
)]
#[delete("/memberships/{id}")]
async fn end_membership(call: Call, id: Path<MembershipId>) -> Answer {
    organizations::end_membership(&call.cx, *id).await?;
    no_content()
}
