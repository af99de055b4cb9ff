//! Every query of duties.

use super::{
    CheckDuties, DutyRole, ListDuties,
    row::{Column as C, Entity, Model},
};
use kernel::{
    Cx, Pager, RegionCode, Result, Time,
    access::Reach,
    id::{DutyId, GridId},
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Func, InsertStatement, Query, UpdateStatement},
};

pub(super) async fn find(cx: &Cx, id: DutyId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

/// In force at this moment.
pub(super) fn in_force(now: Time) -> Condition {
    Condition::all().add(C::ValidFrom.lte(now)).add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(now)))
}

/// The duties of this role in a grid that share a moment with this period.
pub(super) async fn overlapping(
    tx: &DatabaseTransaction,
    grid: GridId,
    role: DutyRole,
    from: Time,
    to: Option<Time>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find()
        .filter(C::GridId.eq(grid))
        .filter(C::Role.eq(role))
        .filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(from)));
    if let Some(to) = to {
        query = query.filter(C::ValidFrom.lt(to));
    }
    Ok(query.order_by_asc(C::ValidFrom).all(tx).await?)
}

pub(super) fn insert(row: Model) -> InsertStatement {
    Entity::insert(row.into_active_model()).into_query()
}

/// Writes what can change, if the duty is still at the version before.
pub(super) fn update(row: &Model) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .values([
            (C::DutyPhone, Expr::val(row.duty_phone.clone())),
            (C::Building, Expr::val(row.building.clone())),
            (C::Skills, Expr::val(row.skills.clone())),
            (C::ValidTo, Expr::val(row.valid_to)),
            (C::Version, Expr::val(row.version)),
            (C::UpdatedAt, Expr::val(row.updated_at)),
        ])
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(row.version - 1))
        .to_owned()
}

pub(super) async fn list(cx: &Cx, grid: GridId, list: &ListDuties, pager: &Pager) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(C::GridId.eq(grid)).apply_if(list.role, |q, role| q.filter(C::Role.eq(role)));
    if !list.include_ended {
        query = query.filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(cx.now())));
    }
    if let Some(id) = pager.after::<DutyId>()? {
        query = query.filter(C::Id.gt(id));
    }
    Ok(query.order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// Everybody on duty in a grid now; more than a grid can have are left out.
pub(super) async fn current(cx: &Cx, grid: GridId) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(C::GridId.eq(grid)).filter(in_force(cx.now())).order_by_asc(C::Id).limit(500).all(cx.reader()).await?)
}

/// All duties of a grid that have not ended, held until the transaction ends.
pub(super) async fn unended(tx: &DatabaseTransaction, grids: &[GridId], now: Time) -> Result<Vec<Model>> {
    let open = Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(now));
    Ok(Entity::find().filter(C::GridId.is_in(grids.iter().copied())).filter(open).order_by_asc(C::Id).lock_exclusive().all(tx).await?)
}

fn lies(reach: &Reach, region: RegionCode) -> Condition {
    within(reach, region, Places { region: C::RegionCode, grid: C::GridId, organization: None }, None, Direction::Up)
}

/// Who holds this role in more than one grid now, by a range of the index (region_code, role, person_key).
pub(super) async fn doubles(cx: &Cx, reach: &Reach, check: &CheckDuties, pager: &Pager) -> Result<Vec<String>> {
    let mut query = Entity::find()
        .select_only()
        .column(C::PersonKey)
        .filter(lies(reach, check.region_code.unwrap_or(RegionCode::COUNTRY)))
        .filter(C::Role.eq(check.role))
        .filter(in_force(cx.now()));
    if let Some(key) = pager.after::<String>()? {
        query = query.filter(C::PersonKey.gt(key));
    }
    let grids = Func::count_distinct(Expr::col(C::GridId));
    let query = query.group_by(C::PersonKey).having(Expr::expr(grids).gt(1)).order_by_asc(C::PersonKey).limit(pager.fetch());
    Ok(query.into_tuple().all(cx.reader()).await?)
}

pub(super) async fn of_people(cx: &Cx, reach: &Reach, check: &CheckDuties, keys: &[String]) -> Result<Vec<Model>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .filter(lies(reach, check.region_code.unwrap_or(RegionCode::COUNTRY)))
        .filter(C::Role.eq(check.role))
        .filter(C::PersonKey.is_in(keys))
        .filter(in_force(cx.now()));
    Ok(query.order_by_asc(C::PersonKey).order_by_asc(C::Id).all(cx.reader()).await?)
}

/// How many of these grids have each role filled, and how many show a phone.
pub(super) async fn filled(cx: &Cx, region: RegionCode, grids: sea_orm::sea_query::SelectStatement) -> Result<(Vec<(DutyRole, i64)>, i64)> {
    let (first, last) = region.range();
    let base = || {
        Entity::find()
            .select_only()
            .filter(C::RegionCode.between(first, last))
            .filter(C::GridId.in_subquery(grids.clone()))
            .filter(in_force(cx.now()))
    };
    let counted = || Expr::expr(Func::count_distinct(Expr::col(C::GridId)));
    let roles = [DutyRole::DedicatedMember, DutyRole::Lead, DutyRole::Secretary];
    let by_role = base().column(C::Role).expr_as(counted(), "grids").filter(C::Role.is_in(roles)).group_by(C::Role);
    let shown = base()
        .expr_as(counted(), "grids")
        .filter(C::Role.is_in([DutyRole::DedicatedMember, DutyRole::Lead]))
        .filter(C::DutyPhone.is_not_null());
    let by_role = by_role.into_tuple().all(cx.reader()).await?;
    let shown: Option<i64> = shown.into_tuple().one(cx.reader()).await?;
    Ok((by_role, shown.unwrap_or_default()))
}

/// The grids in which somebody holds this role now.
pub(super) fn grids_with(role: DutyRole, now: Time) -> sea_orm::sea_query::SelectStatement {
    Entity::find().select_only().column(C::GridId).filter(C::Role.eq(role)).filter(in_force(now)).into_query()
}
