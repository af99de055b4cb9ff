//! Residents (居民): the people of a community, and the households that they belong to.
//!
//! What identifies a person is sealed before it reaches the database, shown masked, and shown in full only for a purpose
//! that is logged ([`reveal_resident`]). Exact look-up ([`look_up_resident`]) goes by a keyed digest. Somebody may belong to
//! several households in the course of time, to one of them never twice at once.

mod bulk;
mod command;
mod draft;
pub(crate) mod event;
mod moves;
mod own;
pub(crate) mod row;
pub(crate) mod store;
mod view;

pub use bulk::put_residents;
pub use command::{
    CreateResident, LeaveResident, ListHouseholdMembers, ListResidents, LookUpResident, MoveIn, MoveOut, PersonalField, Purpose,
    PutResident, ResidentPlace, RevealResident, UpdateResident,
};
pub use moves::{leave_resident, list_household_members, move_in, move_out};
pub use own::{
    LinkAccount, LinkedBy, OwnResident, ResidentFate, UnlinkAccount, link_account, own_residents, require_linkable, settle_linked,
    unlink_account,
};
pub(crate) use own::{account_of, lock_changeable, manageable_child, place_of, purge_left, seen_child};
pub use view::{HouseholdMember, Kinship, LeaveReason, Residence, Resident, RevealedResident};

use crate::{household, region};
use draft::{Given, check};
use event::ResidentEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::PersonalData,
    id::{HouseholdId, ResidentId},
    mask,
    person::Sex,
};
use row::Sealed;
use std::collections::HashMap;

/// Enters a resident (登记居民), with the household that the resident belongs to.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `content_invalid` with `id_number_invalid` or
/// `field_invalid` at the fields; `id_number_taken`; `household_unknown`, `household_closed`, `household_head_exists`; `period_invalid`.
pub async fn create_resident(cx: &Cx, command: CreateResident) -> Result<Resident> {
    let region = command.region_code;
    let home = match command.household_id {
        Some(home) => household::store::find(cx.reader(), home).await?.filter(|home| home.region_code == region),
        None => None,
    };
    let place = Place { region: Some(region), grid: home.as_ref().and_then(|h| h.grid_id), organization: None };
    cx.actor.require(Permission::ResidentManage, &place)?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if command.household_id.is_some() && home.is_none() {
        return Err(Error::new(Code::HouseholdUnknown).at("#/household_id"));
    }
    for (given, pointer) in [(command.relation.is_some(), "#/relation"), (command.moved_in.is_some(), "#/moved_in")] {
        if given && command.household_id.is_none() {
            return Err(Error::field_with(pointer, Code::FieldInvalid, vec![("reason", "only with household_id".to_owned())]));
        }
    }
    let given = Given {
        name: Some(&command.name),
        phone: command.phone.as_deref(),
        id_number: command.id_number.as_deref(),
        birth_date: command.birth_date,
        sex: command.sex,
    };
    let draft = check(given, cx.now())?;
    let mut tx = cx.begin();
    let mut row = fresh(&tx, region, command.residence);
    draft.seal_into(cx, row.id, &mut row)?;
    tx.emit(row.subject(), &ResidentEvent::Created { residence: row.residence })?;
    let into = match command.household_id {
        Some(home) => {
            let since = moves::past_day(cx, command.moved_in, "#/moved_in")?;
            Some(moves::enter(&mut tx, &mut row, home, command.relation.unwrap_or_default(), since).await?)
        }
        None => None,
    };
    store::insert(tx.conn().await?, vec![row.clone()]).await.map_err(taken)?;
    if let Some(member) = into {
        moves::settle(&mut tx, member).await?;
    }
    tx.commit_created(view::masked(cx, row)?).await
}

