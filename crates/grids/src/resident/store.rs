//! Every query of residents and of their memberships.

use super::{
    ListResidents,
    row::{self, member},
};
use crate::{
    address, household, sight,
    table::insert_all,
    tag::{self, row::given},
};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, Pager, Permission, RegionCode, Result,
    id::{GridId, HouseholdId, HouseholdMemberId, ResidentId},
    page::Places,
};
pub(crate) use row::Column as C;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, UpdateStatement},
};

pub(super) async fn find(conn: &impl ConnectionTrait, id: ResidentId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(conn).await?)
}

/// The resident, locked: whoever else moves them waits.
pub(super) async fn lock(tx: &DatabaseTransaction, id: ResidentId) -> Result<row::Model> {
    let row = row::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    row.ok_or_else(|| Error::new(Code::ResidentNotFound))
}

/// Id and sealed name.
pub(super) async fn names(conn: &impl ConnectionTrait, ids: Vec<ResidentId>) -> Result<Vec<(ResidentId, String, bool)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = row::Entity::find().select_only().columns([C::Id, C::Name, C::Restricted]).filter(C::Id.is_in(ids));
    Ok(select.into_tuple().all(conn).await?)
}

pub(super) async fn list(cx: &Cx, query: &ListResidents, pager: &Pager) -> Result<Vec<row::Model>> {
    let after = pager.after::<(RegionCode, ResidentId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let cursor = after.map(|(r, _)| r.as_i64());
    let seen = sight::within_reach(cx, Permission::ResidentRead, query.region_code, places, cursor).await?;
    let mut select = row::Entity::find()
        .filter(seen)
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.building_id, |q, building| q.filter(C::BuildingId.eq(building)))
        .apply_if(query.household_id, |q, household| q.filter(C::HouseholdId.eq(household)))
        .apply_if(query.residence, |q, residence| q.filter(C::Residence.eq(residence)));
    if !query.include_left {
        select = select.filter(C::LeftOn.is_null());
    }
    let mut order = [Expr::col((row::Entity, C::RegionCode)), Expr::col((row::Entity, C::Id))];
    if let Some(tag) = query.tag_id {
        // The index of who has a tag gives them in the order of the list.
        use given::Column as T;
        select = select.filter(tag::having(cx, tag, query.region_code, places, cursor).await?);
        let same = Expr::col((given::Entity, T::ResidentId)).equals((row::Entity, C::Id));
        QuerySelect::query(&mut select).join(JoinType::InnerJoin, given::Entity, same);
        if let Some(region) = query.region_code {
            let (first, last) = region.range();
            select = select.filter(Expr::col((given::Entity, T::RegionCode)).between(first, last));
        }
        order = [Expr::col((given::Entity, T::RegionCode)), Expr::col((given::Entity, T::ResidentId))];
    }
    if let Some((region, id)) = after {
        let key = Expr::tuple(order.clone());
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let [by_region, by_id] = order;
    Ok(select.order_by_asc(by_region).order_by_asc(by_id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// Those with this digest of a number, within a region: one probe of an index.
pub(super) async fn look_up(cx: &Cx, by: Condition, region: RegionCode) -> Result<Vec<row::Model>> {
    let (first, last) = region.range();
    let select = row::Entity::find().filter(by).filter(C::RegionCode.between(first, last)).order_by_asc(C::RegionCode).order_by_asc(C::Id);
    Ok(select.limit(20).all(cx.reader()).await?)
}

pub(super) async fn insert(tx: &DatabaseTransaction, rows: Vec<row::Model>) -> Result<()> {
    insert_all::<row::Entity>(tx, rows).await
}

/// Writes what can change, if it is still at the version before.
pub(super) fn update(row: &row::Model) -> UpdateStatement {
    Query::update()
        .table(row::Entity)
        .values([
            (C::GridId, Expr::val(row.grid_id)),
            (C::HouseholdId, Expr::val(row.household_id)),
            (C::BuildingId, Expr::val(row.building_id)),
            (C::Name, Expr::val(row.name.clone())),
            (C::Phone, Expr::val(row.phone.clone())),
            (C::PhoneIndex, Expr::val(row.phone_index.clone())),
            (C::IdNumber, Expr::val(row.id_number.clone())),
            (C::IdIndex, Expr::val(row.id_index.clone())),
            (C::BirthDate, Expr::val(row.birth_date.clone())),
            (C::Sex, Expr::val(row.sex)),
            (C::Residence, Expr::val(row.residence)),
            (C::AccountId, Expr::val(row.account_id)),
            (C::Restricted, Expr::val(row.restricted)),
            (C::Version, Expr::val(row.version)),
            (C::LeftOn, Expr::val(row.left_on)),
            (C::LeftWhy, Expr::val(row.left_why)),
            (C::ErasedAt, Expr::val(row.erased_at)),
            (C::UpdatedAt, Expr::val(row.updated_at)),
        ])
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(row.version - 1))
        .to_owned()
}

pub(super) async fn write(tx: &DatabaseTransaction, row: &row::Model) -> Result<()> {
    if tx.execute(&update(row)).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Gives the members of a household its grid and building.
pub(crate) async fn follow(tx: &DatabaseTransaction, home: &household::Model) -> Result<()> {
    row::Entity::update_many()
        .col_expr(C::GridId, Expr::val(home.grid_id))
        .col_expr(C::BuildingId, Expr::val(home.building_id))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::val(home.updated_at))
        .filter(C::HouseholdId.eq(home.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes those who live at or beneath an address and were in its old grid into its new one.
pub(crate) async fn regrid(tx: &DatabaseTransaction, above: &address::Model, old: Option<GridId>) -> Result<()> {
    let was = match old {
        Some(grid) => C::GridId.eq(grid),
        None => C::GridId.is_null(),
    };
    row::Entity::update_many()
        .col_expr(C::GridId, Expr::val(above.grid_id))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::val(above.updated_at))
        .filter(C::HouseholdId.in_subquery(household::store::those_at(above)))
        .filter(was)
        .exec(tx)
        .await?;
    Ok(())
}

/// The memberships of a household, oldest first.
pub(super) async fn members(cx: &Cx, household: HouseholdId, past: bool, pager: &Pager) -> Result<Vec<member::Model>> {
    let mut select = member::Entity::find()
        .filter(member::Column::HouseholdId.eq(household))
        .apply_if(pager.after::<HouseholdMemberId>()?, |q, after| q.filter(member::Column::Id.gt(after)));
    if !past {
        select = select.filter(member::Column::ValidTo.is_null());
    }
    Ok(select.order_by_asc(member::Column::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The memberships of a resident, newest first.
pub(super) async fn memberships(conn: &impl ConnectionTrait, resident: ResidentId) -> Result<Vec<member::Model>> {
    let select = member::Entity::find().filter(member::Column::ResidentId.eq(resident));
    Ok(select.order_by_desc(member::Column::Id).all(conn).await?)
}

/// The current memberships of these residents.
pub(super) async fn current(tx: &DatabaseTransaction, residents: Vec<ResidentId>) -> Result<Vec<member::Model>> {
    if residents.is_empty() {
        return Ok(Vec::new());
    }
    let select = member::Entity::find().filter(member::Column::ResidentId.is_in(residents)).filter(member::Column::ValidTo.is_null());
    Ok(select.all(tx).await?)
}

pub(super) async fn insert_members(tx: &DatabaseTransaction, rows: Vec<member::Model>) -> Result<()> {
    insert_all::<member::Entity>(tx, rows).await
}

/// Ends a membership, if it has not ended yet.
pub(super) async fn end_member(tx: &DatabaseTransaction, id: HouseholdMemberId, on: NaiveDate) -> Result<()> {
    let done = member::Entity::update_many()
        .col_expr(member::Column::ValidTo, Expr::val(on))
        .filter(member::Column::Id.eq(id))
        .filter(member::Column::ValidTo.is_null())
        .exec(tx)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Those here with these digests of ID numbers in a community.
pub(super) async fn by_id_index(tx: &DatabaseTransaction, wanted: &[(RegionCode, String)]) -> Result<Vec<row::Model>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let digests = wanted.iter().map(|(_, digest)| digest.as_str());
    let regions: std::collections::BTreeSet<RegionCode> = wanted.iter().map(|(r, _)| *r).collect();
    let select = row::Entity::find().filter(C::IdIndex.is_in(digests)).filter(C::RegionCode.is_in(regions)).filter(C::LeftOn.is_null());
    Ok(select.all(tx).await?)
}

/// Those without an ID number who belong to these households.
pub(super) async fn without_number(tx: &DatabaseTransaction, homes: Vec<HouseholdId>) -> Result<Vec<row::Model>> {
    if homes.is_empty() {
        return Ok(Vec::new());
    }
    let select = row::Entity::find().filter(C::HouseholdId.is_in(homes)).filter(C::IdIndex.is_null()).filter(C::LeftOn.is_null());
    Ok(select.all(tx).await?)
}

/// The condition that finds by a digest.
pub(super) fn with_phone(digest: String) -> Condition {
    Condition::all().add(C::PhoneIndex.eq(digest))
}

/// The same for an ID number.
pub(super) fn with_id_number(digest: String) -> Condition {
    Condition::all().add(C::IdIndex.eq(digest))
}

/// Which of these belong to a household now, and since when.
pub(crate) async fn members_of(cx: &Cx, home: HouseholdId, ids: &[ResidentId]) -> Result<std::collections::HashMap<ResidentId, NaiveDate>> {
    use member::Column as M;
    if ids.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let select = member::Entity::find()
        .select_only()
        .columns([M::ResidentId, M::ValidFrom])
        .filter(M::HouseholdId.eq(home))
        .filter(M::ResidentId.is_in(ids.iter().copied()))
        .filter(M::ValidTo.is_null());
    Ok(select.into_tuple().all(cx.reader()).await?.into_iter().collect())
}
