//! What somebody said, as they are told it, and what becomes of their contact.

use super::{
    Opinion,
    row::opinion::{Column as C, Entity},
    view,
};
use kernel::{Cx, Result, Tx, id::AccountId, retention::Purge};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

/// What somebody said, in full, newest first.
pub(crate) async fn own(cx: &Cx, account: AccountId, limit: u64) -> Result<Vec<Opinion>> {
    let select = Entity::find().filter(C::RequesterId.eq(account)).order_by_desc(C::Id).limit(limit);
    let rows = select.all(cx.reader()).await?;
    rows.iter().map(|row| view::own(cx, row)).collect()
}

/// Erases the contacts of what somebody said.
pub(crate) async fn erase(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let update = Entity::update_many().col_expr(C::Contact, Expr::val(None::<String>)).filter(C::RequesterId.eq(account));
    update.exec(tx.conn().await?).await?;
    Ok(())
}

/// Erases the contacts of opinions that were fed back before then; one that is still worked on keeps its own.
pub(crate) async fn purge_contacts(cx: &Cx, purge: &Purge) -> Result<u64> {
    let due =
        Entity::find().filter(purge.ruled.covers(C::RegionCode)).filter(C::Contact.is_not_null()).filter(C::FedBackAt.lt(purge.before));
    purge.blank(cx, due, C::Id, C::Contact).await
}
