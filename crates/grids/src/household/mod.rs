//! Households (户): who lives together at an address of a community.
//!
//! A household lies in a grid of its own community, and its members with it. People come and go with periods: the
//! membership is the matter of [`crate::resident`]; here it is counted, and the head (户主) named.

mod bulk;
mod command;
pub(crate) mod event;
mod row;
pub(crate) mod store;
mod view;
pub mod visit;

pub(crate) use bulk::Known;
pub use bulk::put_households;
pub use command::{CloseHousehold, CreateHousehold, ListHouseholds, PutHousehold, UpdateHousehold};
pub(crate) use row::Model;
pub use view::{Household, HouseholdKind};

use crate::{address, link, region, resident};
use event::HouseholdEvent;
use kernel::{
    Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Tx,
    id::{GridId, HouseholdId},
};

/// Enters a household (立户).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `address_unknown`; `grid_foreign`,
/// `grid_closed`; `household_code_taken`; `field_invalid` for a code that is blank.
pub async fn create_household(cx: &Cx, command: CreateHousehold) -> Result<Household> {
    let region = command.region_code;
    // Who has a grid only must name it.
    let named = Place { region: Some(region), grid: command.grid_id, organization: None };
    cx.actor.require(Permission::HouseholdManage, &named)?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    address::require_grid(cx, command.grid_id, region).await?;
    let code = command.code.as_deref().map(code).transpose().map_err(|e| e.field_at("#/code"))?;
    let mut tx = cx.begin();
    let at = address::store::hold(tx.conn().await?, region, command.address_id).await.map_err(|e| e.at("#/address_id"))?;
    let row = household(&tx, &at, command.grid_id, command.kind, code);
    let taken = |e: Error| e.when_taken(Code::HouseholdCodeTaken, "code", row.code.as_deref().unwrap_or_default());
    store::insert(tx.conn().await?, vec![row.clone()]).await.map_err(taken)?;
    tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdCreated, &row))?;
    tx.commit_created(view::view(row, at.text, None)).await
}

/// Changes a household (修改户). With a new address it moves there, all its members with it.
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `version_stale`; `address_unknown`; `grid_foreign`,
/// `grid_closed`; `household_code_taken`.
pub async fn update_household(cx: &Cx, id: HouseholdId, command: UpdateHousehold) -> Result<Household> {
    let old = manageable(cx, id, command.version).await?;
    address::require_grid(cx, command.grid_id, old.region_code).await?;
    let mut tx = cx.begin();
    let mut row = old.clone();
    if let Some(code_) = &command.code {
        row.code = Some(code(code_).map_err(|e| e.field_at("#/code"))?);
    }
    row.kind = command.kind.unwrap_or(row.kind);
    if let Some(address) = command.address_id {
        let at = address::store::hold(tx.conn().await?, row.region_code, address).await.map_err(|e| e.at("#/address_id"))?;
        (row.address_id, row.building_id, row.estate_id, row.grid_id) = (at.id, at.building_id, at.estate_id, at.grid_id);
    }
    row.grid_id = command.grid_id.or(row.grid_id);
    cx.actor.require(Permission::HouseholdManage, &row.place())?;
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdUpdated, &row))?;
    let taken = |e: Error| e.when_taken(Code::HouseholdCodeTaken, "code", row.code.as_deref().unwrap_or_default());
    let conn = tx.conn().await?;
    store::write(conn, &row).await.map_err(taken)?;
    if (row.grid_id, row.building_id) != (old.grid_id, old.building_id) {
        resident::store::follow(conn, &row).await?;
    }
    let shown = shown(conn, cx, vec![row]).await?.pop();
    tx.commit(shown.ok_or_else(|| Error::internal("the household is shown"))?).await
}

/// Closes a household (销户) that nobody belongs to any more.
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `household_occupied`; `version_stale`.
pub async fn close_household(cx: &Cx, id: HouseholdId, command: CloseHousehold) -> Result<Household> {
    let mut row = manageable(cx, id, command.version).await?;
    if row.member_count > 0 {
        return Err(Error::new(Code::HouseholdOccupied));
    }
    let mut tx = cx.begin();
    row.valid_to = Some(tx.now);
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdClosed, &row))?;
    link::end_all(&mut tx, id).await?;
    // Whoever has moved in since has changed the version.
    let conn = tx.conn().await?;
    store::write(conn, &row).await?;
    let shown = shown(conn, cx, vec![row]).await?.pop();
    tx.commit(shown.ok_or_else(|| Error::internal("the household is shown"))?).await
}

