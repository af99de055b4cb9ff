//! Every query on hotlines and their work orders.

use super::{
    command::{ListHotlineCategories, ListHotlineMessages, ListHotlineOrders, ListHotlines},
    row::{HotlineState, MessageState, category, hotline, message, nonce, order, payload, reader, round},
};
use kernel::{
    Code, Cx, Error, Pager, RegionCode, Result, Time, Tx,
    access::Reach,
    event::Position,
    id::{HotlineId, HotlineMessageId, HotlineOrderId, OrderId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, LockBehavior, LockType, OnConflict, Order, Query, UpdateStatement},
};
use uuid::Uuid;

use category::Column as K;
use hotline::Column as H;
use message::Column as M;
use order::Column as O;

/// What the index of due messages is about. A value that is bound would not be recognised.
fn pending() -> Expr {
    Expr::cust("state = 'pending'")
}

fn reached(reach: &Reach, region: impl Fn(RegionCode, RegionCode) -> Condition) -> Condition {
    reach.regions.iter().fold(Condition::any().add(Expr::val(1).eq(0)), |any, r| any.add(region(r.range().0, r.range().1)))
}

/// The statement that takes a row from `before` to `after`, if it is still at the version that was read.
macro_rules! next {
    ($entity:expr, $columns:ident, $before:expr, $after:expr) => {{
        let mut update: UpdateStatement = Query::update();
        update.table($entity);
        let (old, new) = ($before.clone().into_active_model(), $after.clone().into_active_model());
        for column in $columns::iter() {
            let (Some(was), Some(is)) = (old.get(column).into_value(), new.get(column).into_value()) else { continue };
            if was != is {
                update.value(column, is);
            }
        }
        update.and_where($columns::Id.eq($before.id)).and_where($columns::Version.eq($before.version));
        update
    }};
}

