//! Every query of receptions.

use super::{
    ListAppointments, ListReceptionSessions, ListReceptions, ReceptionSessionState,
    row::{appointment, reception, session},
};
use crate::table::{Lies, newest};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, Pager, Result, Tx,
    access::Reach,
    id::{AccountId, AppointmentId, ReceptionId, ReceptionSessionId},
};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::{BTreeSet, HashMap};

pub(super) async fn reception(cx: &Cx, id: ReceptionId) -> Result<Option<reception::Model>> {
    Ok(reception::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn session(cx: &Cx, id: ReceptionSessionId) -> Result<Option<session::Model>> {
    Ok(session::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn appointment(cx: &Cx, id: AppointmentId) -> Result<Option<appointment::Model>> {
    Ok(appointment::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Reads a day inside the change and keeps others from changing it, or booking it, until the commit.
pub(super) async fn lock_session(tx: &mut Tx<'_>, id: ReceptionSessionId) -> Result<Option<session::Model>> {
    let query = session::Entity::find_by_id(id);
    // SQLite needs no lock: its writer is alone.
    let query = if tx.cx().backend() == DbBackend::Postgres { query.lock_exclusive() } else { query };
    Ok(query.one(tx.conn().await?).await?)
}

/// The appointments of a day that take a place, inside the change.
pub(super) async fn seated(tx: &mut Tx<'_>, id: ReceptionSessionId) -> Result<Vec<appointment::Model>> {
    let select = appointment::Entity::find().filter(appointment::Column::SessionId.eq(id)).filter(appointment::Column::Seat.is_not_null());
    Ok(select.order_by_asc(appointment::Column::Id).all(tx.conn().await?).await?)
}

/// The days of a reception that are planned already, inside the change.
pub(super) async fn planned(tx: &mut Tx<'_>, id: ReceptionId) -> Result<BTreeSet<NaiveDate>> {
    let select = session::Entity::find().select_only().column(session::Column::Day).filter(session::Column::ReceptionId.eq(id));
    Ok(select.into_tuple::<NaiveDate>().all(tx.conn().await?).await?.into_iter().collect())
}

pub(super) async fn insert_sessions(tx: &mut Tx<'_>, rows: Vec<session::Model>) -> Result<()> {
    if !rows.is_empty() {
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        session::Entity::insert_many(rows).exec_without_returning(tx.conn().await?).await?;
    }
    Ok(())
}

/// Carries place and hosts over to the days to come.
pub(super) async fn update_coming(tx: &mut Tx<'_>, row: &reception::Model) -> Result<()> {
    use session::Column as C;
    let now = tx.now;
    session::Entity::update_many()
        .col_expr(C::Place, Expr::val(row.place.clone()))
        .col_expr(C::HostIds, Expr::val(row.host_ids.clone()))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .filter(C::ReceptionId.eq(row.id))
        .filter(C::StartsAt.gt(now))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// How many appointments are booked for days to come.
pub(super) async fn booked_after(tx: &mut Tx<'_>, id: ReceptionId, now: DateTime<Utc>) -> Result<bool> {
    let coming = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::ReceptionId.eq(id))
        .filter(session::Column::StartsAt.gt(now))
        .into_query();
    let booked = appointment::Entity::find()
        .filter(appointment::Column::SessionId.in_subquery(coming))
        .filter(appointment::Column::Seat.is_not_null())
        .limit(1);
    Ok(booked.one(tx.conn().await?).await?.is_some())
}

/// Locks the days to come, so that nobody books them while they are looked at.
pub(super) async fn lock_coming(tx: &mut Tx<'_>, id: ReceptionId) -> Result<()> {
    let now = tx.now;
    let query = session::Entity::find()
        .filter(session::Column::ReceptionId.eq(id))
        .filter(session::Column::StartsAt.gt(now))
        .order_by_asc(session::Column::Id);
    let query = if tx.cx().backend() == DbBackend::Postgres { query.lock_exclusive() } else { query };
    query.all(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn cancel_coming(tx: &mut Tx<'_>, id: ReceptionId, reason: &str) -> Result<()> {
    use session::Column as C;
    let now = tx.now;
    session::Entity::update_many()
        .col_expr(C::State, Expr::val(ReceptionSessionState::Cancelled))
        .col_expr(C::Reason, Expr::val(reason))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .filter(C::ReceptionId.eq(id))
        .filter(C::StartsAt.gt(now))
        .filter(C::State.eq(ReceptionSessionState::Planned))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

pub(super) async fn list(cx: &Cx, query: &ListReceptions, pager: &Pager) -> Result<Vec<reception::Model>> {
    use reception::Column as C;
    let select = reception::Entity::find().apply_if((!query.include_closed).then_some(()), |q, ()| q.filter(C::ClosedAt.is_null()));
    // Nobody's reach lies in a grid here: what is announced is announced to all.
    newest(cx, select, None, query.region_code, Lies { region: C::RegionCode, grid: C::Id, id: C::Id }, pager).await
}

pub(super) async fn list_sessions(cx: &Cx, query: &ListReceptionSessions, from: NaiveDate, pager: &Pager) -> Result<Vec<session::Model>> {
    use session::Column as C;
    let mut select = session::Entity::find()
        .filter(C::Day.gte(from))
        .apply_if(query.until, |q, until| q.filter(C::Day.lte(until)))
        .apply_if(query.reception_id, |q, id| q.filter(C::ReceptionId.eq(id)))
        .apply_if(query.region_code.map(|r| r.range()), |q, (first, last)| q.filter(C::RegionCode.between(first, last)));
    // The index is by time, which the day follows.
    select = select.filter(C::StartsAt.gte(super::rule::in_china(from, 0)?));
    if let Some((at, id)) = pager.after::<(DateTime<Utc>, ReceptionSessionId)>()? {
        select = select.filter(Expr::tuple([Expr::col(C::StartsAt), Expr::col(C::Id)]).gt(Expr::tuple([Expr::val(at), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::StartsAt).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// How many places of each slot of these days are taken.
pub(super) async fn taken(cx: &Cx, ids: &[ReceptionSessionId]) -> Result<HashMap<ReceptionSessionId, HashMap<i16, i16>>> {
    use appointment::Column as C;
    let rows: Vec<(ReceptionSessionId, i16, i64)> = appointment::Entity::find()
        .select_only()
        .column(C::SessionId)
        .column(C::Slot)
        .column_as(Expr::cust("count(*)"), "taken")
        .filter(C::SessionId.is_in(ids.iter().copied()))
        .filter(C::Seat.is_not_null())
        .group_by(C::SessionId)
        .group_by(C::Slot)
        .into_tuple()
        .all(cx.reader())
        .await?;
    let mut taken: HashMap<ReceptionSessionId, HashMap<i16, i16>> = HashMap::new();
    for (session, slot, count) in rows {
        taken.entry(session).or_default().insert(slot, i16::try_from(count).unwrap_or(i16::MAX));
    }
    Ok(taken)
}

/// Appointments within reach, or those of one account.
pub(super) async fn list_appointments(
    cx: &Cx,
    query: &ListAppointments,
    reach: Option<&Reach>,
    own: Option<AccountId>,
    pager: &Pager,
) -> Result<Vec<appointment::Model>> {
    use appointment::Column as C;
    let select = appointment::Entity::find()
        .apply_if(query.session_id, |q, id| q.filter(C::SessionId.eq(id)))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(own, |q, account| q.filter(C::RequesterId.eq(account)));
    newest(cx, select, reach, query.region_code, Lies { region: C::RegionCode, grid: C::Id, id: C::Id }, pager).await
}

/// The newest appointments of somebody.
pub(super) async fn of_requester(cx: &Cx, account: AccountId, limit: u64) -> Result<Vec<appointment::Model>> {
    let select = appointment::Entity::find().filter(appointment::Column::RequesterId.eq(account));
    Ok(select.order_by_desc(appointment::Column::Id).limit(limit).all(cx.reader()).await?)
}

pub(super) async fn erase_contacts(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let of = appointment::Column::RequesterId.eq(account);
    let update = appointment::Entity::update_many().col_expr(appointment::Column::Contact, Expr::val(None::<String>)).filter(of);
    update.exec(tx.conn().await?).await?;
    Ok(())
}
