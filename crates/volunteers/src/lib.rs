//! People who take orders (接单人): volunteers, party members, grid members and the workers of the
//! community, with what they can do and where they serve.
//!
//! One account is registered once. It serves a region and everything beneath it, or one grid of it. Who may
//! take orders there registers themselves, as what their role says they are; anybody else is
//! registered by those who keep the roll (接单人名册). Registration gives no rights: those are grants.
//!
//! The order engine asks [`find_volunteer`] and [`Volunteer::serves`].

mod command;
mod event;
mod row;
mod store;
mod view;

pub use command::{ListVolunteers, RegisterVolunteer, UpdateVolunteer};
pub use row::VolunteerKind;
pub use store::tables;
pub use view::Volunteer;

use event::VolunteerEvent;
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    id::{AccountId, GridId},
};

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    kernel::event::catalogued::<VolunteerEvent>(&[kernel::EventType::VolunteerRegistered, kernel::EventType::VolunteerUpdated])
}

/// Registers somebody, or oneself, as a taker of orders (登记接单人).
///
/// # Errors
/// `permission_missing`; `content_invalid` for a kind or an organization that one's own roles do not bear out; `region_unknown`,
/// `region_closed`, `grid_foreign`; `volunteer_exists`; `reference_broken` when there is no such account or organization, or the caller
/// may not know of the account.
pub async fn register_volunteer(cx: &Cx, command: RegisterVolunteer) -> Result<Volunteer> {
    let account = match command.account_id.or(cx.actor.account) {
        Some(account) => account,
        None => return Err(Error::field_with("#/account_id", Code::FieldMissing, vec![("name", "account_id".to_owned())])),
    };
    let place = Place { region: Some(command.region_code), grid: command.grid_id, organization: None };
    if cx.actor.account == Some(account) && !cx.actor.can(Permission::VolunteerManage, &place) {
        cx.actor.require(Permission::OrderTake, &place)?;
        require_role(cx, command.kind, &place)?;
        // Where they belong says who keeps the roll, or the organization whose staff they are.
        if command.organization_id.is_some_and(|o| !cx.actor.staff_of().contains(&o)) {
            let reason = vec![("reason", "you are not staff of this organization".to_owned())];
            return Err(Error::field_with("#/organization_id", Code::FieldInvalid, reason));
        }
    } else {
        cx.actor.require(Permission::VolunteerManage, &place)?;
        identity::require_named(cx, account).await.map_err(|e| e.at("#/account_id"))?;
    }
    let skills = tidy(command.skills)?;
    grids::require_open(cx, command.region_code).await.map_err(|e| e.at("#/region_code"))?;
    require_grid(cx, command.grid_id, command.region_code).await?;
    let mut tx = cx.begin();
    let view = Volunteer {
        account_id: account,
        kind: command.kind,
        region_code: command.region_code,
        grid_id: command.grid_id,
        organization_id: command.organization_id,
        skills,
        available: command.available,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx.conn().await?, &view).await.map_err(|e| match e.code {
        Code::ValueTaken => Error::new(Code::VolunteerExists).because(e),
        _ => e,
    })?;
    tx.emit(subject(&view), &VolunteerEvent::Registered { kind: view.kind, grid_id: view.grid_id, available: view.available })?;
    tx.commit_created(view).await
}

