//! Every query on accounts.

use super::{AccountStatus, ListAccounts, row};
use crate::grant::{self, Wanted};
use kernel::{Actor, Cx, Page, PageQuery, Pager, Permission, RegionCode, error::Result, id::AccountId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, Order, Query, SelectStatement, UnionType},
};

pub(crate) async fn find(cx: &Cx, id: AccountId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(crate) async fn find_by_name(connection: &impl ConnectionTrait, name: &str) -> Result<Option<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::Name.eq(name)).one(connection).await?)
}

pub(crate) async fn find_many(cx: &Cx, ids: Vec<AccountId>) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::Id.is_in(ids)).all(cx.reader()).await?)
}

/// Accounts in use with this phone.
pub(crate) async fn with_phone(cx: &Cx, index: String, limit: u64) -> Result<Vec<AccountId>> {
    let query = row::Entity::find().select_only().column(row::Column::Id);
    let query = query.filter(row::Column::PhoneIndex.eq(index)).filter(row::Column::Status.eq(AccountStatus::Active));
    Ok(query.order_by_asc(row::Column::Id).limit(limit).into_tuple().all(cx.reader()).await?)
}

/// Whether there is any account at all.
pub(crate) async fn anybody(connection: &impl ConnectionTrait) -> Result<bool> {
    let first: Option<AccountId> = row::Entity::find().select_only().column(row::Column::Id).limit(1).into_tuple().one(connection).await?;
    Ok(first.is_some())
}

/// Accounts that the actor may see, newest first.
pub(crate) async fn list(cx: &Cx, query: ListAccounts) -> Result<Page<row::Model>> {
    let filters = (query.region_code, query.role, query.status);
    let pager = Pager::new("accounts", &filters, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after: Option<AccountId> = pager.after()?;
    let wanted = Wanted { region: query.region_code, role: query.role, now: cx.now() };
    let rows = row::Entity::find()
        .filter(visible(&cx.actor, wanted, |holders| page_of(holders, after, query.status, pager.fetch())))
        .apply_if(after, |q, after| q.filter(row::Column::Id.lt(after)))
        .apply_if(query.status, |q, status| q.filter(row::Column::Status.eq(status)))
        .order_by_desc(row::Column::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    pager.page(rows, |r| r.id)
}

/// One's own account, and those with a grant within one's reach: of each range of grants no more than fills
/// the page, for a street has as many accounts as it has people.
fn visible(actor: &Actor, wanted: Wanted, page_of: impl Fn(SelectStatement) -> SelectStatement) -> Condition {
    let reach = actor.reach(Permission::AccountRead);
    if wanted.anything() && reach.regions.contains(&RegionCode::COUNTRY) {
        return Condition::all();
    }
    let own = actor.account.map(|own| {
        let query = row::Entity::find_by_id(own).select_only().column(row::Column::Id);
        let query = if wanted.anything() { query } else { query.filter(grant::held_by((row::Entity, row::Column::Id), wanted)) };
        query.into_query()
    });
    let mut queries = grant::holders(&reach, wanted).into_iter().map(page_of).chain(own);
    let Some(mut all) = queries.next() else { return Condition::any().add(Expr::val(false)) };
    all.unions(queries.map(|query| (UnionType::Distinct, query)));
    Condition::all().add(row::Column::Id.in_subquery(all))
}

/// The newest of these holders of a grant behind the page before.
fn page_of(mut holders: SelectStatement, after: Option<AccountId>, status: Option<AccountStatus>, limit: u64) -> SelectStatement {
    let holder = || Expr::col((grant::row::Entity, grant::row::Column::AccountId));
    if let Some(after) = after {
        holders.and_where(holder().lt(after));
    }
    if let Some(status) = status {
        let of_status = Query::select()
            .expr(Expr::val(1))
            .from(row::Entity)
            .and_where(Expr::col((row::Entity, row::Column::Id)).eq(holder()))
            .and_where(row::Column::Status.eq(status))
            .to_owned();
        holders.and_where(Expr::exists(of_status));
    }
    holders.order_by(grant::row::Column::AccountId, Order::Desc).limit(limit);
    // SQLite takes an order and a limit in a part of a UNION only one level down.
    Query::select().column(grant::row::Column::AccountId).from_subquery(holders, Alias::new("holders")).to_owned()
}