async fn advanced(tx: &mut Tx<'_>, update: UpdateStatement) -> Result<()> {
    let done = tx.conn().await?.execute(&update).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

pub(super) async fn find(cx: &Cx, id: HotlineId) -> Result<Option<hotline::Model>> {
    Ok(hotline::Entity::find_by_id(id).filter(H::State.ne(HotlineState::Removed)).one(cx.reader()).await?)
}

/// The hotline of a work order, also one that was removed.
pub(super) async fn find_any(cx: &Cx, id: HotlineId) -> Result<Option<hotline::Model>> {
    Ok(hotline::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn named(cx: &Cx, system: &str) -> Result<Option<hotline::Model>> {
    Ok(hotline::Entity::find().filter(H::System.eq(system)).filter(H::State.ne(HotlineState::Removed)).one(cx.reader()).await?)
}

/// All that are not removed; there are few.
pub(super) async fn all(cx: &Cx) -> Result<Vec<hotline::Model>> {
    Ok(hotline::Entity::find().filter(H::State.ne(HotlineState::Removed)).order_by_asc(H::Id).all(cx.reader()).await?)
}

pub(super) async fn list(cx: &Cx, reach: &Reach, query: &ListHotlines, pager: &Pager) -> Result<Vec<hotline::Model>> {
    Ok(hotline::Entity::find()
        .filter(H::State.ne(HotlineState::Removed))
        .filter(reached(reach, |first, last| Condition::all().add(H::RegionCode.between(first, last))))
        .apply_if(query.region_code, |q, region| q.filter(H::RegionCode.between(region.range().0, region.range().1)))
        .apply_if(query.state, |q, state| q.filter(H::State.eq(state)))
        .apply_if(pager.after::<HotlineId>()?, |q, id| q.filter(H::Id.lt(id)))
        .order_by_desc(H::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

pub(super) async fn insert(tx: &mut Tx<'_>, row: hotline::Model) -> Result<()> {
    hotline::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn advance(tx: &mut Tx<'_>, before: &hotline::Model, after: &hotline::Model) -> Result<()> {
    let update = next!(hotline::Entity, H, before, after);
    advanced(tx, update).await
}

/// Something got through to a hotline, or nothing does.
pub(super) async fn set_failing(tx: &mut Tx<'_>, id: HotlineId, failing: bool) -> Result<()> {
    let since: Option<Time> = failing.then_some(tx.now);
    let changed = if failing { H::FailingSince.is_null() } else { H::FailingSince.is_not_null() };
    hotline::Entity::update_many()
        .col_expr(H::FailingSince, Expr::val(since))
        .filter(H::Id.eq(id))
        .filter(changed)
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// The newest mapping of each place on the way up from a region, the most specific first.
pub(super) async fn mappings(cx: &Cx, id: HotlineId, region: RegionCode) -> Result<Vec<category::Model>> {
    let up = std::iter::successors(Some(region), |r| r.parent());
    let mut rows = category::Entity::find()
        .filter(K::HotlineId.eq(id))
        .filter(K::RegionCode.is_in(up))
        .order_by_desc(K::RegionCode)
        .order_by_desc(K::Version)
        .all(cx.reader())
        .await?;
    rows.dedup_by_key(|row| row.region_code);
    Ok(rows)
}

pub(super) async fn last_mapping(tx: &mut Tx<'_>, id: HotlineId, region: RegionCode) -> Result<i32> {
    let last = category::Entity::find().filter(K::HotlineId.eq(id)).filter(K::RegionCode.eq(region)).order_by_desc(K::Version);
    Ok(last.limit(1).one(tx.conn().await?).await?.map_or(0, |row| row.version))
}

pub(super) async fn insert_mapping(tx: &mut Tx<'_>, row: category::Model) -> Result<()> {
    category::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn list_mappings(cx: &Cx, id: HotlineId, query: &ListHotlineCategories, pager: &Pager) -> Result<Vec<category::Model>> {
    let mut select =
        category::Entity::find().filter(K::HotlineId.eq(id)).apply_if(query.region_code, |q, region| q.filter(K::RegionCode.eq(region)));
    if let Some((region, version)) = pager.after::<(RegionCode, i32)>()? {
        let key = Expr::tuple([Expr::col(K::RegionCode), Expr::col(K::Version)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(version)])));
    }
    Ok(select.order_by_desc(K::RegionCode).order_by_desc(K::Version).limit(pager.fetch()).all(cx.reader()).await?)
}

pub(super) async fn find_order(cx: &Cx, id: HotlineOrderId) -> Result<Option<order::Model>> {
    Ok(order::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn order_numbered(cx: &Cx, hotline: HotlineId, number: &str) -> Result<Option<order::Model>> {
    Ok(order::Entity::find().filter(O::HotlineId.eq(hotline)).filter(O::ExternalNumber.eq(number)).one(cx.reader()).await?)
}

/// The orders that were placed for work orders, of those with these ids; and which work order each was placed for.
pub(super) async fn rounds_of(cx: &Cx, ids: &[Uuid]) -> Result<Vec<round::Model>> {
    Ok(round::Entity::find().filter(round::Column::OrderId.is_in(ids.iter().copied().map(OrderId))).all(cx.reader()).await?)
}

pub(super) async fn orders_with(cx: &Cx, ids: &[HotlineOrderId]) -> Result<Vec<order::Model>> {
    Ok(order::Entity::find().filter(O::Id.is_in(ids.iter().copied())).all(cx.reader()).await?)
}

/// A work order is worked on by its order from now on.
pub(super) async fn insert_round(tx: &mut Tx<'_>, row: &order::Model) -> Result<()> {
    let row = round::Model { hotline_order_id: row.id, order_id: row.order_id, round: row.round };
    let once = OnConflict::columns([round::Column::HotlineOrderId, round::Column::OrderId]).do_nothing().to_owned();
    let insert = round::Entity::insert(row.into_active_model()).on_conflict(once).into_query();
    tx.conn().await?.execute(&insert).await?;
    Ok(())
}

pub(super) async fn list_orders(cx: &Cx, reach: &Reach, query: &ListHotlineOrders, pager: &Pager) -> Result<Vec<order::Model>> {
    let over = || Condition::any().add(O::FinishedAt.is_not_null()).add(O::ReturnedAt.is_not_null());
    Ok(order::Entity::find()
        .filter(reached(reach, |first, last| Condition::all().add(O::RegionCode.between(first, last))))
        .apply_if(query.region_code, |q, region| q.filter(O::RegionCode.between(region.range().0, region.range().1)))
        .apply_if(query.hotline_id, |q, id| q.filter(O::HotlineId.eq(id)))
        .apply_if(query.external_number.as_deref(), |q, number| q.filter(O::ExternalNumber.eq(number)))
        .apply_if(query.open, |q, open| q.filter(if open { over().not() } else { over() }))
        .apply_if(pager.after::<HotlineOrderId>()?, |q, id| q.filter(O::Id.lt(id)))
        .order_by_desc(O::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

pub(super) async fn insert_order(tx: &mut Tx<'_>, row: order::Model) -> Result<()> {
    order::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn advance_order(tx: &mut Tx<'_>, before: &order::Model, after: &order::Model) -> Result<()> {
    let update = next!(order::Entity, O, before, after);
    advanced(tx, update).await
}

/// What the event log tells of a work order, and of no version.
pub(super) async fn write_facts(tx: &mut Tx<'_>, row: &order::Model) -> Result<()> {
    order::Entity::update_many()
        .col_expr(O::OrderId, Expr::val(row.order_id))
        .col_expr(O::SignedAt, Expr::val(row.signed_at))
        .col_expr(O::RespondedAt, Expr::val(row.responded_at))
        .col_expr(O::RespondedInTime, Expr::val(row.responded_in_time))
        .col_expr(O::FinishedAt, Expr::val(row.finished_at))
        .col_expr(O::ReturnedAt, Expr::val(row.returned_at))
        .col_expr(O::UnitId, Expr::val(row.unit_id))
        .filter(O::Id.eq(row.id))
        // One that has meanwhile gone on with another order has done with these facts.
        .filter(O::Round.eq(row.round))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

pub(super) async fn insert_payload(tx: &mut Tx<'_>, row: payload::Model) -> Result<()> {
    payload::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn payloads(cx: &Cx, rows: &[order::Model]) -> Result<Vec<payload::Model>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let these = rows.iter().fold(Condition::any(), |any, row| {
        let this = Condition::all().add(payload::Column::HotlineOrderId.eq(row.id));
        any.add(this.add(payload::Column::ExternalVersion.eq(row.external_version)))
    });
    Ok(payload::Entity::find().filter(these).all(cx.reader()).await?)
}

/// Takes the id of a signature; refused when it has been taken.
pub(super) async fn take_nonce(tx: &mut Tx<'_>, hotline_id: HotlineId, nonce: &str) -> Result<()> {
    let row = nonce::Model { hotline_id, nonce: nonce.to_owned(), seen_at: tx.now };
    let done = nonce::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await;
    done.map(drop).map_err(|e| {
        let error = Error::from(e);
        if error.breaks("hotline_nonces") { Error::new(Code::HotlineSignatureReplayed).because(error) } else { error }
    })
}

pub(super) async fn purge_nonces(cx: &Cx, before: Time) -> Result<u64> {
    let mut tx = cx.begin();
    let done = nonce::Entity::delete_many().filter(nonce::Column::SeenAt.lt(before)).exec(tx.conn().await?).await?;
    tx.commit(()).await?;
    Ok(done.rows_affected)
}

pub(super) async fn reader(cx: &Cx) -> Result<reader::Model> {
    let row = reader::Entity::find_by_id(1_i16).one(cx.reader()).await?;
    row.ok_or_else(|| Error::internal("hotline_reader has its row"))
}

/// Goes on from one place of the log to the next; not if somebody else has.
pub(super) async fn read_on(tx: &mut Tx<'_>, from: &reader::Model, to: Position) -> Result<bool> {
    let done = reader::Entity::update_many()
        .col_expr(reader::Column::Xid, Expr::val(to.transaction()))
        .col_expr(reader::Column::Seq, Expr::val(to.number()))
        .filter(reader::Column::Id.eq(1))
        .filter(reader::Column::Xid.eq(from.xid))
        .filter(reader::Column::Seq.eq(from.seq))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The first hotline is entered: while there was none, the log was not read, and nothing in it was for one.
pub(super) async fn begin_reading(tx: &mut Tx<'_>, head: Position) -> Result<()> {
    let conn = tx.conn().await?;
    if hotline::Entity::find().filter(H::State.ne(HotlineState::Removed)).limit(1).one(conn).await?.is_none() {
        reader::Entity::update_many()
            .col_expr(reader::Column::Xid, Expr::val(head.transaction()))
            .col_expr(reader::Column::Seq, Expr::val(head.number()))
            .filter(reader::Column::Id.eq(1))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Writes new messages; one that is there already stays as it is.
pub(super) async fn insert_messages(tx: &mut Tx<'_>, rows: Vec<message::Model>) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let once = OnConflict::columns([M::HotlineOrderId, M::EventId, M::Kind]).do_nothing().to_owned();
    let insert = message::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model)).on_conflict(once).into_query();
    Ok(tx.conn().await?.execute(&insert).await?.rows_affected())
}

pub(super) async fn find_message(cx: &Cx, id: HotlineMessageId) -> Result<Option<message::Model>> {
    Ok(message::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn list_messages(cx: &Cx, id: HotlineId, query: &ListHotlineMessages, pager: &Pager) -> Result<Vec<message::Model>> {
    Ok(message::Entity::find()
        .filter(M::HotlineId.eq(id))
        .apply_if(query.state, |q, state| q.filter(M::State.eq(state)))
        .apply_if(query.hotline_order_id, |q, id| q.filter(M::HotlineOrderId.eq(id)))
        .apply_if(pager.after::<HotlineMessageId>()?, |q, id| q.filter(M::Id.lt(id)))
        .order_by_desc(M::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

/// Lets messages be tried anew, unless they are just being tried; tells how many.
pub(super) async fn try_again(tx: &mut Tx<'_>, which: Condition) -> Result<u64> {
    let (now, none): (Time, Option<Time>) = (tx.now, None);
    let done = message::Entity::update_many()
        .col_expr(M::State, Expr::val(MessageState::Pending))
        .col_expr(M::Step, Expr::val(0_i16))
        .col_expr(M::DueAt, Expr::val(now))
        .col_expr(M::DoneAt, Expr::val(none))
        .filter(which)
        .filter(M::Claim.is_null())
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected)
}

/// The hotlines that are told and that something is due for.
pub(super) async fn with_due(cx: &Cx) -> Result<Vec<hotline::Model>> {
    let due = Query::select()
        .expr(Expr::val(1))
        .from(message::Entity)
        .and_where(Expr::col((message::Entity, M::HotlineId)).equals((hotline::Entity, H::Id)))
        .and_where(Expr::cust("hotline_messages.state = 'pending'"))
        .and_where(M::DueAt.lte(cx.now()))
        .to_owned();
    Ok(hotline::Entity::find()
        .filter(H::State.eq(HotlineState::Active))
        .filter(Expr::exists(due))
        .order_by_asc(H::Id)
        .all(cx.reader())
        .await?)
}

/// Takes what is due for a hotline, and keeps others away from it until `until`. Of each work order only what is the oldest that
/// waits: a hotline is told in order. What others are just taking is passed by.
pub(super) async fn claim(tx: &mut Tx<'_>, token: Uuid, id: HotlineId, count: u64, until: Time) -> Result<Vec<message::Model>> {
    let earlier = Query::select()
        .expr(Expr::val(1))
        .from_as(message::Entity, Alias::new("earlier"))
        .and_where(Expr::cust("earlier.hotline_order_id = hotline_messages.hotline_order_id"))
        .and_where(Expr::cust("earlier.state = 'pending'"))
        .and_where(Expr::cust("(earlier.event_id, earlier.id) < (hotline_messages.event_id, hotline_messages.id)"))
        .to_owned();
    let due = Query::select()
        .columns(M::iter().map(|column| (message::Entity, column)))
        .from(message::Entity)
        .and_where(M::HotlineId.eq(id))
        .and_where(Expr::cust("hotline_messages.state = 'pending'"))
        .and_where(M::DueAt.lte(tx.now))
        .and_where(Expr::exists(earlier).not())
        .order_by((message::Entity, M::DueAt), Order::Asc)
        .limit(count)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    let backend = tx.cx().backend();
    use sea_orm::FromQueryResult;
    let claimed = message::Model::find_by_statement(backend.build(&due)).all(tx.conn().await?).await?;
    if !claimed.is_empty() {
        message::Entity::update_many()
            .col_expr(M::Claim, Expr::val(token))
            .col_expr(M::DueAt, Expr::val(until))
            .filter(M::Id.is_in(claimed.iter().map(|row| row.id)))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(claimed)
}

/// What has become of a message that was tried; one that somebody else has taken over stays his.
pub(super) async fn settle(tx: &mut Tx<'_>, token: Uuid, row: &message::Model) -> Result<bool> {
    let none: Option<Uuid> = None;
    let done = message::Entity::update_many()
        .col_expr(M::State, Expr::val(row.state))
        .col_expr(M::Step, Expr::col(M::Step).add(1))
        .col_expr(M::Attempts, Expr::col(M::Attempts).add(1))
        .col_expr(M::DueAt, Expr::val(row.due_at))
        .col_expr(M::Claim, Expr::val(none))
        .col_expr(M::Outcome, Expr::val(row.outcome))
        .col_expr(M::Status, Expr::val(row.status))
        .col_expr(M::Answer, Expr::val(row.answer.clone()))
        .col_expr(M::TriedAt, Expr::val(row.tried_at))
        .col_expr(M::DoneAt, Expr::val(row.done_at))
        .filter(M::Id.eq(row.id))
        .filter(M::Claim.eq(token))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The work orders of a hotline that it is told of, the newest first; only those of which it has not acknowledged all, unless told.
pub(super) async fn reconciled(cx: &Cx, id: HotlineId, all: bool, pager: &Pager) -> Result<Vec<order::Model>> {
    let mut open = Query::select().column(M::HotlineOrderId).from(message::Entity).and_where(M::HotlineId.eq(id)).to_owned();
    if !all {
        open.and_where(Expr::cust("state <> 'acknowledged'"));
    }
    Ok(order::Entity::find()
        .filter(O::HotlineId.eq(id))
        .filter(O::Id.in_subquery(open))
        .apply_if(pager.after::<HotlineOrderId>()?, |q, id| q.filter(O::Id.lt(id)))
        .order_by_desc(O::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

/// All messages about these work orders, in the order in which they are told.
pub(super) async fn messages_about(cx: &Cx, ids: &[HotlineOrderId]) -> Result<Vec<message::Model>> {
    Ok(message::Entity::find()
        .filter(M::HotlineOrderId.is_in(ids.iter().copied()))
        .order_by_asc(M::EventId)
        .order_by_asc(M::Id)
        .all(cx.reader())
        .await?)
}

/// What was given up for a hotline.
pub(super) fn failed_of(id: HotlineId) -> Condition {
    Condition::all().add(M::HotlineId.eq(id)).add(Expr::cust("state = 'failed'"))
}

/// This message.
pub(super) fn just(id: HotlineMessageId) -> Condition {
    Condition::all().add(M::Id.eq(id))
}

/// What waits for a hotline that will not be told any more is given up.
pub(super) async fn give_up(tx: &mut Tx<'_>, id: HotlineId) -> Result<()> {
    let now = tx.now;
    message::Entity::update_many()
        .col_expr(M::State, Expr::val(MessageState::Failed))
        .col_expr(M::DoneAt, Expr::val(now))
        .filter(M::HotlineId.eq(id))
        .filter(pending())
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}
