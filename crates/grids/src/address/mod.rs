//! Addresses (地址): the tree of a community's estates (小区), buildings (楼栋), units (单元) and rooms (室).
//!
//! A level may be left out: a house of a village stands right under its community. An address never moves; where the map
//! changes, it is closed and another one entered. Its standard text is the names from the estate down, unique in the
//! community, and what an import finds it by.

pub(crate) mod bulk;
mod command;
pub(crate) mod event;
mod row;
pub(crate) mod store;
mod view;

pub use bulk::put_addresses;
pub use command::{AddressPath, CloseAddress, CreateAddress, ListAddresses, PutAddress, UpdateAddress};
pub use view::{Address, AddressKind};

use crate::{grid, household, region, resident};
use event::AddressEvent;
use kernel::{
    Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result,
    geo::Point,
    id::{AddressId, GridId},
};
pub(crate) use row::Model;

/// Enters an address (登记地址).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `address_parent_invalid`; `grid_foreign`,
/// `grid_closed`; `point_outside_country`; `address_taken`; `field_invalid` for a name that is blank.
pub async fn create_address(cx: &Cx, command: CreateAddress) -> Result<Address> {
    let region = command.region_code;
    cx.actor.require(Permission::AddressManage, &Place { region: Some(region), grid: command.grid_id, organization: None })?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let name = tidy(command.kind, &command.name).map_err(|e| e.field_at("#/name"))?;
    let point = command.point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    if let Some(grid) = command.grid_id {
        grid::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let mut tx = cx.begin();
    let parent = match command.parent_id {
        None => None,
        Some(parent) => {
            let invalid = || Error::new(Code::AddressParentInvalid).at("#/parent_id");
            let parent = store::hold(tx.conn().await?, region, parent)
                .await
                .map_err(|e| if e.code == Code::AddressUnknown { invalid() } else { e })?;
            Some(parent).filter(|p| p.kind < command.kind).ok_or_else(invalid).map(Some)?
        }
    };
    let mut row = child(parent.as_ref(), region, command.kind, name, tx.id(), tx.now);
    row.grid_id = command.grid_id.or(row.grid_id);
    (row.lng, row.lat) = (point.map(|p| p.lng), point.map(|p| p.lat));
    store::insert(tx.conn().await?, vec![row.clone()]).await.map_err(taken)?;
    tx.emit(row.subject(), &AddressEvent::of(EventType::AddressCreated, &row))?;
    tx.commit_created(Address::from(row)).await
}

/// Changes an address (修改地址).
///
/// # Errors
/// `address_not_found`; `permission_missing`; `address_closed`; `version_stale`; `address_taken`; `grid_foreign`, `grid_closed`;
/// `point_outside_country`.
pub async fn update_address(cx: &Cx, id: AddressId, command: UpdateAddress) -> Result<Address> {
    let old = manageable(cx, id, command.version).await?;
    let mut row = old.clone();
    if let Some(name) = &command.name {
        row.name = tidy(row.kind, name).map_err(|e| e.field_at("#/name"))?;
        let above = old.text.strip_suffix(&old.name).unwrap_or_default();
        row.text = format!("{above}{}", row.name);
    }
    if let Some(grid) = command.grid_id {
        grid::require_grid_in(cx, grid, row.region_code).await.map_err(|e| e.at("#/grid_id"))?;
        row.grid_id = Some(grid);
        cx.actor.require(Permission::AddressManage, &row.place())?;
    }
    if let Some(point) = command.point {
        let point = point.to_wgs84().map_err(|e| e.at("#/point"))?;
        (row.lng, row.lat) = (Some(point.lng), Some(point.lat));
    }
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &AddressEvent::of(EventType::AddressUpdated, &row))?;
    let conn = tx.conn().await?;
    store::write(conn, &store::update(&row), Error::new(Code::VersionStale)).await.map_err(taken)?;
    if row.text != old.text {
        store::rename_beneath(conn, &row, &old.text).await.map_err(taken)?;
    }
    if row.grid_id != old.grid_id {
        regrid(conn, &row, old.grid_id).await?;
    }
    tx.commit(Address::from(row)).await
}

/// Closes an address (停用地址), once nothing in use lies in it and nobody lives there.
///
/// # Errors
/// `address_not_found`; `permission_missing`; `address_closed`; `address_in_use`; `version_stale`.
pub async fn close_address(cx: &Cx, id: AddressId, command: CloseAddress) -> Result<Address> {
    let mut row = manageable(cx, id, command.version).await?;
    let mut tx = cx.begin();
    row.valid_to = Some(tx.now);
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &AddressEvent::of(EventType::AddressClosed, &row))?;
    let conn = tx.conn().await?;
    // First the row, which whoever moves in holds; then nobody can.
    store::write(conn, &store::update(&row), Error::new(Code::VersionStale)).await?;
    if store::has_children(conn, id).await? || household::store::lives_at(conn, id).await? {
        return Err(Error::new(Code::AddressInUse));
    }
    tx.commit(Address::from(row)).await
}

