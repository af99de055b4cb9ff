//! Many organizations or memberships at once, as an import has them. Both belong to a change that whoever calls drops when nothing is to
//! be written: what a row finds is what the rows before it have made.

use crate::{
    AddMember, MemberRole, OrganizationKind, OrganizationRules, OrganizationStatus, credit, event::OrganizationEvent, member, place,
    require_active, row::organization::Model, store, subject, tidy, tree,
};
use chrono::NaiveDate;
use kernel::{
    Code, Error, Permission, Place, RegionCode, Result, Time, Tx,
    bulk::{Existing, Put},
    error::Kind,
    id::OrganizationId,
};
use std::collections::HashMap;

/// An organization as a row says it.
#[derive(Clone, Debug)]
pub struct PutOrganization {
    /// Where it lies.
    pub region_code: RegionCode,
    /// Its name, by which it is found again in its region.
    pub name: String,
    /// Its kind; needed for one that is new, and never changed.
    pub kind: Option<OrganizationKind>,
    /// The name of the organization above it, in the same region or the nearest above.
    pub parent: Option<String>,
    /// The code of the grid that it lies in.
    pub grid_code: Option<String>,
    /// Its credit code.
    pub credit_code: Option<String>,
    /// Where it is.
    pub address: Option<String>,
}

/// A membership as a row says it.
#[derive(Clone, Debug)]
pub struct PutMembership {
    /// Where the organization lies.
    pub region_code: RegionCode,
    /// The organization's name.
    pub organization: String,
    /// The name that the account signs in with.
    pub account: String,
    /// As what; as a member unless told.
    pub role: Option<MemberRole>,
    /// Since which day.
    pub from_on: Option<NaiveDate>,
    /// Until which day, the last that counts.
    pub to_on: Option<NaiveDate>,
}

/// A refusal of one row, or a fault that ends the whole.
fn refused(error: Error) -> Result<Put> {
    if matches!(error.code.kind(), Kind::Unavailable | Kind::Internal | Kind::StorageFull) { Err(error) } else { Ok(Put::Refused(error)) }
}

fn invalid(pointer: &str, reason: &str) -> Error {
    Error::field_with(pointer, Code::FieldInvalid, vec![("reason", reason.to_owned())])
}

/// Founds or changes organizations within a change (批量维护组织), one answer for each row in their order; `rules` are those of the
/// regions that occur, default ones elsewhere.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer, as [`crate::create_organization`] gives it.
pub async fn put_organizations(
    tx: &mut Tx<'_>,
    rows: &[PutOrganization],
    existing: Existing,
    rules: &HashMap<RegionCode, OrganizationRules>,
) -> Result<Vec<Put>> {
    let none = OrganizationRules::default();
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        let done = put_organization(tx, row, existing, rules.get(&row.region_code).unwrap_or(&none)).await;
        answers.push(done.or_else(refused)?);
    }
    Ok(answers)
}

async fn put_organization(tx: &mut Tx<'_>, wanted: &PutOrganization, existing: Existing, rules: &OrganizationRules) -> Result<Put> {
    let (cx, region) = (tx.cx(), wanted.region_code);
    let grid = match &wanted.grid_code {
        Some(code) => {
            let foreign = || Error::new(Code::GridForeign).with("region", region).field_at("#/grid_code");
            let found = grids::find_grid(cx, code).await.map_err(|e| if e.code == Code::GridNotFound { foreign() } else { e })?;
            grids::require_grid_in(cx, found.id, region).await.map_err(|e| in_file(e, "#/grid_code"))?;
            Some(found.id)
        }
        None => None,
    };
    let here = Place { region: Some(region), grid, organization: None };
    cx.actor.require(Permission::OrganizationManage, &here).map_err(|e| e.at("#/region_code"))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let name = tidy(&wanted.name)?;
    let code = wanted.credit_code.as_deref().map(credit::credit_code).transpose();
    let code = code.map_err(|reason| Error::new(Code::CreditCodeInvalid).with("reason", reason).field_at("#/credit_code"))?;
    let before = store::called(tx.conn().await?, region, &name).await?;
    let parent_id = match &wanted.parent {
        Some(parent) => Some(named(tx, region, parent).await?),
        None => before.as_ref().and_then(|row| row.parent_id),
    };
    let Some(before) = before else {
        let needed = || Error::field_with("#/kind", Code::FieldMissing, vec![("name", "kind".to_owned())]);
        let kind = wanted.kind.ok_or_else(needed)?;
        let parent = tree::parent(tx, None, region, parent_id).await.map_err(|e| in_file(e, "#/parent"))?;
        rules.require_level(kind, parent.as_ref().map(|p| p.kind)).map_err(|e| in_file(e, "#/parent"))?;
        let id = tx.id();
        let row = Model {
            id,
            name,
            kind,
            region_code: region,
            grid_id: grid,
            parent_id,
            path: tree::path(parent.as_ref(), id),
            credit_code: code,
            address: wanted.address.clone(),
            status: OrganizationStatus::Active,
            version: 1,
            created_at: tx.now,
            updated_at: tx.now,
        };
        require_free_code(tx, &row).await?;
        store::insert_organization(tx.conn().await?, row.clone()).await?;
        tx.emit(subject(&row), &OrganizationEvent::created(&row))?;
        return Ok(Put::Created);
    };
    cx.actor.require(Permission::OrganizationManage, &place(&before)).map_err(|e| e.at("#/name"))?;
    match existing {
        Existing::Refuse => return Err(Error::new(Code::RowExists)),
        Existing::Skip => return Ok(Put::Skipped),
        Existing::Update => {}
    }
    require_active(&before)?;
    if wanted.kind.is_some_and(|kind| kind != before.kind) {
        return Err(invalid("#/kind", "the kind of an organization never changes"));
    }
    let mut after = before.clone();
    after.grid_id = grid.or(before.grid_id);
    after.credit_code = code.or(after.credit_code);
    after.address = wanted.address.clone().or(after.address);
    if parent_id != before.parent_id {
        let parent = tree::parent(tx, Some(&before), region, parent_id).await.map_err(|e| in_file(e, "#/parent"))?;
        rules.require_level(before.kind, parent.as_ref().map(|p| p.kind)).map_err(|e| in_file(e, "#/parent"))?;
        after.parent_id = parent_id;
        after.path = tree::path(parent.as_ref(), before.id);
    }
    if after == before {
        return Ok(Put::Unchanged);
    }
    require_free_code(tx, &after).await?;
    after.version += 1;
    after.updated_at = tx.now;
    let moved = after.path != before.path;
    if moved {
        store::move_beneath(tx.conn().await?, &before.path, &after.path).await?;
    }
    store::write(tx.conn().await?, &after, before.version, moved).await?;
    tx.emit(subject(&after), &OrganizationEvent::updated(&after))?;
    Ok(Put::Updated)
}