/// Changes a resident's entry (修改居民).
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`; `resident_restricted`; `version_stale`; `content_invalid` as for a
/// new one; `id_number_taken`.
pub async fn update_resident(cx: &Cx, id: ResidentId, command: UpdateResident) -> Result<Resident> {
    let mut row = manageable(cx, id, command.version).await?;
    let given = Given {
        name: command.name.as_deref(),
        phone: command.phone.as_deref(),
        id_number: command.id_number.as_deref(),
        birth_date: command.birth_date,
        sex: command.sex,
    };
    let draft = check(given, cx.now())?;
    if command.id_number.is_none() && row.id_number.is_some() {
        for (given, pointer) in [(command.birth_date.is_some(), "#/birth_date"), (command.sex.is_some(), "#/sex")] {
            if given {
                return Err(Error::field_with(pointer, Code::FieldInvalid, vec![("reason", "it follows from the ID number".to_owned())]));
            }
        }
    }
    let mut tx = cx.begin();
    draft.seal_into(cx, id, &mut row)?;
    row.residence = command.residence.unwrap_or(row.residence);
    row.version += 1;
    row.updated_at = tx.now;
    let fields = [
        (command.name.is_some(), PersonalField::Name),
        (command.phone.is_some(), PersonalField::Phone),
        (command.id_number.is_some(), PersonalField::IdNumber),
        (draft.birth_date.is_some(), PersonalField::BirthDate),
    ];
    let changed = fields.into_iter().filter(|(given, _)| *given).map(|(_, field)| field).collect();
    tx.emit(row.subject(), &ResidentEvent::Updated { residence: row.residence, changed })?;
    store::write(tx.conn().await?, &row).await.map_err(taken)?;
    tx.commit(view::masked(cx, row)?).await
}

/// One resident, masked, also one who has left (查询居民).
///
/// # Errors
/// `resident_not_found`; `database_unavailable`.
pub async fn get_resident(cx: &Cx, id: ResidentId) -> Result<Resident> {
    view::masked(cx, seen(cx, id).await?)
}

/// Residents, masked, by community and, within one, by age of the entry (居民列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_residents(cx: &Cx, query: ListResidents) -> Result<Page<Resident>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let places = (query.region_code, query.grid_id, query.building_id, query.household_id);
    let filters = (places, query.residence, query.tag_id, query.include_left);
    let pager = Pager::new("residents", &filters, page)?;
    let page = pager.page(store::list(cx, &query, &pager).await?, |row| (row.region_code, row.id))?;
    let items = page.items.into_iter().map(|row| view::masked(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Shows personal fields in full (查看明文). That they were shown, to whom and what for, is logged; what they say is not. Those of a
/// child under 14 are sensitive (PIPL 28): they need `resident.read_sensitive` besides.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_restricted`.
pub async fn reveal_resident(cx: &Cx, id: ResidentId, command: RevealResident) -> Result<RevealedResident> {
    let row = seen(cx, id).await?;
    cx.actor.require(Permission::ResidentReveal, &row.place())?;
    cx.actor.require_sees(PersonalData::Residents)?;
    if row.restricted {
        return Err(Error::new(Code::ResidentRestricted));
    }
    if own::is_child(cx, &row)? {
        cx.actor.require(Permission::ResidentReadSensitive, &row.place())?;
    }
    let mut fields = command.fields.clone();
    fields.dedup();
    let wants = |field| fields.contains(&field);
    let open = view::open(cx, &row)?;
    let born = row.birth_date.as_deref().filter(|_| wants(PersonalField::BirthDate));
    let born = born.map(|sealed| Sealed::BirthDate.open(cx, id, sealed)?.parse().map_err(Error::internal)).transpose()?;
    let shown = RevealedResident {
        id,
        name: Some(open.name).filter(|_| wants(PersonalField::Name)),
        phone: open.phone.filter(|_| wants(PersonalField::Phone)),
        id_number: open.id_number.filter(|_| wants(PersonalField::IdNumber)),
        birth_date: born,
    };
    let mut tx = cx.begin();
    tx.emit(row.subject(), &ResidentEvent::Revealed { purpose: command.purpose, fields })?;
    tx.conn().await?;
    tx.commit(shown).await
}

/// Looks for residents by exactly this phone or ID number (精确查找), masked, within a region where the caller may. That
/// somebody looked is logged, found or not.
///
/// # Errors
/// `permission_missing`; `content_invalid` for a number that cannot be, or not exactly one.
pub async fn look_up_resident(cx: &Cx, command: LookUpResident) -> Result<Page<Resident>> {
    let region = may_look_in(cx, command.region_code).await?;
    cx.actor.require_sees(PersonalData::Residents)?;
    let given = Given { phone: command.phone.as_deref(), id_number: command.id_number.as_deref(), ..Given::default() };
    let draft = check(given, cx.now())?;
    let (by, condition) = match (&draft.phone, &draft.id_number) {
        (Some((digits, _)), None) => (PersonalField::Phone, store::with_phone(draft::phone_index(cx, digits)?)),
        (None, Some(number)) => (PersonalField::IdNumber, store::with_id_number(draft::id_index(cx, number)?)),
        _ => {
            let reason = vec![("reason", "give exactly one of phone and id_number".to_owned())];
            return Err(Error::field_with("#/phone", Code::FieldInvalid, reason));
        }
    };
    let mut found = store::look_up(cx, condition, region).await?;
    found.retain(|row| cx.actor.can(Permission::ResidentLookUp, &row.place()));
    let mut tx = cx.begin();
    let event = ResidentEvent::LookedUp { purpose: command.purpose, by, found: u32::try_from(found.len()).unwrap_or(u32::MAX) };
    let subject = match found.first() {
        Some(row) => row.subject(),
        None => Subject { id: tx.id(), version: 1, region },
    };
    tx.emit(subject, &event)?;
    tx.conn().await?;
    let items = found.into_iter().map(|row| view::masked(cx, row)).collect::<Result<_>>()?;
    tx.commit(Page { items, next_cursor: None, has_more: false }).await
}

