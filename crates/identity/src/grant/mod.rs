//! Grants (授权): a role of one account within one scope, for a period.
//!
//! Nobody gives what they do not hold. To give a role, or to take it back, one must hold the right to
//! manage accounts at that place *and* stand at least as high there as the role does:
//! administrator over district operator over street operator over community worker over everybody else;
//! an auditor is made by a district operator or above.
//!
//! This crate knows neither grids nor organizations. Who calls for a grant in one of them looks up
//! the region that it lies in and hands it over as a [`Place`]; the grant keeps it, so that whoever
//! answers for that region sees and manages the account.

mod command;
pub(crate) mod event;
pub(crate) mod row;
mod store;
mod view;

pub use command::{CreateGrant, ListGrants};
pub(crate) use store::{Wanted, held_by, holders, in_role, of_account, of_accounts};
pub use view::Grant;
pub(crate) use view::scope as scope_of;

use crate::account;
use chrono::SubsecRound;
use event::GrantEvent;
use kernel::{
    Actor, Cx, Page, Permission, Place, RegionCode, Role, Scope, Subject, Time, Tx,
    clock::has_plain_year,
    error::{Code, Error, Result},
    id::{AccountId, GrantId},
};
use sea_orm::{EntityTrait, IntoActiveModel};

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

/// A grant that has been decided and not yet written.
pub(crate) struct Granting {
    role: Role,
    scope: Scope,
    /// The region that it lies in.
    pub(crate) place_code: RegionCode,
    valid_from: Time,
    valid_to: Option<Time>,
}

/// How high a role stands.
const fn rank(role: Role) -> u8 {
    match role {
        Role::Administrator => 4,
        Role::DistrictOperator => 3,
        Role::StreetOperator => 2,
        Role::CommunityWorker => 1,
        Role::Resident | Role::GridMember | Role::PartyMember | Role::Volunteer | Role::OrganizationStaff | Role::Auditor => 0,
    }
}

/// How high one must stand to give or take a role.
pub(crate) const fn needed_rank(role: Role) -> u8 {
    if matches!(role, Role::Auditor) { rank(Role::DistrictOperator) } else { rank(role) }
}

/// How high the actor stands among those who hold this permission here; absent if it does not hold it.
fn rank_at(actor: &Actor, permission: Permission, place: &Place) -> Option<u8> {
    if actor.account.is_none() {
        return Some(u8::MAX);
    }
    let holding = actor.grants.iter().filter(|g| permission.roles().contains(&g.role) && g.scope.covers(place));
    holding.map(|g| rank(g.role)).max()
}

impl row::Model {
    pub(crate) fn place(&self) -> Place {
        Place { region: Some(self.place_code), grid: self.grid_id, organization: self.organization_id }
    }

    /// Whether something at this place lies within the grant.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        view::scope(self.region_code, self.grid_id, self.organization_id).is_ok_and(|scope| scope.covers(place))
    }

    /// The same as the policy table reads it.
    pub(crate) fn granted(&self) -> Result<kernel::access::Grant> {
        let scope = scope_of(self.region_code, self.grid_id, self.organization_id)?;
        Ok(kernel::access::Grant { id: self.id, role: self.role, scope, valid_to: self.valid_to })
    }

    pub(crate) fn in_force(&self, now: Time) -> bool {
        self.valid_from <= now && self.valid_to.is_none_or(|to| to > now)
    }

    /// How high the actor stands over this grant, by a permission that covers its place.
    pub(crate) fn rank_of(&self, actor: &Actor, permission: Permission) -> Option<u8> {
        rank_at(actor, permission, &self.place())
    }
}

/// The place of a scope, with what the caller knows of where it lies.
fn placed(scope: Scope, known: Place) -> Place {
    match scope {
        Scope::Region(region) => Place::from(region),
        Scope::Grid(grid) => Place { region: known.region, grid: Some(grid), organization: None },
        Scope::Organization(organization) => Place { region: known.region, grid: known.grid, organization: Some(organization) },
    }
}

/// Requires that the actor may give or take this role at this place.
fn require_grip(actor: &Actor, role: Role, place: &Place) -> Result<()> {
    actor.require(Permission::AccountManage, place)?;
    let own = rank_at(actor, Permission::AccountManage, place);
    if own.is_some_and(|own| own >= needed_rank(role)) { Ok(()) } else { Err(Error::new(Code::GrantBeyondOwn)) }
}

