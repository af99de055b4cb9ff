//! Every query of addresses.

use super::{AddressKind, ListAddresses, row};
use crate::{sight, table::insert_all};
use kernel::{
    Code, Cx, Error, Pager, Permission, RegionCode, Result,
    id::{AddressId, GridId},
    page::Places,
};
use row::Column as C;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, UpdateStatement},
};
use std::collections::HashMap;

/// Texts of one statement: SQLite takes 32,766 values.
const BATCH: usize = 1000;

pub(crate) async fn find(conn: &impl ConnectionTrait, id: AddressId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn list(cx: &Cx, query: &ListAddresses, pager: &Pager) -> Result<Vec<row::Model>> {
    let after = pager.after::<(RegionCode, AddressId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let seen = sight::within_reach(cx, Permission::AddressRead, query.region_code, places, after.map(|(r, _)| r.as_i64())).await?;
    let mut select = row::Entity::find()
        .filter(seen)
        .apply_if(query.kind, |q, kind: AddressKind| q.filter(C::Kind.eq(kind)))
        .apply_if(query.parent_id, |q, parent| q.filter(C::ParentId.eq(parent)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)));
    if !query.include_closed {
        select = select.filter(C::ValidTo.is_null());
    }
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The standard addresses of these ids.
pub(crate) async fn texts(conn: &impl ConnectionTrait, ids: Vec<AddressId>) -> Result<HashMap<AddressId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let select = row::Entity::find().select_only().columns([C::Id, C::Text]).filter(C::Id.is_in(ids));
    Ok(select.into_tuple::<(AddressId, String)>().all(conn).await?.into_iter().collect())
}

/// Those in use that have these texts.
pub(super) async fn meant(tx: &DatabaseTransaction, wanted: &HashMap<RegionCode, Vec<String>>) -> Result<Vec<row::Model>> {
    let mut found = Vec::new();
    for (region, texts) in wanted {
        for texts in texts.chunks(BATCH) {
            let select = row::Entity::find().filter(C::RegionCode.eq(*region)).filter(C::Text.is_in(texts)).filter(C::ValidTo.is_null());
            found.extend(select.all(tx).await?);
        }
    }
    Ok(found)
}

pub(super) async fn insert(tx: &DatabaseTransaction, rows: Vec<row::Model>) -> Result<()> {
    insert_all::<row::Entity>(tx, rows).await
}

/// Writes what can change, if it is still at the version before.
pub(super) fn update(row: &row::Model) -> UpdateStatement {
    Query::update()
        .table(row::Entity)
        .values([
            (C::Name, Expr::val(row.name.clone())),
            (C::Text, Expr::val(row.text.clone())),
            (C::GridId, Expr::val(row.grid_id)),
            (C::Lng, Expr::val(row.lng)),
            (C::Lat, Expr::val(row.lat)),
            (C::Version, Expr::val(row.version)),
            (C::ValidTo, Expr::val(row.valid_to)),
            (C::UpdatedAt, Expr::val(row.updated_at)),
        ])
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(row.version - 1))
        .to_owned()
}

pub(super) async fn write(tx: &DatabaseTransaction, statement: &UpdateStatement, lost: Error) -> Result<()> {
    if tx.execute(statement).await?.rows_affected() == 1 { Ok(()) } else { Err(lost) }
}

/// The column that names the ancestor of this kind.
const fn beneath(kind: AddressKind) -> Option<C> {
    match kind {
        AddressKind::Estate => Some(C::EstateId),
        AddressKind::Building => Some(C::BuildingId),
        AddressKind::Unit => Some(C::UnitId),
        AddressKind::Room => None,
    }
}

/// It and all addresses beneath it.
pub(crate) fn at_or_beneath(above: &row::Model) -> SelectStatement {
    let own = Condition::any().add(C::Id.eq(above.id)).add_option(beneath(above.kind).map(|column| column.eq(above.id)));
    row::Entity::find().select_only().column(C::Id).filter(own).into_query()
}