/// The region to look in: the one named or, for somebody whose right ends with their grid, the community of that.
async fn may_look_in(cx: &Cx, region: RegionCode) -> Result<RegionCode> {
    let reach = cx.actor.reach(Permission::ResidentLookUp);
    if reach.regions.iter().any(|r| r.covers(region)) {
        return Ok(region);
    }
    for grid in &reach.grids {
        if let Some(home) = crate::grid::grid_region(cx, *grid).await?.filter(|home| region.covers(*home)) {
            return Ok(home);
        }
    }
    Err(Error::new(Code::PermissionMissing).with("permission", Permission::ResidentLookUp))
}

/// Where a resident belongs, for other crates; nothing when there is none. Asks no permission.
///
/// # Errors
/// `database_unavailable`.
pub async fn resident_place(cx: &Cx, id: ResidentId) -> Result<Option<ResidentPlace>> {
    let row = store::find(cx.reader(), id).await?;
    let place = |r: row::Model| ResidentPlace { id: r.id, region_code: r.region_code, grid_id: r.grid_id, household_id: r.household_id };
    Ok(row.map(place))
}

/// The masked names of these residents.
pub(crate) async fn masked_names(
    conn: &impl sea_orm::ConnectionTrait,
    cx: &Cx,
    ids: Vec<ResidentId>,
) -> Result<HashMap<ResidentId, String>> {
    let open = |(id, sealed, restricted): (ResidentId, String, bool)| {
        let name = if restricted { "*".to_owned() } else { mask::name(&Sealed::Name.open(cx, id, &sealed)?) };
        Ok((id, name))
    };
    store::names(conn, ids).await?.into_iter().map(open).collect()
}

/// The resident, if the caller may see one there.
async fn seen(cx: &Cx, id: ResidentId) -> Result<row::Model> {
    let missing = || Error::new(Code::ResidentNotFound);
    let row = store::find(cx.reader(), id).await?.ok_or_else(missing)?;
    if cx.actor.can(Permission::ResidentRead, &row.place()) { Ok(row) } else { Err(missing()) }
}

/// The resident, if the caller may change the entry and it has not changed since it was read.
async fn manageable(cx: &Cx, id: ResidentId, version: Option<i32>) -> Result<row::Model> {
    let missing = Code::ResidentNotFound;
    let row = store::find(cx.reader(), id).await?.ok_or_else(|| Error::new(missing))?;
    cx.actor.require_sight(Permission::ResidentManage, Permission::ResidentRead, &row.place(), missing)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    changeable(&row)?;
    Ok(row)
}

fn changeable(row: &row::Model) -> Result<()> {
    if row.restricted {
        Err(Error::new(Code::ResidentRestricted))
    } else if row.left_on.is_some() {
        Err(Error::new(Code::ResidentLeft))
    } else {
        Ok(())
    }
}

fn taken(error: Error) -> Error {
    if error.code == Code::ValueTaken { Error::new(Code::IdNumberTaken).because(error).at("#/id_number") } else { error }
}

/// A resident of whom nothing is known yet.
fn fresh(tx: &Tx<'_>, region: RegionCode, residence: Residence) -> row::Model {
    row::Model {
        id: tx.id(),
        region_code: region,
        grid_id: None,
        household_id: None::<HouseholdId>,
        building_id: None,
        name: String::new(),
        phone: None,
        phone_index: None,
        id_number: None,
        id_index: None,
        birth_date: None,
        sex: Sex::Unknown,
        residence,
        account_id: None,
        restricted: false,
        version: 1,
        left_on: None,
        left_why: None,
        erased_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity), schema.create_table_from_entity(row::member::Entity)]
}