/// Decides whether the actor may give this grant. Writes nothing.
pub(crate) fn decide(actor: &Actor, command: &CreateGrant, place: Place, now: Time) -> Result<Granting> {
    let scope = command.scope()?;
    let place = placed(scope, place);
    require_grip(actor, command.role, &place)?;
    let place_code = place.region.ok_or_else(|| Error::new(Code::ReferenceBroken))?;
    for (time, at) in [(command.valid_from, "#/valid_from"), (command.valid_to, "#/valid_to")] {
        if !time.is_none_or(has_plain_year) {
            return Err(Error::field_with(at, Code::FieldInvalid, vec![("reason", "a year of four digits".to_owned())]));
        }
    }
    let valid_from = command.valid_from.map_or(now, |t| t.trunc_subsecs(6));
    let valid_to = command.valid_to.map(|t| t.trunc_subsecs(6));
    if valid_to.is_some_and(|to| to <= valid_from) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    Ok(Granting { role: command.role, scope, place_code, valid_from, valid_to })
}

/// Writes a decided grant.
pub(crate) async fn give(tx: &mut Tx<'_>, account_id: AccountId, granting: Granting) -> Result<row::Model> {
    let Granting { role, scope, place_code, valid_from, valid_to } = granting;
    let (region_code, grid_id, organization_id) = match scope {
        Scope::Region(region) => (Some(region), None, None),
        Scope::Grid(grid) => (None, Some(grid), None),
        Scope::Organization(organization) => (None, None, Some(organization)),
    };
    let row = row::Model {
        id: tx.id(),
        account_id,
        role,
        region_code,
        grid_id,
        organization_id,
        place_code,
        valid_from,
        valid_to,
        granted_by: tx.cx().actor.account,
        created_at: tx.now,
    };
    row::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    let subject = Subject { id: row.id.0, version: 1, region: place_code };
    tx.emit(subject, &GrantEvent::given(&row))?;
    Ok(row)
}

/// Gives an account a role (授权). `place` says where the grid or organization lies; for a region it
/// may be empty.
///
/// # Errors
/// `grant_scope_invalid`, `period_invalid`; `permission_missing`, `grant_beyond_own`; `reference_broken` for a
/// grid or an organization whose place is not told; `account_not_found`, also for an account that the actor may not
/// know of, because all its grants lie elsewhere.
pub async fn grant_role(cx: &Cx, account: AccountId, command: CreateGrant, place: Place) -> Result<Grant> {
    let mut tx = cx.begin();
    let granting = decide(&cx.actor, &command, place, tx.now)?;
    account::require_reachable(cx, account).await?;
    let row = give(&mut tx, account, granting).await?;
    tx.commit_created(row.into()).await
}

/// Gives somebody a role of the lowest rank in a region as part of another change, which has asked for its own right to do so.
///
/// # Errors
/// `grant_beyond_own` for a role that stands above others; `reference_broken` when there is no such account.
pub async fn grant_within(tx: &mut Tx<'_>, account: AccountId, role: Role, region: RegionCode) -> Result<GrantId> {
    if needed_rank(role) > 0 {
        return Err(Error::new(Code::GrantBeyondOwn));
    }
    let granting = Granting { role, scope: Scope::Region(region), place_code: region, valid_from: tx.now, valid_to: None };
    Ok(give(tx, account, granting).await?.id)
}

/// Ends a grant that came with another change, if it has not ended.
///
/// # Errors
/// `database_unavailable`.
pub async fn end_within(tx: &mut Tx<'_>, id: GrantId) -> Result<()> {
    match row::Entity::find_by_id(id).one(tx.conn().await?).await? {
        Some(row) => end(tx, row).await,
        None => Ok(()),
    }
}

/// Takes a role back: the grant ends now (撤销授权). One that has ended already stays as it is.
///
/// # Errors
/// `grant_not_found`, also for those who may not know of it; `permission_missing`, `grant_beyond_own`.
pub async fn revoke_grant(cx: &Cx, id: GrantId) -> Result<Grant> {
    let row = store::find(cx, id).await?.ok_or_else(|| Error::new(Code::GrantNotFound))?;
    let place = row.place();
    if cx.actor.account != Some(row.account_id) {
        cx.actor.require_sight(Permission::AccountManage, Permission::AccountRead, &place, Code::GrantNotFound)?;
    }
    require_grip(&cx.actor, row.role, &place)?;
    let mut tx = cx.begin();
    let Some(row) = store::end(&mut tx, row).await? else {
        let row = store::find(cx, id).await?.ok_or_else(|| Error::new(Code::GrantNotFound))?;
        return tx.commit(row.into()).await;
    };
    let subject = Subject { id: row.id.0, version: 2, region: row.place_code };
    tx.emit(subject, &GrantEvent::revoked(&row))?;
    tx.commit(row.into()).await
}

/// Ends a grant of an account that is deleted, if it has not ended.
pub(crate) async fn end(tx: &mut Tx<'_>, row: row::Model) -> Result<()> {
    if let Some(row) = store::end(tx, row).await? {
        tx.emit(Subject { id: row.id.0, version: 2, region: row.place_code }, &GrantEvent::revoked(&row))?;
    }
    Ok(())
}

