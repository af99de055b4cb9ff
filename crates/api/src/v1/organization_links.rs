//! Links between organizations besides the tree (组织关系), and what is recorded of neighbourhoods and councils.

use super::organizations::rules_of;
use crate::prelude::*;
use ::organizations::{
    link::{self, CreateOrganizationLink, ListOrganizationLinks, OrganizationLink},
    profile::{self, FiveOnes, ListFiveOnes, OrganizationProfile, SetOrganizationProfile},
};
use kernel::id::{OrganizationId, OrganizationLinkId};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_organization_links)
        .service(create_organization_link)
        .service(end_organization_link)
        .service(list_five_ones)
        .service(get_organization_profile)
        .service(set_organization_profile);
}

/// List the links of an organization (组织关系列表).
///
/// From it and to it (方向), the oldest first; those that have ended on request.
#[utoipa::path(tag = "organizations", operation_id = "list_organization_links",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)"), ListOrganizationLinks),
    responses((status = 200, body = Page<OrganizationLink>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/organizations/{id}/links")]
async fn list_organization_links(call: Call, id: Path<OrganizationId>, query: Query<ListOrganizationLinks>) -> Answer {
    ok(link::list_organization_links(&call.cx, *id, query.into_inner()).await?)
}

/// Link an organization to another (建立组织关系).
///
/// It leads (领导), guides (指导), supervises (抓管带), builds together with (共建) or serves (服务) the other, from now on. Both are active.
/// Nobody is led by whom they lead.
#[utoipa::path(tag = "organizations", operation_id = "create_organization_link",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = CreateOrganizationLink, example = json!({
        "to_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71", "kind": "supervises", "note": "每季度召开一次例会"
    })),
    responses((status = 201, body = OrganizationLink), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/organizations/{id}/links")]
async fn create_organization_link(call: Call, id: Path<OrganizationId>, body: Body<CreateOrganizationLink>) -> Answer {
    created(link::create_organization_link(&call.cx, *id, body.0).await?)
}

/// End a link between organizations (终止组织关系).
///
/// It ends now; that it was stays on record.
#[utoipa::path(tag = "organizations", operation_id = "end_organization_link",
    params(("id" = OrganizationLinkId, Path, description = "Link id (组织关系编号)")),
    responses((status = 204, description = "Ended."), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[delete("/organization_links/{id}")]
async fn end_organization_link(call: Call, id: Path<OrganizationLinkId>) -> Answer {
    link::end_organization_link(&call.cx, *id).await?;
    no_content()
}

/// List which neighbourhoods lack what (五个一核查).
///
/// Each neighbourhood (邻里) of a region with what it lacks of one office (服务处), one full-time worker (专职社工), one council (理事会), one
/// service team (服务队) and one fund (经费).
#[utoipa::path(tag = "organizations", operation_id = "list_five_ones", params(ListFiveOnes),
    responses((status = 200, body = Page<FiveOnes>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/organizations/five_ones")]
async fn list_five_ones(call: Call, query: Query<ListFiveOnes>) -> Answer {
    ok(profile::list_five_ones(&call.cx, query.into_inner()).await?)
}

/// Read what is recorded of an organization (查询登记内容).
///
/// Of a neighbourhood (邻里) its 五个一 with what is missing; of a building council (楼群自管会, 1+X×N) its branch, households, charter (章程),
/// elections (推选结果) and how many backbone members (骨干) there are.
#[utoipa::path(tag = "organizations", operation_id = "get_organization_profile",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    responses((status = 200, body = OrganizationProfile), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/organizations/{id}/profile")]
async fn get_organization_profile(call: Call, id: Path<OrganizationId>) -> Answer {
    ok(profile::get_organization_profile(&call.cx, *id).await?)
}

/// Record what an organization has (登记五个一、自管会).
///
/// In place of what was recorded before: `neighborhood` for a neighbourhood (邻里), `council` for a building council (楼群自管会). One worker
/// (专职社工) covers as many neighbourhoods at most as the place says (`organization_rules.neighborhoods_per_worker`).
#[utoipa::path(tag = "organizations", operation_id = "set_organization_profile",
    params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = SetOrganizationProfile, example = json!({
        "neighborhood": { "households": 300, "office": "3号楼底层", "office_area": 15, "council": true, "team": true, "fund": 5000 }
    })),
    responses((status = 200, body = OrganizationProfile), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/organizations/{id}/profile")]
async fn set_organization_profile(call: Call, id: Path<OrganizationId>, body: Body<SetOrganizationProfile>) -> Answer {
    let rules = rules_of(&call.cx, *id).await?;
    ok(profile::set_organization_profile(&call.cx, *id, body.0, &rules).await?)
}
