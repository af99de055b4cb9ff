//! Organizations (组织) and who belongs to them.

use crate::prelude::*;
use kernel::{
    Cx,
    id::{AccountId, MembershipId, OrganizationId},
};
use organizations::{
    AccountMembership, AddMember, CountOrganizations, CreateOrganization, ListMembers, ListMemberships, ListOrganizations, ListSubtree,
    Membership, Organization, OrganizationRules, OrganizationStatistics, UpdateOrganization,
};
use services::policy;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_organizations)
        .service(create_organization)
        .service(get_organization_statistics)
        .service(get_organization)
        .service(list_subtree)
        .service(update_organization)
        .service(close_organization)
        .service(list_members)
        .service(add_member)
        .service(end_membership)
        .service(list_account_memberships)
        .service(list_own_memberships);
}

/// The rules of the place where an organization lies; where there is none, the domain says so.
pub(super) async fn rules_of(cx: &Cx, id: OrganizationId) -> kernel::Result<OrganizationRules> {
    match organizations::find_organization(cx, &id).await? {
        Some(found) => policy::organization_rules(cx, found.region_code).await,
        None => Ok(OrganizationRules::default()),
    }
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
/// same region or of one above. Where the place has a template of levels (四级组织体系, the policy `organization_rules`), a kind that
/// stands in one of them goes right beneath the level above. Its name is unique in its region, its credit code (统一社会信用代码) among
/// the active organizations of the region.
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
    let rules = policy::organization_rules(&call.cx, body.0.region_code).await?;
    created(organizations::create_organization(&call.cx, body.0, &rules).await?)
}

/// Count organizations (组织统计).
///
/// The active organizations of a region (区划) by kind (类别), with the memberships of now and the people in them. At most a city (市).
#[utoipa::path(
    tag = "organizations",
    operation_id = "get_organization_statistics",
    params(CountOrganizations),
    responses((status = 200, body = OrganizationStatistics), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/organizations/summary")]
async fn get_organization_statistics(call: Call, query: Query<CountOrganizations>) -> Answer {
    ok(organizations::organization_statistics(&call.cx, query.into_inner()).await?)
}

/// List what stands beneath an organization (下级组织).
///
/// All of it, however deep, each right behind what it stands beneath; of one level, `list_organizations` with `parent_id`.
#[utoipa::path(
    tag = "organizations",
    operation_id = "list_subtree",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)"), ListSubtree),
    responses((status = 200, body = Page<Organization>), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/organizations/{id}/subtree")]
async fn list_subtree(call: Call, id: Path<OrganizationId>, query: Query<ListSubtree>) -> Answer {
    ok(organizations::list_subtree(&call.cx, *id, query.into_inner()).await?)
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
/// Its name (名称), parent (上级组织), grid (网格), credit code (统一社会信用代码) or address (地址). What is absent stays; `null` takes it
/// away. With a new parent, all that stands beneath moves with it. With `version` (版本) the change is refused when somebody else was faster.
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
    let rules = rules_of(&call.cx, *id).await?;
    ok(organizations::update_organization(&call.cx, *id, body.0, &rules).await?)
}

/// Close an organization (撤销组织).
///
/// For good, once no active organization stands beneath it and it leads no active alliance. A closed organization takes no
/// orders and no members, and leaves its alliances today; what it did stays readable.
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
/// The current members (成员) with their roles (职务), without names; who has several roles stands there several times.
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
/// An account may be a member (成员) of several organizations, and of one in several roles (职务); in one role once at a time. It begins
/// now or before (起始时间); an end (终止时间) may be planned. Membership gives no rights; a grant (授权) does.
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

/// List what an account is a member of (任职情况).
///
/// As far as the caller may see the organizations (组织), past memberships too unless `current` (仅在任) is told, the oldest first.
#[utoipa::path(
    tag = "organizations",
    operation_id = "list_account_memberships",
    params(("id" = AccountId, Path, description = "Account id (账号编号)"), ListMemberships),
    responses((status = 200, body = Page<AccountMembership>), ReadProblems),
    extensions(("x-permission" = json!("organization.read")))
)]
#[get("/accounts/{id}/memberships")]
async fn list_account_memberships(call: Call, id: Path<AccountId>, query: Query<ListMemberships>) -> Answer {
    ok(organizations::list_account_memberships(&call.cx, *id, query.into_inner()).await?)
}

/// List what I am a member of (我的任职情况).
///
/// With the names of the organizations (组织), past memberships too unless `current` (仅在任) is told, the oldest first.
#[utoipa::path(
    tag = "organizations",
    operation_id = "list_own_memberships",
    params(ListMemberships),
    responses((status = 200, body = Page<AccountMembership>), ReadProblems),
    extensions(("x-permission" = json!("signed_in")))
)]
#[get("/me/memberships")]
async fn list_own_memberships(call: Call, query: Query<ListMemberships>) -> Answer {
    ok(organizations::list_own_memberships(&call.cx, query.into_inner()).await?)
}
