//! Every query of check-ins.

use super::{
    CheckInKind, CheckInState, ListCheckIns,
    row::{Column as C, Entity, Model},
};
use crate::paging::{Lies, newest, seen};
use kernel::{
    Cx, Pager, RegionCode, Result, Tx,
    access::Reach,
    id::{AccountId, CheckInId, OrganizationId},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};

pub(super) async fn find(cx: &Cx, id: CheckInId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn list(cx: &Cx, reach: &Reach, own: Option<AccountId>, query: &ListCheckIns, pager: &Pager) -> Result<Vec<Model>> {
    let lies = Lies { region: C::RegionCode, organization: C::OrganizationId, id: C::Id };
    let everywhere = Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
    let select = Entity::find()
        .filter(seen(if own.is_some() { &everywhere } else { reach }, query.region_code, &lies))
        .apply_if(own, |q, me| q.filter(C::AccountId.eq(me)))
        .apply_if(query.organization_id, |q, id| q.filter(C::OrganizationId.eq(id)))
        .apply_if(query.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    newest(cx, select, lies, pager).await
}

/// Who lives in a community by a confirmed check-in, in words that the index knows.
fn residents(community: RegionCode) -> Select<Entity> {
    Entity::find()
        .filter(C::RegionCode.eq(community))
        .filter(Expr::cust("\"check_ins\".\"state\" = 'confirmed' AND \"check_ins\".\"kind\" = 'residence'"))
}

pub(super) async fn serving(cx: &Cx, community: RegionCode, limit: u64) -> Result<Vec<Model>> {
    Ok(residents(community).order_by_asc(C::AccountId).limit(limit).all(cx.reader()).await?)
}

pub(super) async fn serves(cx: &Cx, account: AccountId, community: RegionCode) -> Result<Option<Model>> {
    Ok(residents(community).filter(C::AccountId.eq(account)).one(cx.reader()).await?)
}

/// Who works at an organization by a confirmed check-in, by account.
pub(super) async fn colleagues(cx: &Cx, organization: OrganizationId, pager: &Pager) -> Result<Vec<AccountId>> {
    let select = Entity::find()
        .select_only()
        .column(C::AccountId)
        .filter(C::OrganizationId.eq(organization))
        .filter(C::Kind.eq(CheckInKind::Workplace))
        .filter(C::State.eq(CheckInState::Confirmed))
        .apply_if(pager.after::<AccountId>()?, |q, after| q.filter(C::AccountId.gt(after)));
    Ok(select.order_by_asc(C::AccountId).limit(pager.fetch()).into_tuple().all(cx.reader()).await?)
}

/// Where these people live by a confirmed check-in.
pub(super) async fn homes(cx: &Cx, accounts: &[AccountId]) -> Result<Vec<Model>> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let select = Entity::find()
        .filter(C::AccountId.is_in(accounts.iter().copied()))
        .filter(C::Kind.eq(CheckInKind::Residence))
        .filter(C::State.eq(CheckInState::Confirmed));
    Ok(select.all(cx.reader()).await?)
}

/// Ends somebody's check-ins and erases what they said of themselves, and what was said of them.
pub(super) async fn erase(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let now = tx.now;
    Entity::update_many()
        .col_expr(C::State, Expr::val(CheckInState::Ended))
        .col_expr(C::EndedAt, Expr::val(now))
        .filter(C::AccountId.eq(account))
        .filter(C::State.ne(CheckInState::Ended))
        .exec(tx.conn().await?)
        .await?;
    Entity::update_many()
        .col_expr(C::Detail, Expr::val(None::<String>))
        .col_expr(C::Words, Expr::val(None::<String>))
        .col_expr(C::Skills, Expr::val("[]"))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .filter(C::AccountId.eq(account))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}
