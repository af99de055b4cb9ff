//! Every query of links.

use super::{
    ListLinks,
    row::{Column as C, Entity, Model},
};
use crate::household;
use kernel::{
    Code, Cx, Error, Pager, Permission, RegionCode, Result, Time,
    id::{AccountId, HouseholdId, HouseholdLinkId},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Func, Query},
};

pub(super) async fn find(cx: &Cx, id: HouseholdLinkId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn insert(tx: &DatabaseTransaction, row: Model) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes what can change, if it is still at the version before.
pub(super) async fn write(tx: &DatabaseTransaction, row: &Model) -> Result<()> {
    let update = Query::update()
        .table(Entity)
        .values([
            (C::Knows, Expr::val(row.knows.clone())),
            (C::CheckedAt, Expr::val(row.checked_at)),
            (C::ValidTo, Expr::val(row.valid_to)),
            (C::Version, Expr::val(row.version)),
            (C::UpdatedAt, Expr::val(row.updated_at)),
        ])
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(row.version - 1))
        .to_owned();
    if tx.execute(&update).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// The links of a household that share a moment with this period.
pub(super) async fn overlapping(tx: &DatabaseTransaction, household: HouseholdId, from: Time, to: Option<Time>) -> Result<Vec<Model>> {
    let query = Entity::find()
        .filter(C::HouseholdId.eq(household))
        .filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(from)))
        .apply_if(to, |q, to| q.filter(C::ValidFrom.lt(to)));
    Ok(query.order_by_asc(C::Id).all(tx).await?)
}

fn in_force(now: Time) -> Condition {
    Condition::all().add(C::ValidFrom.lte(now)).add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(now)))
}

/// What the caller may see: regions by range, single grids by their households, and what is one's own as a member.
fn visible(cx: &Cx) -> Condition {
    let reach = cx.actor.reach(Permission::LinkRead);
    let mut any = Condition::any().add_option(cx.actor.account.map(|me| C::MemberId.eq(me)));
    for region in &reach.regions {
        let (first, last) = region.range();
        any = any.add(C::RegionCode.between(first, last));
    }
    if !reach.grids.is_empty() {
        any = any.add(C::HouseholdId.in_subquery(household::store::in_grids(&reach.grids)));
    }
    any
}

/// A range of the index (region_code, id), or of those by member and by household.
pub(super) async fn list(cx: &Cx, query: &ListLinks, pager: &Pager) -> Result<Vec<Model>> {
    let mut select = Entity::find()
        .filter(visible(cx))
        .apply_if(query.region_code, |q, region| {
            let (first, last) = region.range();
            q.filter(C::RegionCode.between(first, last))
        })
        .apply_if(query.member_id, |q, member| q.filter(C::MemberId.eq(member)))
        .apply_if(query.household_id, |q, household| q.filter(C::HouseholdId.eq(household)))
        .apply_if(query.updated_after, |q, after| q.filter(C::UpdatedAt.gt(after)));
    if !query.include_ended {
        select = select.filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(cx.now())));
    }
    if let Some((region, id)) = pager.after::<(RegionCode, HouseholdLinkId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// How many households each member of a community is linked with now.
pub(super) async fn loads(cx: &Cx, community: RegionCode) -> Result<Vec<(AccountId, i64)>> {
    let counted = Entity::find()
        .select_only()
        .column(C::MemberId)
        .column_as(C::Id.count(), "households")
        .filter(C::RegionCode.eq(community))
        .filter(in_force(cx.now()))
        .group_by(C::MemberId)
        .order_by_asc(C::MemberId);
    Ok(counted.into_tuple().all(cx.reader()).await?)
}

/// How many households of a community are linked with somebody now.
pub(super) async fn linked(cx: &Cx, community: RegionCode) -> Result<i64> {
    let counted = Entity::find()
        .select_only()
        .expr_as(Func::count_distinct(Expr::col(C::HouseholdId)), "households")
        .filter(C::RegionCode.eq(community))
        .filter(in_force(cx.now()));
    Ok(counted.into_tuple::<i64>().one(cx.reader()).await?.unwrap_or_default())
}
