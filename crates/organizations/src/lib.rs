//! Organizations (组织): who in a neighbourhood works together under one name, and who belongs to them.
//!
//! Party organizations, resident units, property companies and the rest lie in a region, perhaps in
//! one grid of it, and stand in a tree: 社区党组织 → 网格党支部 → 党小组. A parent is an active
//! organization of the same region or of one above it. An organization is never deleted; it is
//! closed, once nothing active stands beneath it. A membership (成员关系) has a period; ending it keeps
//! the row. Membership gives no rights: those are grants.
//!
//! An order can be taken by an organization, so the order engine asks [`find_organization`].

mod command;
mod event;
mod row;
mod store;
mod view;

pub use command::{AddMember, CreateOrganization, ListMembers, ListOrganizations, UpdateOrganization};
pub use row::{MemberRole, OrganizationKind, OrganizationStatus};
pub use store::tables;
pub use view::{BranchReport, Membership, Organization, OrganizationSummary};

use event::{MembershipEvent, OrganizationEvent};
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, RegionLevel, Result, Subject, Tx,
    id::{GridId, MembershipId, OrganizationId},
};
use std::collections::HashMap;

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    use kernel::{EventType as T, event::catalogued};
    let mut types = catalogued::<OrganizationEvent>(&[T::OrganizationCreated, T::OrganizationUpdated, T::OrganizationClosed]);
    types.extend(catalogued::<MembershipEvent>(&[T::MembershipStarted, T::MembershipEnded]));
    types
}

/// How many organizations may stand above one another.
const MAX_DEPTH: usize = 10;

