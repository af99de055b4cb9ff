//! Every query on bindings, subscriptions, templates, the token and the reader of the log. Those on messages and checks stand beside
//! them, in [`queue`](super::queue).

use super::{
    command::{ListWechatChecks, ListWechatMessages, ListWechatTemplates},
    row::{binding, check, message, reader, subscription, template, token},
};
use chrono::Duration;
use kernel::{
    Cx, Error, Pager, RegionCode, Result, Time, Tx,
    access::Reach,
    event::Position,
    id::{AccountId, WechatCheckId, WechatMessageId, WechatTemplateId},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use binding::Column as B;
use check::Column as K;
use message::Column as M;
use subscription::Column as S;
use template::Column as T;
use token::Column as O;

pub(super) async fn binding_of(cx: &Cx, account: AccountId) -> Result<Option<binding::Model>> {
    Ok(binding::Entity::find_by_id(account).one(cx.reader()).await?)
}

pub(super) async fn bindings_of(cx: &Cx, accounts: Vec<AccountId>) -> Result<Vec<binding::Model>> {
    Ok(binding::Entity::find().filter(B::AccountId.is_in(accounts)).all(cx.reader()).await?)
}

pub(super) async fn bound_to(cx: &Cx, openid_index: &str) -> Result<Option<binding::Model>> {
    Ok(binding::Entity::find().filter(B::OpenidIndex.eq(openid_index)).one(cx.reader()).await?)
}

/// Binds an account that is bound to nobody.
pub(super) async fn bind(tx: &mut Tx<'_>, row: binding::Model) -> Result<()> {
    binding::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// Takes a binding away, and what its user had agreed to; whether there was one.
pub(super) async fn unbind(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    let conn = tx.conn().await?;
    subscription::Entity::delete_many().filter(S::AccountId.eq(account)).exec(conn).await?;
    Ok(binding::Entity::delete_by_id(account).exec(conn).await?.rows_affected == 1)
}

/// The user has opened the mini-program.
pub(super) async fn seen(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let now = tx.now;
    binding::Entity::update_many().col_expr(B::SeenAt, Expr::val(now)).filter(B::AccountId.eq(account)).exec(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn subscriptions_of(cx: &Cx, account: AccountId) -> Result<Vec<subscription::Model>> {
    Ok(subscription::Entity::find().filter(S::AccountId.eq(account)).all(cx.reader()).await?)
}

/// Whether somebody has agreed to a message of this template.
pub(super) async fn wants(cx: &Cx, account: AccountId, template: &str) -> Result<bool> {
    let row = subscription::Entity::find_by_id((account, template.to_owned())).one(cx.reader()).await?;
    Ok(row.is_some_and(|row| row.remaining > 0))
}

/// One message more of this template.
pub(super) async fn agree(tx: &mut Tx<'_>, account: AccountId, template: &str) -> Result<()> {
    let row = subscription::Model { account_id: account, template_id: template.to_owned(), remaining: 1, updated_at: tx.now };
    let more = Expr::col((subscription::Entity, S::Remaining)).add(1);
    let again = OnConflict::columns([S::AccountId, S::TemplateId]).update_column(S::UpdatedAt).value(S::Remaining, more).to_owned();
    subscription::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// One message less, or none at all.
pub(super) async fn use_up(tx: &mut Tx<'_>, account: AccountId, template: &str, all: bool) -> Result<()> {
    let now = tx.now;
    let left = if all { Expr::val(0) } else { Expr::col(S::Remaining).sub(1) };
    subscription::Entity::update_many()
        .col_expr(S::Remaining, left)
        .col_expr(S::UpdatedAt, Expr::val(now))
        .filter(S::AccountId.eq(account))
        .filter(S::TemplateId.eq(template))
        .filter(S::Remaining.gt(0))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

pub(super) async fn enabled_templates(cx: &Cx) -> Result<Vec<template::Model>> {
    Ok(template::Entity::find().filter(T::Enabled.eq(true)).order_by_asc(T::Id).all(cx.reader()).await?)
}

pub(super) async fn template_at(
    cx: &Cx,
    event_type: &str,
    audience: super::Audience,
    region: RegionCode,
) -> Result<Option<template::Model>> {
    let query = template::Entity::find().filter(T::EventType.eq(event_type)).filter(T::Audience.eq(audience));
    Ok(query.filter(T::RegionCode.eq(region)).one(cx.reader()).await?)
}

/// Writes a template over the version that was read, or for the first time.
pub(super) async fn set_template(tx: &mut Tx<'_>, row: template::Model) -> Result<bool> {
    let before = row.version - 1;
    let over = OnConflict::columns([T::EventType, T::Audience, T::RegionCode])
        .update_columns([T::Version, T::TemplateId, T::Page, T::Fields, T::Enabled, T::UpdatedAt])
        .action_cond_where(Condition::all().add(Expr::col((template::Entity, T::Version)).eq(before)))
        .to_owned();
    let insert = template::Entity::insert(row.into_active_model()).on_conflict(over).into_query();
    Ok(tx.conn().await?.execute(&insert).await?.rows_affected() == 1)
}

/// Where a caller may look, of the place that they ask about.
fn within(reach: &Reach, asked: Option<RegionCode>, column: impl ColumnTrait) -> Condition {
    let any = reach.regions.iter().fold(Condition::any().add(Expr::val(1).eq(0)), |any, region| {
        let (first, last) = region.range();
        any.add(column.between(first, last))
    });
    let all = Condition::all().add(any);
    match asked {
        Some(region) => all.add(column.between(region.range().0, region.range().1)),
        None => all,
    }
}

pub(super) async fn templates(cx: &Cx, reach: &Reach, query: &ListWechatTemplates, pager: &Pager) -> Result<Vec<template::Model>> {
    Ok(template::Entity::find()
        .filter(within(reach, query.region_code, T::RegionCode))
        .apply_if(pager.after::<WechatTemplateId>()?, |q, id| q.filter(T::Id.lt(id)))
        .order_by_desc(T::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

pub(super) async fn messages(cx: &Cx, reach: &Reach, query: &ListWechatMessages, pager: &Pager) -> Result<Vec<message::Model>> {
    Ok(message::Entity::find()
        .filter(within(reach, query.region_code, M::RegionCode))
        .apply_if(query.state, |q, state| q.filter(M::State.eq(state)))
        .apply_if(pager.after::<WechatMessageId>()?, |q, id| q.filter(M::Id.lt(id)))
        .order_by_desc(M::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

pub(super) async fn checks(cx: &Cx, reach: &Reach, query: &ListWechatChecks, pager: &Pager) -> Result<Vec<check::Model>> {
    Ok(check::Entity::find()
        .filter(within(reach, query.region_code, K::RegionCode))
        .apply_if(query.state, |q, state| q.filter(K::State.eq(state)))
        .apply_if(pager.after::<WechatCheckId>()?, |q, id| q.filter(K::Id.lt(id)))
        .order_by_desc(K::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

pub(super) async fn reader(cx: &Cx) -> Result<Position> {
    let row = reader::Entity::find_by_id(1_i16).one(cx.reader()).await?;
    let row = row.ok_or_else(|| Error::internal("wechat_reader has its row"))?;
    Ok(Position::new(row.xid, row.seq))
}

/// Goes on from one place of the log to the next; not if somebody else has.
pub(super) async fn read_on(tx: &mut Tx<'_>, from: Position, to: Position) -> Result<bool> {
    let done = reader::Entity::update_many()
        .col_expr(reader::Column::Xid, Expr::val(to.transaction()))
        .col_expr(reader::Column::Seq, Expr::val(to.number()))
        .filter(reader::Column::Id.eq(1))
        .filter(reader::Column::Xid.eq(from.transaction()))
        .filter(reader::Column::Seq.eq(from.number()))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The row of the token; made when first asked for.
pub(super) async fn token(cx: &Cx, appid: &str) -> Result<token::Model> {
    if let Some(row) = token::Entity::find_by_id(appid.to_owned()).one(cx.reader()).await? {
        return Ok(row);
    }
    let never = Time::UNIX_EPOCH;
    let row =
        token::Model { appid: appid.to_owned(), token: None, expires_at: never, claim_until: never, forced_at: never, forced_count: 0 };
    let mut tx = cx.begin();
    let once = OnConflict::column(O::Appid).do_nothing().to_owned();
    let insert = token::Entity::insert(row.clone().into_active_model()).on_conflict(once).into_query();
    tx.conn().await?.execute(&insert).await?;
    tx.commit(()).await?;
    Ok(row)
}

/// How often the token may be fetched by force: so many times a day, so far apart.
pub(super) const FORCED: (i32, Duration) = (20, Duration::seconds(30));

/// Makes the caller the one who fetches a token, until then; whether nobody else is. By force only within the bounds.
/// Not when another one has come since the row was read.
pub(super) async fn claim_token(cx: &Cx, read: &token::Model, until: Time, force: bool) -> Result<bool> {
    let mut tx = cx.begin();
    let now = tx.now;
    let mut update = token::Entity::update_many().col_expr(O::ClaimUntil, Expr::val(until));
    update = update.filter(O::Appid.eq(read.appid.as_str())).filter(O::ExpiresAt.eq(read.expires_at)).filter(O::ClaimUntil.lte(now));
    if force {
        // WeChat counts by the day in China.
        let day = (now + Duration::hours(8)).date_naive().and_time(chrono::NaiveTime::MIN).and_utc() - Duration::hours(8);
        let count = CaseStatement::new().case(O::ForcedAt.gte(day), Expr::col(O::ForcedCount).add(1)).finally(1);
        update = update
            .col_expr(O::ForcedAt, Expr::val(now))
            .col_expr(O::ForcedCount, count.into())
            .filter(O::ForcedAt.lte(now - FORCED.1))
            .filter(Condition::any().add(O::ForcedAt.lt(day)).add(O::ForcedCount.lt(FORCED.0)));
    }
    let done = update.exec(tx.conn().await?).await?;
    tx.commit(()).await?;
    Ok(done.rows_affected == 1)
}

/// Writes the token down and lets others fetch the next; without one only the latter.
pub(super) async fn set_token(cx: &Cx, appid: &str, fetched: Option<(String, Time)>) -> Result<()> {
    let mut tx = cx.begin();
    let now = tx.now;
    let mut update = token::Entity::update_many().col_expr(O::ClaimUntil, Expr::val(now)).filter(O::Appid.eq(appid));
    if let Some((sealed, expires_at)) = fetched {
        update = update.col_expr(O::Token, Expr::val(sealed)).col_expr(O::ExpiresAt, Expr::val(expires_at));
    }
    update.exec(tx.conn().await?).await?;
    tx.commit(()).await
}
