//! Household links (党员联户): which party member keeps in touch with which household.

use crate::prelude::*;
use ::grids::{self as domain, CheckLink, CreateLink, EndLink, HouseholdLink, LinkReport, ListLinks, Members, WithinRegion};
use kernel::{
    Cx, Place, Role,
    id::{AccountId, HouseholdLinkId},
};
use services::policy;
use std::collections::HashMap;

pub(super) fn routes(config: &mut ServiceConfig) {
    // `report` before `{id}`, which would take it for an id.
    config.service(get_link_report).service(list_household_links).service(create_household_link);
    config.service(get_household_link).service(check_household_link).service(end_household_link);
}

/// The most party members that a report asks for.
const MEMBERS: u64 = 1000;

/// What accounts say of themselves; the crate of households cannot ask its sibling.
struct Accounts<'a>(&'a Cx);

impl Members for Accounts<'_> {
    async fn belongs(&self, id: AccountId, community: RegionCode) -> kernel::Result<bool> {
        identity::has_role(self.0, id, Role::PartyMember, &Place::from(community)).await
    }

    async fn all_of(&self, community: RegionCode) -> kernel::Result<Vec<AccountId>> {
        identity::in_role(self.0, Role::PartyMember, &Place::from(community), MEMBERS).await
    }

    async fn names(&self, ids: &[AccountId]) -> kernel::Result<HashMap<AccountId, String>> {
        identity::names(self.0, ids).await
    }
}

/// List household links (联户列表).
///
/// Which party member (党员) keeps in touch with which household (户), by community (社区) and within one by age: those within the
/// caller's reach, and the caller's own. Names are masked. Those that have ended (已结束) are left out unless `include_ended` is set.
#[utoipa::path(tag = "residents", operation_id = "list_household_links", params(ListLinks), responses((status = 200, body = Page<HouseholdLink>), ReadProblems), extensions(("x-permission" = json!("link.read"))))]
#[get("/household_links")]
async fn list_household_links(call: Call, query: Query<ListLinks>) -> Answer {
    ok(page(&call.cx, query.into_inner()).await?)
}

/// A page of them.
pub(super) async fn page(cx: &Cx, query: ListLinks) -> kernel::Result<Page<HouseholdLink>> {
    domain::list_links(cx, query, &Accounts(cx)).await
}

/// Link a party member with a household (党员联户).
///
/// Both of one community (社区). The same two are not linked twice at one time; with how many members a household is linked at most, says
/// the policy `household_links` (`max_members`, 每户党员数上限). How many households a member should have is told by the report and refused to
/// nobody.
#[utoipa::path(tag = "residents", operation_id = "create_household_link",
    request_body(content = CreateLink, example = json!({
        "region_code": "321182001017", "household_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "member_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71"
    })),
    responses((status = 201, body = HouseholdLink), WriteProblems), extensions(("x-permission" = json!("link.manage"))))]
#[post("/household_links")]
async fn create_household_link(call: Call, body: Body<CreateLink>) -> Answer {
    let rules = policy::link_rules(&call.cx, body.0.region_code).await?;
    created(domain::create_link(&call.cx, body.0, &rules, &Accounts(&call.cx)).await?)
}

/// Report how households are divided among party members (联户负荷报表).
///
/// Each party member (党员) of a community (社区) with how many households they are linked with, and whether that is more (偏多) or fewer
/// (偏少) than the policy `household_links` of the place has it; and how many households are linked with nobody yet.
#[utoipa::path(tag = "residents", operation_id = "get_link_report", params(WithinRegion),
    responses((status = 200, body = LinkReport), ReadProblems, (status = 422, body = crate::problem::ProblemBody, content_type = "application/problem+json", description = "The region is no community (不是社区或村).")),
    extensions(("x-permission" = json!("link.read"))))]
#[get("/household_links/report")]
async fn get_link_report(call: Call, query: Query<WithinRegion>) -> Answer {
    let rules = policy::link_rules(&call.cx, query.region_code).await?;
    ok(domain::link_report(&call.cx, query.region_code, rules, &Accounts(&call.cx)).await?)
}

/// Read one household link (查询联户).
///
/// With the address of the household (户) and what the member was last found to know (四知). Names are masked.
#[utoipa::path(tag = "residents", operation_id = "get_household_link", params(("id" = HouseholdLinkId, Path, description = "Link id (联户标识)")),
    responses((status = 200, body = HouseholdLink), ReadProblems), extensions(("x-permission" = json!("link.read"))))]
#[get("/household_links/{id}")]
async fn get_household_link(call: Call, id: Path<HouseholdLinkId>) -> Answer {
    ok(domain::get_link(&call.cx, *id, &Accounts(&call.cx)).await?)
}

/// Check what a party member knows of a household (四知检查).
///
/// 提户知人、提人知事、提事知情、提情知策: four answers, which are kept with the link until the next check.
#[utoipa::path(tag = "residents", operation_id = "check_household_link", params(("id" = HouseholdLinkId, Path, description = "Link id (联户标识)")),
    request_body(content = CheckLink, example = json!({ "people": true, "matters": true, "circumstances": false, "policies": false, "version": 1 })),
    responses((status = 200, body = HouseholdLink), WriteProblems), extensions(("x-permission" = json!("link.manage"))))]
#[post("/household_links/{id}/check")]
async fn check_household_link(call: Call, id: Path<HouseholdLinkId>, body: Body<CheckLink>) -> Answer {
    ok(domain::check_link(&call.cx, *id, body.0, &Accounts(&call.cx)).await?)
}

/// End a household link (结束联户).
///
/// Now, or at a time within its period. It stays readable; the two can be linked anew.
#[utoipa::path(tag = "residents", operation_id = "end_household_link", params(("id" = HouseholdLinkId, Path, description = "Link id (联户标识)")),
    request_body(content = EndLink, example = json!({ "version": 1 })),
    responses((status = 200, body = HouseholdLink), WriteProblems), extensions(("x-permission" = json!("link.manage"))))]
#[post("/household_links/{id}/end")]
async fn end_household_link(call: Call, id: Path<HouseholdLinkId>, body: Body<EndLink>) -> Answer {
    ok(domain::end_link(&call.cx, *id, body.0, &Accounts(&call.cx)).await?)
}