/// Changes what a taker can do, where, and whether they are available (修改接单人); what is absent stays.
///
/// # Errors
/// `volunteer_not_found`, `permission_missing`; `version_stale`; `grid_foreign`.
pub async fn update_volunteer(cx: &Cx, account: AccountId, command: UpdateVolunteer) -> Result<Volunteer> {
    let missing = Code::VolunteerNotFound;
    let old = store::find(cx, account).await?.ok_or_else(|| Error::new(missing))?;
    let own = cx.actor.account == Some(account);
    if !own {
        cx.actor.require_sight(Permission::VolunteerManage, Permission::VolunteerRead, &old.place(), missing)?;
    }
    if command.version.is_some_and(|v| v != old.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let mut new = old.clone();
    if let Some(grid) = command.grid_id {
        require_grid(cx, grid, old.region_code).await?;
        new.grid_id = grid;
        // Out of their grid nobody takes themselves further than their own right to take orders goes.
        let right = if own && !cx.actor.can(Permission::VolunteerManage, &new.place()) {
            Permission::OrderTake
        } else {
            Permission::VolunteerManage
        };
        cx.actor.require(right, &Place { organization: None, ..new.place() })?;
    }
    if let Some(skills) = command.skills {
        new.skills = tidy(skills)?;
    }
    new.available = command.available.unwrap_or(old.available);
    let mut tx = cx.begin();
    new.version += 1;
    new.updated_at = tx.now;
    tx.stage(Guard::Update(store::update(&new, old.version)?), Error::new(Code::VersionStale));
    tx.emit(subject(&new), &VolunteerEvent::Updated { grid_id: new.grid_id, available: new.available })?;
    tx.commit(new).await
}

/// One taker of orders (查询接单人): oneself, or whoever is on a roll that the caller may read.
///
/// # Errors
/// `volunteer_not_found`, also for those who may not know of them.
pub async fn get_volunteer(cx: &Cx, account: AccountId) -> Result<Volunteer> {
    let missing = || Error::new(Code::VolunteerNotFound);
    let view = store::find(cx, account).await?.ok_or_else(missing)?;
    let seen = cx.actor.account == Some(account) || cx.actor.can(Permission::VolunteerRead, &view.place());
    if seen { Ok(view) } else { Err(missing()) }
}

/// The roll (接单人名册), as far as the caller may read it, by region.
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`.
pub async fn list_volunteers(cx: &Cx, list: ListVolunteers) -> Result<Page<Volunteer>> {
    let reach = cx.actor.reach(Permission::VolunteerRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::VolunteerRead));
    }
    let filters = (list.region_code, list.kind, &list.skill, list.available);
    let pager = Pager::new("volunteers", &filters, PageQuery { limit: list.limit, cursor: list.cursor.clone() })?;
    let rows = store::list(cx, &reach, &list, &pager).await?;
    pager.page(rows, |v| (v.region_code.as_i64(), v.account_id))
}

/// What the order engine asks about a taker: one look-up by key, no permission. Absent when the account is not registered.
///
/// # Errors
/// `database_unavailable`.
pub async fn find_volunteer(cx: &Cx, account: AccountId) -> Result<Option<Volunteer>> {
    store::find(cx, account).await
}

/// Those of these accounts that are registered, in one query, for the order engine.
///
/// # Errors
/// `database_unavailable`.
pub async fn find_volunteers(cx: &Cx, accounts: &[AccountId]) -> Result<Vec<Volunteer>> {
    store::find_many(cx, accounts).await
}

/// Who takes orders now and serves a community, or a region above it: those registered nearest first, at most so many. For the
/// order engine: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn serving(cx: &Cx, community: RegionCode, limit: u64) -> Result<Vec<Volunteer>> {
    store::serving(cx, community, limit).await
}

fn subject(view: &Volunteer) -> Subject {
    Subject { id: view.account_id.0, version: view.version, region: view.region_code }
}

/// Nobody calls themselves a party member who is none: the kind follows from a role held there.
fn require_role(cx: &Cx, kind: VolunteerKind, place: &Place) -> Result<()> {
    let borne_out = cx.actor.grants.iter().any(|g| kind.roles().contains(&g.role) && g.scope.covers(place));
    if borne_out {
        return Ok(());
    }
    Err(Error::field_with("#/kind", Code::FieldInvalid, vec![("reason", "you hold no role of this kind here".to_owned())]))
}

async fn require_grid(cx: &Cx, grid: Option<GridId>, region: RegionCode) -> Result<()> {
    match grid {
        Some(grid) => grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id")),
        None => Ok(()),
    }
}

/// Skills without the spaces around them, each once, in the order given.
fn tidy(skills: Vec<String>) -> Result<Vec<String>> {
    let mut tidy: Vec<String> = Vec::with_capacity(skills.len());
    for (index, skill) in skills.iter().enumerate() {
        let skill = skill.trim();
        if !(1..=command::SKILL_LENGTH).contains(&skill.chars().count()) {
            let bounds = vec![("min", "1".to_owned()), ("max", command::SKILL_LENGTH.to_string())];
            return Err(Error::field_with(format!("#/skills/{index}"), Code::FieldLength, bounds));
        }
        if !tidy.iter().any(|s| s == skill) {
            tidy.push(skill.to_owned());
        }
    }
    Ok(tidy)
}
