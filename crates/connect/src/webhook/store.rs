//! Every query on webhooks.

use super::{
    DeliveryState, EndpointState,
    command::{ListWebhookDeliveries, ListWebhookEndpoints},
    row::{attempt, delivery, endpoint, reader, replay},
};
use kernel::{
    Code, Cx, Error, Pager, Result, Time, Tx,
    access::Reach,
    event::Position,
    id::{WebhookDeliveryId, WebhookEndpointId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, Iterable,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Alias, CaseStatement, Expr, LikeExpr, LockBehavior, LockType, OnConflict, Order, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use delivery::Column as D;
use endpoint::Column as E;

/// Rows that one statement writes: a database takes so many values at most.
const BATCH: usize = 500;
/// Endpoints that one claim asks for.
const PROBES: usize = 100;

/// What the index of due deliveries is about. A value that is bound would not be recognised.
fn pending() -> Expr {
    Expr::cust("state = 'pending'")
}

pub(super) async fn find(cx: &Cx, id: WebhookEndpointId) -> Result<Option<endpoint::Model>> {
    Ok(endpoint::Entity::find_by_id(id).filter(E::State.ne(EndpointState::Removed)).one(cx.reader()).await?)
}

/// The newest first. There are few endpoints, so reach is no matter of an index.
pub(super) async fn list(cx: &Cx, reach: &Reach, query: &ListWebhookEndpoints, pager: &Pager) -> Result<Vec<endpoint::Model>> {
    let within = reach.regions.iter().fold(Condition::any().add(Expr::val(1).eq(0)), |any, region| {
        let (first, last) = region.range();
        any.add(E::RegionCode.between(first, last))
    });
    Ok(endpoint::Entity::find()
        .filter(E::State.ne(EndpointState::Removed))
        .filter(within)
        .apply_if(query.region_code, |q, region| q.filter(E::RegionCode.between(region.range().0, region.range().1)))
        .apply_if(query.state, |q, state| q.filter(E::State.eq(state)))
        .apply_if(pager.after::<WebhookEndpointId>()?, |q, id| q.filter(E::Id.lt(id)))
        .order_by_desc(E::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

/// All that are told of events now.
pub(super) async fn active(cx: &Cx) -> Result<Vec<endpoint::Model>> {
    Ok(endpoint::Entity::find().filter(E::State.eq(EndpointState::Active)).order_by_asc(E::Id).all(cx.reader()).await?)
}

/// Those of them that something is due for, and that have not asked for a rest.
pub(super) async fn with_due(cx: &Cx) -> Result<Vec<endpoint::Model>> {
    let due = Query::select()
        .expr(Expr::val(1))
        .from(delivery::Entity)
        .and_where(Expr::col((delivery::Entity, D::EndpointId)).equals((endpoint::Entity, E::Id)))
        .and_where(Expr::cust("webhook_deliveries.state = 'pending'"))
        .and_where(D::DueAt.lte(cx.now()))
        .to_owned();
    Ok(endpoint::Entity::find()
        .filter(E::State.eq(EndpointState::Active))
        .filter(Condition::any().add(E::HoldUntil.is_null()).add(E::HoldUntil.lte(cx.now())))
        .filter(Expr::exists(due))
        .order_by_asc(E::Id)
        .all(cx.reader())
        .await?)
}

pub(super) async fn insert(tx: &mut Tx<'_>, row: endpoint::Model) -> Result<()> {
    endpoint::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// Takes an endpoint from `before` to `after`, if it is still at the version that was read.
pub(super) async fn advance(tx: &mut Tx<'_>, before: &endpoint::Model, after: &endpoint::Model) -> Result<()> {
    let mut update = Query::update();
    update.table(endpoint::Entity);
    let (old, new) = (before.clone().into_active_model(), after.clone().into_active_model());
    for column in E::iter() {
        let (Some(was), Some(is)) = (old.get(column).into_value(), new.get(column).into_value()) else { continue };
        if was != is {
            update.value(column, is);
        }
    }
    update.and_where(E::Id.eq(before.id)).and_where(E::Version.eq(before.version));
    let done = tx.conn().await?.execute(&update).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

pub(super) async fn find_in(tx: &mut Tx<'_>, id: WebhookEndpointId) -> Result<Option<endpoint::Model>> {
    Ok(endpoint::Entity::find_by_id(id).one(tx.conn().await?).await?)
}

/// Something got through to these endpoints.
pub(super) async fn set_sound(tx: &mut Tx<'_>, ids: Vec<WebhookEndpointId>) -> Result<()> {
    let none: Option<Time> = None;
    endpoint::Entity::update_many()
        .col_expr(E::FailingSince, Expr::val(none))
        .filter(E::Id.is_in(ids))
        .filter(E::FailingSince.is_not_null())
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// Nothing got through to these endpoints.
pub(super) async fn set_failing(tx: &mut Tx<'_>, ids: Vec<WebhookEndpointId>) -> Result<()> {
    let now = tx.now;
    endpoint::Entity::update_many()
        .col_expr(E::FailingSince, Expr::val(now))
        .filter(E::Id.is_in(ids))
        .filter(E::FailingSince.is_null())
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// This endpoint is left alone until then.
pub(super) async fn hold(tx: &mut Tx<'_>, id: WebhookEndpointId, until: Time) -> Result<()> {
    endpoint::Entity::update_many().col_expr(E::HoldUntil, Expr::val(until)).filter(E::Id.eq(id)).exec(tx.conn().await?).await?;
    Ok(())
}

pub(super) async fn reader(cx: &Cx) -> Result<reader::Model> {
    let row = reader::Entity::find_by_id(1_i16).one(cx.reader()).await?;
    row.ok_or_else(|| Error::internal("webhook_reader has its row"))
}

/// Goes on from one place of the log to the next; not if somebody else has, or if who listens has changed meanwhile.
pub(super) async fn read_on(tx: &mut Tx<'_>, from: &reader::Model, to: Position) -> Result<bool> {
    let done = reader::Entity::update_many()
        .col_expr(reader::Column::Xid, Expr::val(to.transaction()))
        .col_expr(reader::Column::Seq, Expr::val(to.number()))
        .filter(reader::Column::Id.eq(1))
        .filter(reader::Column::Xid.eq(from.xid))
        .filter(reader::Column::Seq.eq(from.seq))
        .filter(reader::Column::Generation.eq(from.generation))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Who listens is about to change: whoever reads the log for them begins anew.
pub(super) async fn listeners_change(tx: &mut Tx<'_>) -> Result<()> {
    let next = Expr::col(reader::Column::Generation).add(1);
    reader::Entity::update_many()
        .col_expr(reader::Column::Generation, next)
        .filter(reader::Column::Id.eq(1))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// The same where one begins to listen. While nobody did, the log was not read: then it goes on at its end.
pub(super) async fn listener_joins(tx: &mut Tx<'_>, head: Position) -> Result<()> {
    listeners_change(tx).await?;
    let conn = tx.conn().await?;
    if endpoint::Entity::find().filter(E::State.eq(EndpointState::Active)).one(conn).await?.is_none() {
        reader::Entity::update_many()
            .col_expr(reader::Column::Xid, Expr::val(head.transaction()))
            .col_expr(reader::Column::Seq, Expr::val(head.number()))
            .filter(reader::Column::Id.eq(1))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Writes new deliveries; one that is there already stays as it is.
pub(super) async fn deliver(tx: &mut Tx<'_>, rows: Vec<delivery::Model>) -> Result<u64> {
    write(tx, rows, OnConflict::columns([D::EndpointId, D::EventId]).do_nothing().to_owned()).await
}

/// The same once more for those that are there already, unless they are just being tried.
pub(super) async fn deliver_again(tx: &mut Tx<'_>, rows: Vec<delivery::Model>, undelivered_only: bool) -> Result<u64> {
    let old = |column: D| Expr::col((delivery::Entity, column));
    let mut free = Condition::all().add(old(D::Claim).is_null());
    if undelivered_only {
        free = free.add(old(D::State).ne(DeliveryState::Delivered));
    }
    let again = OnConflict::columns([D::EndpointId, D::EventId])
        .update_columns([D::State, D::Step, D::DueAt, D::DoneAt])
        .action_cond_where(free)
        .to_owned();
    write(tx, rows, again).await
}

async fn write(tx: &mut Tx<'_>, rows: Vec<delivery::Model>, conflict: OnConflict) -> Result<u64> {
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some = rows.by_ref().take(BATCH).map(IntoActiveModel::into_active_model);
        let insert = delivery::Entity::insert_many(some).on_conflict(conflict.clone()).into_query();
        written += tx.conn().await?.execute(&insert).await?.rows_affected();
    }
    Ok(written)
}

/// Lets a delivery be tried anew, unless it is just being tried.
pub(super) async fn try_again(tx: &mut Tx<'_>, id: WebhookDeliveryId) -> Result<()> {
    let (now, none): (Time, Option<Time>) = (tx.now, None);
    delivery::Entity::update_many()
        .col_expr(D::State, Expr::val(DeliveryState::Pending))
        .col_expr(D::Step, Expr::val(0_i16))
        .col_expr(D::DueAt, Expr::val(now))
        .col_expr(D::DoneAt, Expr::val(none))
        .filter(D::Id.eq(id))
        .filter(D::Claim.is_null())
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// Takes what is due, for each endpoint at most so much, and keeps others away from it until `until`. What others are just taking
/// is passed by.
pub(super) async fn claim(tx: &mut Tx<'_>, token: Uuid, wanted: &[(WebhookEndpointId, u64)], until: Time) -> Result<Vec<delivery::Model>> {
    let (now, backend) = (tx.now, tx.cx().backend());
    let mut claimed = Vec::new();
    for wanted in wanted.chunks(PROBES) {
        let mut probes = wanted.iter().map(|(endpoint, count)| {
            let due = Query::select()
                .columns(D::iter())
                .from(delivery::Entity)
                .and_where(D::EndpointId.eq(*endpoint))
                .and_where(pending())
                .and_where(D::DueAt.lte(now))
                .order_by(D::DueAt, Order::Asc)
                .limit(*count)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .to_owned();
            Query::select().columns(D::iter()).from_subquery(due, Alias::new("due")).to_owned()
        });
        let Some(first) = probes.next() else { continue };
        let all: SelectStatement = probes.fold(first, |mut all, probe| all.union(UnionType::All, probe).to_owned());
        claimed.extend(delivery::Model::find_by_statement(backend.build(&all)).all(tx.conn().await?).await?);
    }
    if !claimed.is_empty() {
        delivery::Entity::update_many()
            .col_expr(D::Claim, Expr::val(token))
            .col_expr(D::DueAt, Expr::val(until))
            .filter(D::Id.is_in(claimed.iter().map(|row| row.id)))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(claimed)
}

/// Gives back what was taken and not tried.
pub(super) async fn release(tx: &mut Tx<'_>, token: Uuid, ids: Vec<WebhookDeliveryId>) -> Result<()> {
    let (now, none): (Time, Option<Uuid>) = (tx.now, None);
    delivery::Entity::update_many()
        .col_expr(D::Claim, Expr::val(none))
        .col_expr(D::DueAt, Expr::val(now))
        .filter(D::Id.is_in(ids))
        .filter(D::Claim.eq(token))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// What has become of deliveries that were tried, in their new state; those that somebody else has taken over stay his.
pub(super) async fn settle(tx: &mut Tx<'_>, token: Uuid, rows: &[delivery::Model]) -> Result<()> {
    let mut left: Vec<&delivery::Model> = rows.iter().collect();
    while let Some(first) = left.first().copied() {
        let alike = |row: &&delivery::Model| (row.state, row.outcome, row.status) == (first.state, first.outcome, first.status);
        let (group, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(alike);
        left = rest;
        let none: Option<Uuid> = None;
        let due = match first.state {
            DeliveryState::Pending => group.iter().fold(CaseStatement::new(), |case, row| case.case(D::Id.eq(row.id), row.due_at)).into(),
            DeliveryState::Delivered | DeliveryState::Failed => Expr::col(D::DueAt),
        };
        delivery::Entity::update_many()
            .col_expr(D::State, Expr::val(first.state))
            .col_expr(D::Outcome, Expr::val(first.outcome))
            .col_expr(D::Status, Expr::val(first.status))
            .col_expr(D::DoneAt, Expr::val(first.done_at))
            .col_expr(D::Step, Expr::col(D::Step).add(1))
            .col_expr(D::Attempts, Expr::col(D::Attempts).add(1))
            .col_expr(D::Claim, Expr::val(none))
            .col_expr(D::DueAt, due)
            .filter(D::Id.is_in(group.iter().map(|row| row.id)))
            .filter(D::Claim.eq(token))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(())
}

pub(super) async fn log_attempts(tx: &mut Tx<'_>, rows: Vec<attempt::Model>) -> Result<()> {
    // Whoever took a delivery over may have logged the attempt of the same number.
    let once = OnConflict::columns([attempt::Column::DeliveryId, attempt::Column::Number]).do_nothing().to_owned();
    let insert = attempt::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model)).on_conflict(once).into_query();
    tx.conn().await?.execute(&insert).await?;
    Ok(())
}

pub(super) async fn find_delivery(cx: &Cx, id: WebhookDeliveryId) -> Result<Option<delivery::Model>> {
    Ok(delivery::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// The newest first, without those whose types begin in this way.
pub(super) async fn list_deliveries(
    cx: &Cx,
    endpoint: WebhookEndpointId,
    query: &ListWebhookDeliveries,
    without: &[&str],
    pager: &Pager,
) -> Result<Vec<delivery::Model>> {
    let mut select = delivery::Entity::find().filter(D::EndpointId.eq(endpoint));
    for beginning in without {
        select = select.filter(D::EventType.not_like(LikeExpr::new(format!("{beginning}%"))));
    }
    Ok(select
        .apply_if(query.state, |q, state| q.filter(D::State.eq(state)))
        .apply_if(pager.after::<WebhookDeliveryId>()?, |q, id| q.filter(D::Id.lt(id)))
        .order_by_desc(D::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

/// The newest first.
pub(super) async fn list_attempts(cx: &Cx, delivery: WebhookDeliveryId, pager: &Pager) -> Result<Vec<attempt::Model>> {
    Ok(attempt::Entity::find()
        .filter(attempt::Column::DeliveryId.eq(delivery))
        .apply_if(pager.after::<i32>()?, |q, number| q.filter(attempt::Column::Number.lt(number)))
        .order_by_desc(attempt::Column::Number)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?)
}

/// The lowest number of an event that has not got through to an endpoint: what waits, and what was given up since then.
pub(super) async fn first_kept(cx: &Cx, endpoint: WebhookEndpointId, given_up_since: Time) -> Result<Option<i64>> {
    let lowest = |select: sea_orm::Select<delivery::Entity>| select.select_only().expr(D::EventId.min()).into_tuple::<Option<i64>>();
    let of = || delivery::Entity::find().filter(D::EndpointId.eq(endpoint));
    let waiting = lowest(of().filter(pending())).one(cx.reader()).await?.flatten();
    let failed =
        of().filter(Expr::cust("state <> 'pending'")).filter(D::State.eq(DeliveryState::Failed)).filter(D::DoneAt.gte(given_up_since));
    let given_up = lowest(failed).one(cx.reader()).await?.flatten();
    Ok(waiting.into_iter().chain(given_up).min())
}

/// Whether so many are waiting for an endpoint that no more are fetched for it now.
pub(super) async fn is_crowded(cx: &Cx, endpoint: WebhookEndpointId, limit: u64) -> Result<bool> {
    let beyond = delivery::Entity::find()
        .select_only()
        .column(D::Id)
        .filter(D::EndpointId.eq(endpoint))
        .filter(pending())
        .filter(D::DueAt.lte(cx.now()));
    Ok(beyond.order_by_asc(D::DueAt).offset(limit).limit(1).into_tuple::<WebhookDeliveryId>().one(cx.reader()).await?.is_some())
}

pub(super) async fn insert_replay(tx: &mut Tx<'_>, row: replay::Model) -> Result<()> {
    replay::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// The oldest ranges of endpoints that are told of events now.
pub(super) async fn replays(cx: &Cx) -> Result<Vec<(replay::Model, endpoint::Model)>> {
    let mut found = Vec::new();
    for row in replay::Entity::find().order_by_asc(replay::Column::Id).limit(20).all(cx.reader()).await? {
        if let Some(endpoint) = find(cx, row.endpoint_id).await?.filter(|e| e.state == EndpointState::Active) {
            found.push((row, endpoint));
        }
    }
    Ok(found)
}

/// A range goes on to here, or is done; not if somebody else has been there.
pub(super) async fn replay_on(tx: &mut Tx<'_>, row: &replay::Model, to: i64) -> Result<bool> {
    use replay::Column as R;
    let done = if to >= row.until_event_id {
        let delete = replay::Entity::delete_many().filter(R::Id.eq(row.id)).filter(R::AfterEventId.eq(row.after_event_id));
        delete.exec(tx.conn().await?).await?.rows_affected
    } else {
        let update = replay::Entity::update_many().col_expr(R::AfterEventId, Expr::val(to)).filter(R::Id.eq(row.id));
        update.filter(R::AfterEventId.eq(row.after_event_id)).exec(tx.conn().await?).await?.rows_affected
    };
    Ok(done == 1)
}

/// Deletes what is done and older than this, and what remains of endpoints that were removed before; returns how much.
pub(super) async fn purge(cx: &Cx, done_before: Time, removed_before: Time) -> Result<u64> {
    const AT_ONCE: u64 = 1_000;
    let mut purged = 0;
    let removed = Query::select()
        .column(E::Id)
        .from(endpoint::Entity)
        .and_where(E::State.eq(EndpointState::Removed))
        .and_where(E::StoppedAt.lt(removed_before))
        .to_owned();
    let old = Condition::all().add(Expr::cust("state <> 'pending'")).add(D::DoneAt.lt(done_before));
    for which in [old, Condition::all().add(D::EndpointId.in_subquery(removed.clone()))] {
        loop {
            let ids: Vec<WebhookDeliveryId> = delivery::Entity::find()
                .select_only()
                .column(D::Id)
                .filter(which.clone())
                .limit(AT_ONCE)
                .into_tuple()
                .all(cx.reader())
                .await?;
            if ids.is_empty() {
                break;
            }
            let mut tx = cx.begin();
            purged += delivery::Entity::delete_many().filter(D::Id.is_in(ids)).exec(tx.conn().await?).await?.rows_affected;
            tx.commit(()).await?;
        }
    }
    let ids: Vec<WebhookEndpointId> = endpoint::Entity::find()
        .select_only()
        .column(E::Id)
        .filter(E::State.eq(EndpointState::Removed))
        .filter(E::StoppedAt.lt(removed_before))
        .into_tuple()
        .all(cx.reader())
        .await?;
    if !ids.is_empty() {
        let mut tx = cx.begin();
        purged += endpoint::Entity::delete_many().filter(E::Id.is_in(ids)).exec(tx.conn().await?).await?.rows_affected;
        tx.commit(()).await?;
    }
    Ok(purged)
}