/// Founds an organization (新建组织).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `grid_foreign`; `organization_parent_invalid`;
/// `organization_name_taken`.
pub async fn create_organization(cx: &Cx, command: CreateOrganization) -> Result<Organization> {
    let region = command.region_code;
    cx.actor.require(Permission::OrganizationManage, &Place { region: Some(region), grid: command.grid_id, organization: None })?;
    let name = tidy(&command.name)?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_grid(cx, command.grid_id, region).await?;
    let mut tx = cx.begin();
    let row = row::organization::Model {
        id: tx.id(),
        name: name.clone(),
        kind: command.kind,
        region_code: region,
        grid_id: command.grid_id,
        parent_id: command.parent_id,
        status: OrganizationStatus::Active,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    if let Some(parent) = command.parent_id {
        require_parent(&mut tx, &row, parent).await?;
    }
    store::insert_organization(tx.conn().await?, row.clone()).await.map_err(|e| e.when_taken(Code::OrganizationNameTaken, "name", name))?;
    let event = OrganizationEvent::Created { kind: row.kind, grid_id: row.grid_id, parent_id: row.parent_id };
    tx.emit(subject(&row), &event)?;
    tx.commit_created(row.into()).await
}

/// Changes an organization's name, parent or grid (修改组织); what is absent stays.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `version_stale`; `grid_foreign`;
/// `organization_parent_invalid`; `organization_name_taken`.
pub async fn update_organization(cx: &Cx, id: OrganizationId, command: UpdateOrganization) -> Result<Organization> {
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
    let mut tx = cx.begin();
    if let Some(parent) = command.parent_id {
        new.parent_id = parent;
        if let Some(parent) = parent {
            require_parent(&mut tx, &old, parent).await?;
        }
    }
    new.version += 1;
    new.updated_at = tx.now;
    tx.stage(Guard::Update(store::update(&new, old.version)), Error::new(Code::VersionStale));
    tx.emit(subject(&new), &OrganizationEvent::Updated { grid_id: new.grid_id, parent_id: new.parent_id })?;
    let name = new.name.clone();
    tx.commit(new.into())
        .await
        .map_err(|e: Error| if e.breaks("organizations") { e.when_taken(Code::OrganizationNameTaken, "name", name) } else { e })
}

/// Closes an organization (撤销组织) for good. Its memberships stay as they were.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `organization_in_use` while an active
/// organization stands beneath it; `version_stale`.
pub async fn close_organization(cx: &Cx, id: OrganizationId) -> Result<Organization> {
    let mut row = managed(cx, id).await?;
    require_active(&row)?;
    let mut tx = cx.begin();
    if store::has_active_child(tx.conn().await?, id).await? {
        return Err(Error::new(Code::OrganizationInUse));
    }
    let version = row.version;
    row.status = OrganizationStatus::Closed;
    row.version += 1;
    row.updated_at = tx.now;
    tx.stage(Guard::Update(store::update(&row, version)), Error::new(Code::VersionStale));
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

/// Makes an account a member of an organization (添加成员).
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `membership_exists`; `reference_broken` when there is
/// no such account, or the caller may not know of it.
pub async fn add_member(cx: &Cx, organization: OrganizationId, command: AddMember) -> Result<Membership> {
    let place = managed(cx, organization).await?;
    identity::require_named(cx, command.account_id).await.map_err(|e| e.at("#/account_id"))?;
    let mut tx = cx.begin();
    require_active(&store::hold(tx.conn().await?, organization).await?.ok_or_else(not_found)?)?;
    let row = row::membership::Model {
        id: tx.id(),
        organization_id: organization,
        account_id: command.account_id,
        role: command.role,
        valid_from: tx.now,
        valid_to: None,
        created_at: tx.now,
    };
    store::insert_membership(tx.conn().await?, row.clone()).await.map_err(|e| match e.code {
        Code::ValueTaken => Error::new(Code::MembershipExists).because(e),
        Code::ReferenceBroken => e.at("#/account_id"),
        _ => e,
    })?;
    tx.emit(membership_subject(&row, 1, place.region_code), &MembershipEvent::Started { organization_id: organization, role: row.role })?;
    tx.commit_created(row.into()).await
}

/// Ends a membership (终止成员关系) now.
///
/// # Errors
/// `membership_not_found`, also when it has ended already; `permission_missing`.
pub async fn end_membership(cx: &Cx, id: MembershipId) -> Result<()> {
    let missing = || Error::new(Code::MembershipNotFound);
    let row = store::find_membership(cx, id).await?.filter(|m| m.valid_to.is_none()).ok_or_else(missing)?;
    let organization = store::find_organization(cx, row.organization_id).await?.ok_or_else(missing)?;
    cx.actor.require_sight(
        Permission::OrganizationManage,
        Permission::OrganizationRead,
        &place(&organization),
        Code::MembershipNotFound,
    )?;
    let mut tx = cx.begin();
    tx.stage(Guard::Update(store::end_membership(&row, tx.now)), missing());
    let event = MembershipEvent::Ended { organization_id: row.organization_id, role: row.role };
    tx.emit(membership_subject(&row, 2, organization.region_code), &event)?;
    tx.commit(()).await
}

/// The current members of an organization (成员列表), without their names.
///
/// # Errors
/// `organization_not_found`; `cursor_invalid`.
pub async fn list_members(cx: &Cx, organization: OrganizationId, list: ListMembers) -> Result<Page<Membership>> {
    visible(cx, organization).await?;
    let pager = Pager::new("members", &organization, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let rows = store::list_members(cx, organization, &pager).await?;
    Ok(pager.page(rows, |r| r.account_id)?.map(Membership::from))
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

/// A membership has two versions: begun and ended.
fn membership_subject(row: &row::membership::Model, version: i32, region: RegionCode) -> Subject {
    Subject { id: row.id.0, version, region }
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

/// A parent is active, lies in the child's region or above it, and does not stand beneath the child.
/// Every row on the way up is held until the change commits, so that two moves cannot make a ring
/// together and a parent cannot close meanwhile.
async fn require_parent(tx: &mut Tx<'_>, child: &row::organization::Model, parent: OrganizationId) -> Result<()> {
    let refusal = || Error::new(Code::OrganizationParentInvalid).at("#/parent_id");
    let mut next = Some(parent);
    for depth in 0..MAX_DEPTH {
        let Some(id) = next else { return Ok(()) };
        let above = store::hold(tx.conn().await?, id).await?.ok_or_else(refusal)?;
        let fits = above.status == OrganizationStatus::Active && above.region_code.covers(child.region_code);
        if above.id == child.id || (depth == 0 && !fits) {
            return Err(refusal());
        }
        next = above.parent_id;
    }
    if next.is_none() { Ok(()) } else { Err(refusal()) }
}

/// A name without the spaces around it.
fn tidy(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::field_with("#/name", Code::FieldLength, vec![("min", "1".to_owned()), ("max", "100".to_owned())]));
    }
    Ok(name.to_owned())
}