/// The grants of an account, those that have ended included, newest first (授权列表).
///
/// # Errors
/// `account_not_found`, also for those who may not know of it; `cursor_invalid`.
pub async fn list_grants(cx: &Cx, account: AccountId, query: ListGrants) -> Result<Page<Grant>> {
    account::require_sight(cx, account).await?;
    Ok(store::list(cx, account, query).await?.map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{access, id::GridId};
    use uuid::Uuid;

    fn now() -> Time {
        chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    fn actor(role: Role, region: &str) -> Actor {
        let scope = Scope::Region(region.parse().unwrap());
        let grant = access::Grant { id: GrantId(Uuid::nil()), role, scope, valid_to: None };
        Actor { account: Some(AccountId(Uuid::from_u128(1))), session: None, grants: vec![grant], program: None }
    }

    fn refusal(actor: &Actor, role: Role, region: &str) -> Option<Code> {
        let command = CreateGrant::in_region(role, region.parse().unwrap());
        decide(actor, &command, Place::default(), now()).err().map(|e| e.code)
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        use Role::{Administrator, Auditor, CommunityWorker, DistrictOperator, Resident, StreetOperator};
        let (here, there, street) = ("321182001017", "321182001018", "321182001");
        let worker = actor(CommunityWorker, here);
        assert_eq!(refusal(&worker, Resident, here), None);
        assert_eq!(refusal(&worker, CommunityWorker, here), None);
        assert_eq!(refusal(&worker, StreetOperator, here), Some(Code::GrantBeyondOwn));
        assert_eq!(refusal(&worker, Auditor, here), Some(Code::GrantBeyondOwn));
        assert_eq!(refusal(&worker, Resident, there), Some(Code::PermissionMissing));
        assert_eq!(refusal(&worker, Resident, street), Some(Code::PermissionMissing));
        assert_eq!(refusal(&actor(DistrictOperator, "321182"), Auditor, street), None);
        assert_eq!(refusal(&actor(DistrictOperator, "321182"), Administrator, street), Some(Code::GrantBeyondOwn));
        assert_eq!(refusal(&actor(Administrator, street), Administrator, here), None);
        assert_eq!(refusal(&actor(Administrator, street), Resident, "321182"), Some(Code::PermissionMissing));
        assert_eq!(refusal(&actor(Auditor, "321182"), Resident, here), Some(Code::PermissionMissing));
        assert_eq!(refusal(&Actor::system(), Administrator, "000000000000"), None);
        // A high role elsewhere does not lift the low one here.
        let mut mixed = actor(CommunityWorker, here);
        mixed.grants.extend(actor(Administrator, there).grants);
        assert_eq!(refusal(&mixed, StreetOperator, here), Some(Code::GrantBeyondOwn));
    }

    #[test]
    fn a_grid_is_covered_by_the_region_that_it_lies_in() {
        let worker = actor(Role::CommunityWorker, "321182001017");
        let in_grid = CreateGrant {
            grid_id: Some(GridId(Uuid::nil())),
            region_code: None,
            ..CreateGrant::in_region(Role::GridMember, RegionCode::COUNTRY)
        };
        let code = |place: Place| decide(&worker, &in_grid, place, now()).err().map(|e| e.code);
        assert_eq!(code(Place::from("321182001017".parse::<RegionCode>().unwrap())), None);
        assert_eq!(code(Place::from("321182001018".parse::<RegionCode>().unwrap())), Some(Code::PermissionMissing));
        assert_eq!(code(Place::default()), Some(Code::PermissionMissing));
        let nowhere = decide(&Actor::system(), &in_grid, Place::default(), now());
        assert_eq!(nowhere.err().map(|e| e.code), Some(Code::ReferenceBroken));
    }

    #[test]
    fn a_grant_has_one_scope_and_a_period_that_does_not_end_before_it_begins() {
        let whole = CreateGrant::in_region(Role::Resident, RegionCode::COUNTRY);
        let two = CreateGrant { grid_id: Some(GridId(Uuid::nil())), ..whole.clone() };
        let none = CreateGrant { region_code: None, ..whole.clone() };
        let over = CreateGrant { valid_to: Some(now()), ..whole };
        let code = |c: &CreateGrant| decide(&Actor::system(), c, Place::default(), now()).err().map(|e| e.code);
        let far =
            CreateGrant { valid_to: "+12000-01-01T00:00:00Z".parse().ok(), ..CreateGrant::in_region(Role::Resident, RegionCode::COUNTRY) };
        assert!(far.valid_to.is_some() && code(&far) == Some(Code::ContentInvalid), "SQLite would compare it as text");
        assert_eq!(code(&two), Some(Code::GrantScopeInvalid));
        assert_eq!(code(&none), Some(Code::GrantScopeInvalid));
        assert_eq!(code(&over), Some(Code::PeriodInvalid));
    }
}