/// Gives everything beneath an address the beginning that its text has now.
pub(super) async fn rename_beneath(tx: &DatabaseTransaction, above: &row::Model, old: &str) -> Result<()> {
    let Some(column) = beneath(above.kind) else { return Ok(()) };
    let from = i32::try_from(old.chars().count() + 1).map_err(Error::internal)?;
    let rest = Func::cust("substr").arg(Expr::col(C::Text)).arg(Expr::val(from));
    let text = Func::cust("concat").arg(Expr::val(above.text.clone())).arg(rest);
    row::Entity::update_many()
        .col_expr(C::Text, text.into())
        .col_expr(C::UpdatedAt, Expr::val(above.updated_at))
        .filter(column.eq(above.id))
        .filter(C::Id.ne(above.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes everything beneath an address that was in its old grid into its new one.
pub(super) async fn regrid_beneath(tx: &DatabaseTransaction, above: &row::Model, old: Option<GridId>) -> Result<()> {
    let Some(column) = beneath(above.kind) else { return Ok(()) };
    let was = match old {
        Some(grid) => C::GridId.eq(grid),
        None => C::GridId.is_null(),
    };
    row::Entity::update_many()
        .col_expr(C::GridId, Expr::val(above.grid_id))
        .col_expr(C::UpdatedAt, Expr::val(above.updated_at))
        .filter(column.eq(above.id))
        .filter(C::Id.ne(above.id))
        .filter(was)
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether an address in use lies right beneath it.
pub(super) async fn has_children(tx: &DatabaseTransaction, id: AddressId) -> Result<bool> {
    let first = row::Entity::find().select_only().column(C::Id).filter(C::ParentId.eq(id)).filter(C::ValidTo.is_null()).limit(1);
    Ok(first.into_tuple::<AddressId>().one(tx).await?.is_some())
}

/// An address in use of this community; nobody closes it before this change is done.
pub(crate) async fn hold(tx: &DatabaseTransaction, region: RegionCode, id: AddressId) -> Result<row::Model> {
    let row = row::Entity::find_by_id(id).lock_shared().one(tx).await?.filter(|row| row.region_code == region && row.valid_to.is_none());
    row.ok_or_else(|| Error::new(Code::AddressUnknown))
}

/// Which of these are buildings in use within a region.
pub(crate) async fn buildings_within(cx: &Cx, region: RegionCode, ids: &[AddressId]) -> Result<std::collections::HashSet<AddressId>> {
    if ids.is_empty() {
        return Ok(std::collections::HashSet::new());
    }
    let (first, last) = region.range();
    let select = row::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::Id.is_in(ids.iter().copied()))
        .filter(C::Kind.eq(AddressKind::Building))
        .filter(C::RegionCode.between(first, last))
        .filter(C::ValidTo.is_null());
    Ok(select.into_tuple().all(cx.reader()).await?.into_iter().collect())
}

/// The buildings in use of a region.
fn buildings(region: RegionCode) -> Select<row::Entity> {
    let (first, last) = region.range();
    let select = row::Entity::find().filter(C::Kind.eq(AddressKind::Building)).filter(C::RegionCode.between(first, last));
    select.filter(C::ValidTo.is_null())
}

/// How many buildings a region has.
pub(crate) async fn count_buildings(cx: &Cx, region: RegionCode) -> Result<i64> {
    let count = buildings(region).select_only().column_as(C::Id.count(), "count");
    Ok(count.into_tuple::<i64>().one(cx.reader()).await?.unwrap_or_default())
}

/// Those of which it is known where they are.
pub(crate) async fn placed_buildings(cx: &Cx, region: RegionCode, limit: u64) -> Result<Vec<(AddressId, f64, f64)>> {
    let placed = buildings(region).filter(C::Lng.is_not_null()).filter(C::Lat.is_not_null());
    Ok(placed.select_only().columns([C::Id, C::Lng, C::Lat]).limit(limit).into_tuple().all(cx.reader()).await?)
}