/// One address, closed ones included (查询地址).
///
/// # Errors
/// `address_not_found`; `database_unavailable`.
pub async fn get_address(cx: &Cx, id: AddressId) -> Result<Address> {
    let missing = || Error::new(Code::AddressNotFound);
    let row = store::find(cx.reader(), id).await?.ok_or_else(missing)?;
    if cx.actor.can(Permission::AddressRead, &row.place()) { Ok(row.into()) } else { Err(missing()) }
}

/// Addresses by community and, within one, by age (地址列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_addresses(cx: &Cx, query: ListAddresses) -> Result<Page<Address>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let filters = (query.region_code, query.grid_id, query.parent_id, query.kind, query.include_closed);
    let pager = Pager::new("addresses", &filters, page)?;
    let rows = store::list(cx, &query, &pager).await?;
    Ok(pager.page(rows, |row| (row.region_code, row.id))?.map(Address::from))
}

/// The address, if the caller may change it and it has not changed since it was read.
async fn manageable(cx: &Cx, id: AddressId, version: Option<i32>) -> Result<row::Model> {
    let missing = Code::AddressNotFound;
    let row = store::find(cx.reader(), id).await?.ok_or_else(|| Error::new(missing))?;
    cx.actor.require_sight(Permission::AddressManage, Permission::AddressRead, &row.place(), missing)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() { Err(Error::new(Code::AddressClosed)) } else { Ok(row) }
}

fn taken(error: Error) -> Error {
    if error.code == Code::ValueTaken { Error::new(Code::AddressTaken).because(error) } else { error }
}

/// Everything and everybody at an address follows it into its new grid.
async fn regrid(tx: &sea_orm::DatabaseTransaction, row: &row::Model, old: Option<GridId>) -> Result<()> {
    store::regrid_beneath(tx, row, old).await?;
    household::store::regrid(tx, row, old).await?;
    resident::store::regrid(tx, row, old).await
}

/// A new address beneath another one.
fn child(parent: Option<&row::Model>, region: RegionCode, kind: AddressKind, name: String, id: AddressId, now: kernel::Time) -> row::Model {
    let own = |of: AddressKind, above: Option<AddressId>| if of == kind { Some(id) } else { above };
    row::Model {
        id,
        region_code: region,
        grid_id: parent.and_then(|p| p.grid_id),
        kind,
        parent_id: parent.map(|p| p.id),
        estate_id: own(AddressKind::Estate, parent.and_then(|p| p.estate_id)),
        building_id: own(AddressKind::Building, parent.and_then(|p| p.building_id)),
        unit_id: own(AddressKind::Unit, parent.and_then(|p| p.unit_id)),
        text: parent.map_or_else(String::new, |p| p.text.clone()) + &name,
        name,
        lng: None,
        lat: None,
        version: 1,
        valid_to: None,
        created_at: now,
        updated_at: now,
    }
}

/// A name in its one form: no spaces, digits in ASCII, and the usual word behind a bare number.
fn tidy(kind: AddressKind, name: &str) -> Result<String> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
        c => c,
    };
    let name: String = name.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::new(Code::FieldInvalid).with("reason", "a name, not blank"));
    }
    if name.chars().count() > 100 {
        return Err(Error::new(Code::FieldLength).with("min", 1).with("max", 100));
    }
    let bare = name.bytes().all(|b| b.is_ascii_digit());
    Ok(if bare { name + kind.suffix() } else { name })
}

/// Whether a household of this community may lie in this grid.
pub(crate) async fn require_grid(cx: &Cx, grid: Option<GridId>, region: RegionCode) -> Result<()> {
    match grid {
        Some(grid) => grid::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id")),
        None => Ok(()),
    }
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        for (kind, written, name) in [
            (AddressKind::Building, "12", "12幢"),
            (AddressKind::Building, " １２ 幢", "12幢"),
            (AddressKind::Unit, "3", "3单元"),
            (AddressKind::Room, "401", "401室"),
            (AddressKind::Estate, "康乐 新村", "康乐新村"),
            (AddressKind::Building, "A座", "A座"),
        ] {
            assert_eq!(tidy(kind, written).unwrap(), name, "{written}");
        }
        assert!(tidy(AddressKind::Room, " \u{3000} ").is_err());
    }
}
