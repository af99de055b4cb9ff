//! Every query on grants.

use super::{ListGrants, row};
use kernel::{
    Cx, Page, PageQuery, Pager, RegionCode, Role, Time, Tx,
    access::Reach,
    error::Result,
    id::{AccountId, GrantId},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, IntoColumnRef, Query},
};

pub(crate) async fn find(cx: &Cx, id: GrantId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Every grant of an account, those that have ended included.
pub(crate) async fn of_account(cx: &Cx, account: AccountId) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::AccountId.eq(account)).order_by_desc(row::Column::Id).all(cx.reader()).await?)
}

pub(crate) async fn list(cx: &Cx, account: AccountId, query: ListGrants) -> Result<Page<row::Model>> {
    let pager = Pager::new("grants", &account, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after: Option<GrantId> = pager.after()?;
    let rows = row::Entity::find()
        .filter(row::Column::AccountId.eq(account))
        .apply_if(after, |q, after| q.filter(row::Column::Id.lt(after)))
        .order_by_desc(row::Column::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    pager.page(rows, |r| r.id)
}

/// Ends a grant now; absent if it has ended already. One that has not begun never begins.
pub(crate) async fn end(tx: &mut Tx<'_>, row: row::Model) -> Result<Option<row::Model>> {
    let now = tx.now;
    let valid_from = std::cmp::min(row.valid_from, now);
    let done = row::Entity::update_many()
        .col_expr(row::Column::ValidFrom, Expr::val(valid_from))
        .col_expr(row::Column::ValidTo, Expr::val(now))
        .filter(row::Column::Id.eq(row.id))
        .filter(Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(now)))
        .exec(tx.conn().await?)
        .await?;
    Ok((done.rows_affected == 1).then_some(row::Model { valid_from, valid_to: Some(now), ..row }))
}

fn in_region(region: RegionCode) -> Expr {
    let (first, last) = region.range();
    row::Column::RegionCode.between(first, last)
}

/// Grants that lie within a reach, or that this account gave.
pub(crate) fn within_reach(reach: &Reach, gave: Option<AccountId>) -> Condition {
    let mut any = reach.regions.iter().fold(Condition::any(), |any, region| any.add(in_region(*region)));
    if !reach.grids.is_empty() {
        any = any.add(row::Column::GridId.is_in(reach.grids.clone()));
    }
    if !reach.organizations.is_empty() {
        any = any.add(row::Column::OrganizationId.is_in(reach.organizations.clone()));
    }
    match gave {
        Some(account) => any.add(row::Column::GrantedBy.eq(account)),
        None => any,
    }
}

/// Grants in force in this region, of this role; absent if neither is named.
pub(crate) fn narrowed(region: Option<RegionCode>, role: Option<Role>, now: Time) -> Option<Condition> {
    if region.is_none() && role.is_none() {
        return None;
    }
    let open = Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(now));
    let mut all = Condition::all().add(row::Column::ValidFrom.lte(now)).add(open);
    all = region.map_or(all.clone(), |region| all.add(in_region(region)));
    Some(role.map_or(all.clone(), |role| all.add(row::Column::Role.eq(role))))
}

/// Whether an account (named by its column) holds one of these grants. Reads `grants_account`.
pub(crate) fn held_by(account: impl IntoColumnRef, grants: Condition) -> Expr {
    let query = Query::select()
        .expr(Expr::val(1))
        .from(row::Entity)
        .and_where(Expr::col((row::Entity, row::Column::AccountId)).eq(Expr::col(account)))
        .cond_where(grants)
        .to_owned();
    Expr::exists(query)
}
