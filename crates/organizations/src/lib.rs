//! Organizations (组织): who in a neighbourhood works together under one name, and who belongs to them.
//!
//! Party organizations, resident units, property companies and the rest lie in a region, perhaps in
//! one grid of it, and stand in a tree: 社区党组织 → 网格党支部 → 党小组. A parent is an active
//! organization of the same region or of one above it; where the place has a template of levels, it fits
//! that too ([`OrganizationRules`]). An organization is never deleted; it is closed, once nothing active stands beneath it.
//! Besides the tree there are links ([`link`]), posts ([`post`]), pledges ([`pledge`]), and what is recorded of
//! neighbourhoods and building councils ([`profile`]). A membership (成员关系) has a role and a period; ending it keeps
//! the row. Membership gives no rights: those are grants.
//!
//! An order can be taken by an organization, so the order engine asks [`find_organization`].

pub mod admission;
pub mod alliance;
mod bulk;
pub mod check_in;
mod command;
mod credit;
mod event;
pub mod link;
pub mod meeting;
mod member;
mod paging;
pub mod partnership;
pub mod pledge;
pub mod points;
pub mod post;
pub mod profile;
mod row;
mod rules;
mod store;
mod tree;
pub mod venue;
mod view;

pub use bulk::{PutMembership, PutOrganization, put_memberships, put_organizations};
pub use command::{
    AddMember, CountOrganizations, CreateOrganization, ListMembers, ListMemberships, ListOrganizations, ListSubtree, UpdateOrganization,
};
pub use member::{add_member, end_membership, list_account_memberships, list_members, list_own_memberships};

pub use row::{MemberRole, OrganizationKind, OrganizationStatus};
pub use rules::{OrganizationRules, OrganizationTemplate, PostKind, TemplateLevel};
pub use store::tables;
pub use view::{AccountMembership, BranchReport, Membership, Organization, OrganizationCount, OrganizationStatistics, OrganizationSummary};

use event::{MembershipEvent, OrganizationEvent};
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, RegionLevel, Result, Subject,
    id::{GridId, OrganizationId},
};
use std::collections::HashMap;

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    use kernel::{EventType as T, event::catalogued};
    let mut types = catalogued::<OrganizationEvent>(&[T::OrganizationCreated, T::OrganizationUpdated, T::OrganizationClosed]);
    types.extend(catalogued::<MembershipEvent>(&[T::MembershipStarted, T::MembershipEnded]));
    types.extend(link::event_types());
    types.extend(post::event_types());
    types.extend(pledge::event_types());
    types.extend(profile::event_types());
    types.extend(catalogued::<venue::event::VenueFacts>(&[T::VenueCreated, T::VenueUpdated, T::VenueClosed]));
    types.extend([alliance::event_types(), meeting::event_types(), partnership::event_types()].concat());
    types.extend(admission::event_types());
    types.extend(check_in::event_types());
    types.extend(points::event_types());
    types
}