/// The same refusal, at the column of the file.
fn in_file(mut error: Error, pointer: &str) -> Error {
    error.fields.clear();
    if error.code.kind() == Kind::Invalid { error.field_at(pointer) } else { error }
}

async fn require_free_code(tx: &mut Tx<'_>, row: &Model) -> Result<()> {
    let Some(code) = &row.credit_code else { return Ok(()) };
    match store::has_credit_code(tx.conn().await?, row.region_code, code, row.id).await? {
        true => Err(Error::new(Code::CreditCodeTaken).with("code", code).field_at("#/credit_code")),
        false => Ok(()),
    }
}

/// The organization of this name in the region or the nearest above it.
async fn named(tx: &mut Tx<'_>, region: RegionCode, name: &str) -> Result<OrganizationId> {
    let regions: Vec<RegionCode> = std::iter::successors(Some(region), |r| r.parent()).collect();
    let found = store::called_in(tx.conn().await?, &regions, name.trim()).await?;
    found.first().map(|row| row.id).ok_or_else(|| invalid("#/parent", "no active organization here or above has this name"))
}

/// Makes accounts members within a change (批量维护成员), one answer for each row in their order. A row is found again by organization,
/// account and role; what is there stays as it is.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer, as [`crate::add_member`] gives it.
pub async fn put_memberships(tx: &mut Tx<'_>, rows: &[PutMembership], existing: Existing) -> Result<Vec<Put>> {
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        answers.push(put_membership(tx, row, existing).await.or_else(refused)?);
    }
    Ok(answers)
}

async fn put_membership(tx: &mut Tx<'_>, wanted: &PutMembership, existing: Existing) -> Result<Put> {
    let (cx, region) = (tx.cx(), wanted.region_code);
    cx.actor.require(Permission::OrganizationManage, &Place::from(region)).map_err(|e| e.at("#/region_code"))?;
    let unknown = || invalid("#/organization", "no organization of the region has this name");
    let row = store::called(tx.conn().await?, region, wanted.organization.trim()).await?.ok_or_else(unknown)?;
    require_active(&row).map_err(|e| e.at("#/organization"))?;
    let nobody = || Error::new(Code::ReferenceBroken).field_at("#/account");
    let account_id = identity::find_by_name(cx, wanted.account.trim()).await?.ok_or_else(nobody)?;
    identity::require_named(cx, account_id).await.map_err(|e| if e.code == Code::ReferenceBroken { nobody() } else { e })?;
    let role = wanted.role.unwrap_or(MemberRole::Member);
    let wanted_end = wanted.to_on.and_then(|day| day.succ_opt());
    let command = AddMember { account_id, role, valid_from: wanted.from_on.and_then(midnight), valid_to: wanted_end.and_then(midnight) };
    let organization = store::hold(tx.conn().await?, row.id).await?.ok_or_else(unknown)?;
    match member::begin(tx, &organization, command).await {
        Ok(_) => Ok(Put::Created),
        Err(e) if e.code == Code::MembershipExists => match existing {
            Existing::Refuse => Err(in_file(e, "#/role")),
            Existing::Skip => Ok(Put::Skipped),
            Existing::Update => Ok(Put::Unchanged),
        },
        Err(e) if e.code == Code::PeriodInvalid => Err(in_file(e, "#/from_on")),
        Err(e) => Err(e),
    }
}

/// When a day begins in China.
fn midnight(day: NaiveDate) -> Option<Time> {
    let east = chrono::FixedOffset::east_opt(8 * 3600)?;
    Some(day.and_hms_opt(0, 0, 0)?.and_local_timezone(east).single()?.to_utc())
}
