//! Every query on accounts.

use super::{ListAccounts, row};
use crate::grant;
use kernel::{Actor, Cx, Page, PageQuery, Pager, Permission, error::Result, id::AccountId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

pub(crate) async fn find(cx: &Cx, id: AccountId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(crate) async fn find_by_name(connection: &impl ConnectionTrait, name: &str) -> Result<Option<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::Name.eq(name)).one(connection).await?)
}

pub(crate) async fn find_many(cx: &Cx, ids: Vec<AccountId>) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::Id.is_in(ids)).all(cx.reader()).await?)
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
    let rows = row::Entity::find()
        .filter(visible(&cx.actor))
        .apply_if(after, |q, after| q.filter(row::Column::Id.lt(after)))
        .apply_if(query.status, |q, status| q.filter(row::Column::Status.eq(status)))
        .apply_if(grant::narrowed(query.region_code, query.role, cx.now()), |q, grants| q.filter(held(grants)))
        .order_by_desc(row::Column::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    pager.page(rows, |r| r.id)
}

/// The accounts that hold one of these grants.
fn held(grants: Condition) -> Condition {
    Condition::all().add(grant::held_by((row::Entity, row::Column::Id), grants))
}

/// One's own account, and those with a grant within one's reach.
fn visible(actor: &Actor) -> Condition {
    let reach = actor.reach(Permission::AccountRead);
    if reach.regions.contains(&kernel::RegionCode::COUNTRY) {
        return Condition::all();
    }
    let mut visible = Condition::any();
    if let Some(own) = actor.account {
        visible = visible.add(row::Column::Id.eq(own));
    }
    if reach.is_empty() { visible } else { visible.add(held(grant::within_reach(&reach, actor.account))) }
}
