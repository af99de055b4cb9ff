//! Every query of households.

use super::{ListHouseholds, row};
use crate::{address, sight, table::insert_all};
use kernel::{
    Code, Cx, Error, Pager, Permission, RegionCode, Result, Time,
    id::{AddressId, GridId, HouseholdId, ResidentId},
    page::Places,
};
pub(crate) use row::Column as C;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UpdateStatement},
};
use std::collections::HashMap;

pub(crate) async fn find(conn: &impl ConnectionTrait, id: HouseholdId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(conn).await?)
}

/// The household, locked: whoever else moves people waits.
pub(crate) async fn lock(tx: &DatabaseTransaction, id: HouseholdId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

pub(crate) fn key() -> Expr {
    Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)])
}

pub(super) async fn list(cx: &Cx, query: &ListHouseholds, pager: &Pager) -> Result<Vec<row::Model>> {
    let after = pager.after::<(RegionCode, HouseholdId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let seen = sight::within_reach(cx, Permission::HouseholdRead, query.region_code, places, after.map(|(r, _)| r.as_i64())).await?;
    let mut select = row::Entity::find()
        .filter(seen)
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.estate_id, |q, estate| q.filter(C::EstateId.eq(estate)))
        .apply_if(query.building_id, |q, building| q.filter(C::BuildingId.eq(building)))
        .apply_if(query.address_id, |q, address| q.filter(C::AddressId.eq(address)));
    if !query.include_closed {
        select = select.filter(C::ValidTo.is_null());
    }
    if let Some((region, id)) = after {
        select = select.filter(key().gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The households in use of one community behind this one.
pub(super) async fn walk(cx: &Cx, region: RegionCode, after: Option<HouseholdId>, limit: u64) -> Result<Vec<row::Model>> {
    let select = row::Entity::find()
        .filter(C::RegionCode.eq(region))
        .filter(C::ValidTo.is_null())
        .apply_if(after, |q, after| q.filter(C::Id.gt(after)));
    Ok(select.order_by_asc(C::Id).limit(limit).all(cx.reader()).await?)
}

pub(crate) async fn insert(tx: &DatabaseTransaction, rows: Vec<row::Model>) -> Result<()> {
    insert_all::<row::Entity>(tx, rows).await
}

/// Writes what can change, if it is still at the version before.
pub(crate) fn update(row: &row::Model) -> UpdateStatement {
    Query::update()
        .table(row::Entity)
        .values([
            (C::GridId, Expr::val(row.grid_id)),
            (C::AddressId, Expr::val(row.address_id)),
            (C::BuildingId, Expr::val(row.building_id)),
            (C::EstateId, Expr::val(row.estate_id)),
            (C::Code, Expr::val(row.code.clone())),
            (C::Kind, Expr::val(row.kind)),
            (C::HeadId, Expr::val(row.head_id)),
            (C::MemberCount, Expr::val(row.member_count)),
            (C::Version, Expr::val(row.version)),
            (C::ValidTo, Expr::val(row.valid_to)),
            (C::UpdatedAt, Expr::val(row.updated_at)),
            (C::VisitClass, Expr::val(row.visit_class.clone())),
        ])
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(row.version - 1))
        .to_owned()
}

pub(crate) async fn write(tx: &DatabaseTransaction, row: &row::Model) -> Result<()> {
    if tx.execute(&update(row)).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Counts those who came and those who went, and notes a new head.
pub(crate) async fn count(tx: &DatabaseTransaction, id: HouseholdId, by: i32, head: Option<Option<ResidentId>>, now: Time) -> Result<()> {
    let mut update = row::Entity::update_many()
        .col_expr(C::MemberCount, Expr::col(C::MemberCount).add(by))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::val(now));
    if let Some(head) = head {
        update = update.col_expr(C::HeadId, Expr::val(head));
    }
    update.filter(C::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// Whether a household in use is at this address.
pub(crate) async fn lives_at(tx: &DatabaseTransaction, address: AddressId) -> Result<bool> {
    let first = row::Entity::find().select_only().column(C::Id).filter(C::AddressId.eq(address)).filter(C::ValidTo.is_null()).limit(1);
    Ok(first.into_tuple::<HouseholdId>().one(tx).await?.is_some())
}

/// The households at or beneath an address.
pub(crate) fn those_at(above: &address::Model) -> SelectStatement {
    row::Entity::find().select_only().column(C::Id).filter(C::AddressId.in_subquery(address::store::at_or_beneath(above))).into_query()
}

/// Takes the households at or beneath an address that were in its old grid into its new one.
pub(crate) async fn regrid(tx: &DatabaseTransaction, above: &address::Model, old: Option<GridId>) -> Result<()> {
    let was = match old {
        Some(grid) => C::GridId.eq(grid),
        None => C::GridId.is_null(),
    };
    row::Entity::update_many()
        .col_expr(C::GridId, Expr::val(above.grid_id))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::val(above.updated_at))
        .filter(C::AddressId.in_subquery(address::store::at_or_beneath(above)))
        .filter(was)
        .exec(tx)
        .await?;
    Ok(())
}

/// These households.
pub(crate) async fn named(conn: &impl ConnectionTrait, ids: Vec<HouseholdId>) -> Result<HashMap<HouseholdId, row::Model>> {
    let rows = row::Entity::find().filter(C::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The ids of the households of these grids, for a query of this crate.
pub(crate) fn in_grids(grids: &[GridId]) -> SelectStatement {
    Query::select().column(C::Id).from(row::Entity).and_where(C::GridId.is_in(grids.iter().copied())).to_owned()
}

/// How many households of a community are in use.
pub(crate) async fn tally(cx: &Cx, community: RegionCode) -> Result<i64> {
    let select = row::Entity::find().select_only().column_as(C::Id.count(), "households");
    let select = select.filter(C::RegionCode.eq(community)).filter(C::ValidTo.is_null());
    Ok(select.into_tuple::<i64>().one(cx.reader()).await?.unwrap_or_default())
}

/// Those in use with these codes or at these addresses.
pub(crate) async fn meant(tx: &DatabaseTransaction, codes: &[(RegionCode, &str)], addresses: &[AddressId]) -> Result<Vec<row::Model>> {
    let mut found = Vec::new();
    if !codes.is_empty() {
        let mut regions: Vec<RegionCode> = codes.iter().map(|(r, _)| *r).collect();
        regions.sort_unstable();
        regions.dedup();
        for region in regions {
            let codes = codes.iter().filter(|(r, _)| *r == region).map(|(_, c)| *c);
            let select = row::Entity::find().filter(C::RegionCode.eq(region)).filter(C::Code.is_in(codes)).filter(C::ValidTo.is_null());
            found.extend(select.all(tx).await?);
        }
    }
    if !addresses.is_empty() {
        let select = row::Entity::find().filter(C::AddressId.is_in(addresses.iter().copied())).filter(C::ValidTo.is_null());
        found.extend(select.all(tx).await?);
    }
    Ok(found)
}

/// How many households in use of a region there are in each building, and how many in none.
pub(crate) async fn by_building(cx: &Cx, region: RegionCode) -> Result<Vec<(Option<AddressId>, i64)>> {
    let (first, last) = region.range();
    let select = row::Entity::find()
        .select_only()
        .column(C::BuildingId)
        .column_as(C::Id.count(), "count")
        .filter(C::RegionCode.between(first, last))
        .filter(C::ValidTo.is_null())
        .group_by(C::BuildingId);
    Ok(select.into_tuple().all(cx.reader()).await?)
}