/// Founds an organization (新建组织) by the rules of its place.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `grid_foreign`; `organization_parent_invalid`, `organization_level_invalid`;
/// `credit_code_invalid`, `credit_code_taken`; `organization_name_taken`.
pub async fn create_organization(cx: &Cx, command: CreateOrganization, rules: &OrganizationRules) -> Result<Organization> {
    let region = command.region_code;
    cx.actor.require(Permission::OrganizationManage, &Place { region: Some(region), grid: command.grid_id, organization: None })?;
    let name = tidy(&command.name)?;
    let credit_code = command.credit_code.as_deref().map(credit).transpose()?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_grid(cx, command.grid_id, region).await?;
    let mut tx = cx.begin();
    let parent = tree::parent(&mut tx, None, region, command.parent_id).await?;
    rules.require_level(command.kind, parent.as_ref().map(|p| p.kind))?;
    let id = tx.id();
    let row = row::organization::Model {
        id,
        name,
        kind: command.kind,
        region_code: region,
        grid_id: command.grid_id,
        parent_id: command.parent_id,
        path: tree::path(parent.as_ref(), id),
        credit_code,
        address: command.address,
        status: OrganizationStatus::Active,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert_organization(tx.conn().await?, row.clone()).await.map_err(|e| taken(e, &row))?;
    tx.emit(subject(&row), &OrganizationEvent::created(&row))?;
    tx.commit_created(row.into()).await
}

/// Changes an organization's name, parent, grid, credit code or address (修改组织); what is absent stays. With a new parent all that
/// stands beneath it moves with it.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `version_stale`; `grid_foreign`;
/// `organization_parent_invalid`, `organization_level_invalid`; `credit_code_invalid`, `credit_code_taken`; `organization_name_taken`.
pub async fn update_organization(
    cx: &Cx,
    id: OrganizationId,
    command: UpdateOrganization,
    rules: &OrganizationRules,
) -> Result<Organization> {
    let old = managed(cx, id).await?;
    require_active(&old)?;
    require_version(&old, command.version)?;
    let mut new = old.clone();
    if let Some(name) = &command.name {
        new.name = tidy(name)?;
    }
    if let Some(grid) = command.grid_id {
        require_grid(cx, grid, old.region_code).await?;
        new.grid_id = grid;
    }
    if let Some(code) = &command.credit_code {
        new.credit_code = code.as_deref().map(credit).transpose()?;
    }
    if let Some(address) = command.address {
        new.address = address;
    }
    let mut tx = cx.begin();
    if let Some(parent) = command.parent_id {
        let above = tree::parent(&mut tx, Some(&old), old.region_code, parent).await?;
        rules.require_level(old.kind, above.as_ref().map(|p| p.kind))?;
        new.parent_id = parent;
        new.path = tree::path(above.as_ref(), id);
    }
    let moved = new.path != old.path;
    if moved {
        store::move_beneath(tx.conn().await?, &old.path, &new.path).await?;
    }
    new.version += 1;
    new.updated_at = tx.now;
    tx.stage(Guard::Update(store::update(&new, old.version, moved)), Error::new(Code::VersionStale));
    tx.emit(subject(&new), &OrganizationEvent::updated(&new))?;
    let view = new.clone().into();
    tx.commit(view).await.map_err(|e: Error| if e.breaks("organizations") { taken(e, &new) } else { e })
}

/// Closes an organization (撤销组织) for good. Its members stay as they were; it leaves its alliances today, the chair with them.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `organization_in_use` while an active
/// organization stands beneath it or it leads an active alliance; `version_stale`, also when it joins an alliance at this moment.
pub async fn close_organization(cx: &Cx, id: OrganizationId) -> Result<Organization> {
    let mut row = managed(cx, id).await?;
    require_active(&row)?;
    let mut tx = cx.begin();
    alliance::leave_all(cx, &mut tx, id).await?;
    if store::has_active_child(tx.conn().await?, id).await? || alliance::leads_any(tx.conn().await?, id).await? {
        return Err(Error::new(Code::OrganizationInUse));
    }
    // Nobody changes it from here on; but it may have joined one since.
    if alliance::belongs_to_any(cx, &mut tx, id).await? {
        return Err(Error::new(Code::VersionStale));
    }
    let version = row.version;
    row.status = OrganizationStatus::Closed;
    row.version += 1;
    row.updated_at = tx.now;
    tx.stage(Guard::Update(store::update(&row, version, false)), Error::new(Code::VersionStale));
    tx.emit(subject(&row), &OrganizationEvent::Closed {})?;
    tx.commit(row.into()).await
}

/// One organization (查询组织).
///
/// # Errors
/// `organization_not_found`, also for those who may not know of it.
pub async fn get_organization(cx: &Cx, id: OrganizationId) -> Result<Organization> {
    Ok(visible(cx, id).await?.into())
}

/// Those of these organizations that the caller may know of, in one query.
///
/// # Errors
/// `database_unavailable`.
pub async fn organizations_named(cx: &Cx, ids: &[OrganizationId]) -> Result<Vec<Organization>> {
    let rows = store::named(cx, ids).await?;
    Ok(rows.into_iter().filter(|row| cx.actor.can(Permission::OrganizationRead, &place(row))).map(Organization::from).collect())
}

/// The organizations that the caller may see (组织列表), by region, the oldest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may see none anywhere; `cursor_invalid`.
pub async fn list_organizations(cx: &Cx, list: ListOrganizations) -> Result<Page<Organization>> {
    let reach = cx.actor.reach(Permission::OrganizationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let pager = Pager::new(
        "organizations",
        &(list.region_code, list.kind, list.parent_id),
        PageQuery { limit: list.limit, cursor: list.cursor.clone() },
    )?;
    let rows = store::list_organizations(cx, &reach, &list, &pager).await?;
    Ok(pager.page(rows, |r| (r.region_code.as_i64(), r.id))?.map(Organization::from))
}

/// What stands beneath an organization (下级组织), each right behind what it stands beneath: one range of an index, however deep.
///
/// # Errors
/// `organization_not_found`; `cursor_invalid`.
pub async fn list_subtree(cx: &Cx, id: OrganizationId, list: ListSubtree) -> Result<Page<Organization>> {
    let root = visible(cx, id).await?;
    let page = PageQuery { limit: list.limit, cursor: list.cursor.clone() };
    let pager = Pager::new("subtree", &(id, list.kind, list.status), page)?;
    let reach = cx.actor.reach(Permission::OrganizationRead);
    let rows = store::subtree(cx, &reach, &root, &list, &pager).await?;
    Ok(pager.page(rows, |r| r.path.clone())?.map(Organization::from))
}

/// How many organizations there are in a region, by kind, with their members of now (组织统计): one grouped query. At most a city.
///
/// # Errors
/// `permission_missing`; `query_parameter_invalid` for a region above a city.
pub async fn organization_statistics(cx: &Cx, query: CountOrganizations) -> Result<OrganizationStatistics> {
    cx.actor.require(Permission::OrganizationRead, &Place::from(query.region_code))?;
    if query.region_code.level() < RegionLevel::City {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", "region_code is a city or lies in one"));
    }
    let kinds = store::count(cx, query).await?;
    let organizations = kinds.iter().map(|kind| kind.organizations).sum();
    Ok(OrganizationStatistics { region_code: query.region_code, organizations, kinds })
}

/// The most grids that a report on branches looks at; a county has some hundreds.
const MOST_GRIDS: u64 = 20_000;

/// One grid, one branch (一个网格一个支部): which comprehensive grids of a region have a party branch, which a party group, which
/// nothing. At most a county.
///
/// # Errors
/// `permission_missing`; `query_parameter_invalid` for a region above a county.
pub async fn branch_report(cx: &Cx, region: RegionCode) -> Result<BranchReport> {
    cx.actor.require(Permission::OrganizationRead, &Place::from(region))?;
    if region.level() < RegionLevel::County {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", "region_code is a county or lies in one"));
    }
    let grids = grids::grids_in_use(cx, region, MOST_GRIDS).await?;
    let bound = store::bound_grids(cx, region).await?;
    let having = |kind| -> HashMap<GridId, i64> { bound.iter().filter(|b| b.1 == kind).map(|b| (b.0, b.2)).collect() };
    let (branches, groups) = (having(OrganizationKind::GridBranch), having(OrganizationKind::PartyGroup));
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let with_branch = grids.iter().filter(|g| branches.contains_key(&g.id)).count();
    let with_group = grids.iter().filter(|g| !branches.contains_key(&g.id) && groups.contains_key(&g.id)).count();
    let several = grids.iter().filter(|g| branches.get(&g.id).is_some_and(|n| *n > 1)).count();
    Ok(BranchReport {
        grids: number(grids.len()),
        with_branch: number(with_branch),
        with_group: number(with_group),
        unbound: number(grids.len() - with_branch - with_group),
        with_several_branches: number(several),
        unbound_grids: grids.into_iter().filter(|g| !branches.contains_key(&g.id) && !groups.contains_key(&g.id)).take(100).collect(),
    })
}

/// What the order engine asks about an organization: one look-up by key, no permission. Absent when there is none.
///
/// # Errors
/// `database_unavailable`.
pub async fn find_organization(cx: &Cx, id: &OrganizationId) -> Result<Option<OrganizationSummary>> {
    Ok(store::find_organization(cx, *id).await?.map(OrganizationSummary::from))
}

/// The region of an organization that a command names. To whom may not know of it, it is as if there were none.
///
/// # Errors
/// `reference_broken`.
pub async fn named_region(cx: &Cx, id: OrganizationId) -> Result<RegionCode> {
    match visible(cx, id).await {
        Err(e) if e.code == Code::OrganizationNotFound => Err(Error::new(Code::ReferenceBroken)),
        row => Ok(row?.region_code),
    }
}

fn place(row: &row::organization::Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: Some(row.id) }
}

fn subject(row: &row::organization::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

fn not_found() -> Error {
    Error::new(Code::OrganizationNotFound)
}

/// The organization, if the caller may know of it.
async fn visible(cx: &Cx, id: OrganizationId) -> Result<row::organization::Model> {
    let row = store::find_organization(cx, id).await?.ok_or_else(not_found)?;
    if cx.actor.can(Permission::OrganizationRead, &place(&row)) { Ok(row) } else { Err(not_found()) }
}

/// The organization, if the caller may change it.
async fn managed(cx: &Cx, id: OrganizationId) -> Result<row::organization::Model> {
    let row = store::find_organization(cx, id).await?.ok_or_else(not_found)?;
    cx.actor.require_sight(Permission::OrganizationManage, Permission::OrganizationRead, &place(&row), Code::OrganizationNotFound)?;
    Ok(row)
}

fn require_active(row: &row::organization::Model) -> Result<()> {
    if row.status == OrganizationStatus::Active { Ok(()) } else { Err(Error::new(Code::OrganizationClosed)) }
}

fn require_version(row: &row::organization::Model, seen: Option<i32>) -> Result<()> {
    if seen.is_none_or(|v| v == row.version) { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

async fn require_grid(cx: &Cx, grid: Option<GridId>, region: RegionCode) -> Result<()> {
    match grid {
        Some(grid) => grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id")),
        None => Ok(()),
    }
}

/// What a broken unique constraint of this row means.
fn taken(error: Error, row: &row::organization::Model) -> Error {
    if error.breaks("credit_code") {
        let code = row.credit_code.clone().unwrap_or_default();
        return Error::new(Code::CreditCodeTaken).with("code", code).at("#/credit_code").because(error);
    }
    error.when_taken(Code::OrganizationNameTaken, "name", &row.name)
}

fn credit(text: &str) -> Result<String> {
    credit::credit_code(text).map_err(|reason| Error::new(Code::CreditCodeInvalid).with("reason", reason).at("#/credit_code"))
}

/// A name without the spaces around it.
fn tidy(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::field_with("#/name", Code::FieldLength, vec![("min", "1".to_owned()), ("max", "100".to_owned())]));
    }
    Ok(name.to_owned())
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    let mut columns = vec![
        S::by_id("joint_meetings", "record", |key| format!("joint meeting {} record", key[0])),
        S::by_id("partnership_items", "proof", |key| format!("partnership item {} proof", key[0])),
    ];
    columns.extend(check_in::sealed_columns());
    columns.extend(points::sealed_columns());
    columns
}