/// One household, closed ones included (查询户).
///
/// # Errors
/// `household_not_found`; `database_unavailable`.
pub async fn get_household(cx: &Cx, id: HouseholdId) -> Result<Household> {
    let row = seen(cx, id).await?;
    shown(cx.reader(), cx, vec![row]).await?.pop().ok_or_else(|| Error::new(Code::HouseholdNotFound))
}

/// Households by community and, within one, by age (户列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_households(cx: &Cx, query: ListHouseholds) -> Result<Page<Household>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let filters = (query.region_code, query.grid_id, query.estate_id, query.building_id, query.address_id, query.include_closed);
    let pager = Pager::new("households", &filters, page)?;
    let page = pager.page(store::list(cx, &query, &pager).await?, |row| (row.region_code, row.id))?;
    let items = shown(cx.reader(), cx, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The households in use of one community, by id, behind `after`: for other crates that go over all of them (visit
/// campaigns). Asks no permission.
///
/// # Errors
/// `database_unavailable`.
pub async fn households_of(cx: &Cx, region: RegionCode, after: Option<HouseholdId>, limit: u64) -> Result<Vec<Household>> {
    let rows = store::walk(cx, region, after, limit).await?;
    shown(cx.reader(), cx, rows).await
}

/// Where a household lies, closed ones included; nothing when there is none. Asks no permission.
///
/// # Errors
/// `database_unavailable`.
pub async fn household_place(cx: &Cx, id: HouseholdId) -> Result<Option<(RegionCode, Option<GridId>)>> {
    Ok(store::find(cx.reader(), id).await?.map(|row| (row.region_code, row.grid_id)))
}

/// The household, if the caller may see it.
pub(crate) async fn seen(cx: &Cx, id: HouseholdId) -> Result<row::Model> {
    let missing = || Error::new(Code::HouseholdNotFound);
    let row = store::find(cx.reader(), id).await?.ok_or_else(missing)?;
    if cx.actor.can(Permission::HouseholdRead, &row.place()) { Ok(row) } else { Err(missing()) }
}

/// The household, if the caller may change it and it has not changed since it was read.
async fn manageable(cx: &Cx, id: HouseholdId, version: Option<i32>) -> Result<row::Model> {
    let missing = Code::HouseholdNotFound;
    let row = store::find(cx.reader(), id).await?.ok_or_else(|| Error::new(missing))?;
    cx.actor.require_sight(Permission::HouseholdManage, Permission::HouseholdRead, &row.place(), missing)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() { Err(Error::new(Code::HouseholdClosed)) } else { Ok(row) }
}

/// The views of these rows: a query for their addresses and one for their heads.
async fn shown(conn: &impl sea_orm::ConnectionTrait, cx: &Cx, rows: Vec<row::Model>) -> Result<Vec<Household>> {
    let texts = address::store::texts(conn, rows.iter().map(|r| r.address_id).collect()).await?;
    let heads = resident::masked_names(conn, cx, rows.iter().filter_map(|r| r.head_id).collect()).await?;
    let view = |row: row::Model| {
        let address = texts.get(&row.address_id).cloned().unwrap_or_default();
        let head = row.head_id.and_then(|head| heads.get(&head).cloned());
        view::view(row, address, head)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A new household at an address.
fn household(tx: &Tx<'_>, at: &address::Model, grid: Option<GridId>, kind: HouseholdKind, code: Option<String>) -> row::Model {
    row::Model {
        id: tx.id(),
        region_code: at.region_code,
        grid_id: grid.or(at.grid_id),
        address_id: at.id,
        building_id: at.building_id,
        estate_id: at.estate_id,
        code,
        kind,
        head_id: None,
        member_count: 0,
        version: 1,
        valid_to: None,
        created_at: tx.now,
        updated_at: tx.now,
        visit_class: None,
        visited_on: None,
    }
}

/// A code without the spaces around it.
fn code(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Error::new(Code::FieldInvalid).with("reason", "a code, not blank"));
    }
    if text.chars().count() > 40 {
        return Err(Error::new(Code::FieldLength).with("min", 1).with("max", 40));
    }
    Ok(text.to_owned())
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
