//! Messages that are to be sent and checks that are to be made: rows with a due time, taken by whoever has time.
//!
//! Who takes some moves their due time on and writes a token of its own; when it crashes, the time comes again. No transaction
//! is open while WeChat is asked.

use super::{
    CheckState, MessageState,
    row::{check, message},
};
use kernel::{
    Cx, Result, Time, Tx,
    id::{AccountId, WechatCheckId, WechatMessageId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};
use uuid::Uuid;

use check::Column as K;
use message::Column as M;

/// Rows that one statement writes.
const BATCH: usize = 500;

fn none() -> Expr {
    let none: Option<Uuid> = None;
    Expr::val(none)
}

/// What the index of due messages is about. A value that is bound would not be recognised.
fn pending() -> Expr {
    Expr::cust("state = 'pending'")
}

/// What the index of due checks is about.
fn open() -> Expr {
    Expr::cust("state IN ('pending', 'waiting')")
}

/// Writes new messages; one that is there already stays as it is.
pub(super) async fn add_messages(tx: &mut Tx<'_>, rows: Vec<message::Model>) -> Result<u64> {
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some = rows.by_ref().take(BATCH).map(IntoActiveModel::into_active_model);
        let once = OnConflict::columns([M::EventId, M::AccountId, M::TemplateId]).do_nothing().to_owned();
        let insert = message::Entity::insert_many(some).on_conflict(once).into_query();
        written += tx.conn().await?.execute(&insert).await?.rows_affected();
    }
    Ok(written)
}

/// Writes new checks; one that is there already stays as it is.
pub(super) async fn add_checks(tx: &mut Tx<'_>, rows: Vec<check::Model>) -> Result<u64> {
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some = rows.by_ref().take(BATCH).map(IntoActiveModel::into_active_model);
        let once = OnConflict::columns([K::SubjectId, K::Kind]).do_nothing().to_owned();
        let insert = check::Entity::insert_many(some).on_conflict(once).into_query();
        written += tx.conn().await?.execute(&insert).await?.rows_affected();
    }
    Ok(written)
}

/// Takes messages that are due; what others are just taking is passed by.
pub(super) async fn claim_messages(tx: &mut Tx<'_>, token: Uuid, until: Time, most: u64) -> Result<Vec<message::Model>> {
    let mut due = message::Entity::find().filter(pending()).filter(M::DueAt.lte(tx.now)).order_by_asc(M::DueAt).limit(most);
    if tx.cx().backend() == DbBackend::Postgres {
        due = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = due.all(tx.conn().await?).await?;
    if !rows.is_empty() {
        message::Entity::update_many()
            .col_expr(M::Claim, Expr::val(token))
            .col_expr(M::DueAt, Expr::val(until))
            .filter(M::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(rows)
}

/// Takes checks that are due.
pub(super) async fn claim_checks(tx: &mut Tx<'_>, token: Uuid, until: Time, most: u64) -> Result<Vec<check::Model>> {
    let mut due = check::Entity::find().filter(open()).filter(K::DueAt.lte(tx.now)).order_by_asc(K::DueAt).limit(most);
    if tx.cx().backend() == DbBackend::Postgres {
        due = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = due.all(tx.conn().await?).await?;
    if !rows.is_empty() {
        check::Entity::update_many()
            .col_expr(K::Claim, Expr::val(token))
            .col_expr(K::DueAt, Expr::val(until))
            .filter(K::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(rows)
}

/// What has become of a message that was tried; one that somebody else has taken over stays theirs.
pub(super) async fn settle_message(tx: &mut Tx<'_>, token: Uuid, row: &message::Model) -> Result<bool> {
    let done = message::Entity::update_many()
        .col_expr(M::State, Expr::val(row.state))
        .col_expr(M::Attempts, Expr::val(row.attempts))
        .col_expr(M::DueAt, Expr::val(row.due_at))
        .col_expr(M::Errcode, Expr::val(row.errcode))
        .col_expr(M::Reason, Expr::val(row.reason.clone()))
        .col_expr(M::DoneAt, Expr::val(row.done_at))
        .col_expr(M::Claim, none())
        .filter(M::Id.eq(row.id))
        .filter(M::Claim.eq(token))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The messages of a template that still wait for somebody who does not want to be told any more.
pub(super) async fn stop_messages(tx: &mut Tx<'_>, account: AccountId, template: &str) -> Result<()> {
    let now = tx.now;
    message::Entity::update_many()
        .col_expr(M::State, Expr::val(MessageState::Refused))
        .col_expr(M::DoneAt, Expr::val(now))
        .filter(pending())
        .filter(M::Claim.is_null())
        .filter(M::AccountId.eq(account))
        .filter(M::TemplateId.eq(template))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

pub(super) async fn find_message(cx: &Cx, id: WechatMessageId) -> Result<Option<message::Model>> {
    Ok(message::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Lets a message that failed be tried anew; whether it had failed.
pub(super) async fn try_again(tx: &mut Tx<'_>, id: WechatMessageId) -> Result<bool> {
    let (now, never): (Time, Option<Time>) = (tx.now, None);
    let done = message::Entity::update_many()
        .col_expr(M::State, Expr::val(MessageState::Pending))
        .col_expr(M::Attempts, Expr::val(0))
        .col_expr(M::DueAt, Expr::val(now))
        .col_expr(M::DoneAt, Expr::val(never))
        .filter(M::Id.eq(id))
        .filter(M::State.eq(MessageState::Failed))
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(super) async fn find_check(cx: &Cx, id: WechatCheckId) -> Result<Option<check::Model>> {
    Ok(check::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// The check that WeChat tells the outcome of.
pub(super) async fn check_of_trace(cx: &Cx, trace: &str) -> Result<Option<check::Model>> {
    Ok(check::Entity::find().filter(K::TraceId.eq(trace)).one(cx.reader()).await?)
}

/// Takes a check from one state to another, if it still is in the first. `claim` is the token of whoever has taken it.
pub(super) async fn settle_check(tx: &mut Tx<'_>, from: CheckState, claim: Option<Uuid>, row: &check::Model) -> Result<bool> {
    let mut update = check::Entity::update_many()
        .col_expr(K::State, Expr::val(row.state))
        .col_expr(K::Verdict, Expr::val(row.verdict))
        .col_expr(K::Label, Expr::val(row.label))
        .col_expr(K::TraceId, Expr::val(row.trace_id.clone()))
        .col_expr(K::Errcode, Expr::val(row.errcode))
        .col_expr(K::Reason, Expr::val(row.reason.clone()))
        .col_expr(K::Attempts, Expr::val(row.attempts))
        .col_expr(K::DueAt, Expr::val(row.due_at))
        .col_expr(K::DecidedBy, Expr::val(row.decided_by))
        .col_expr(K::DoneAt, Expr::val(row.done_at))
        .col_expr(K::Claim, none())
        .filter(K::Id.eq(row.id))
        .filter(K::State.eq(from));
    if let Some(claim) = claim {
        update = update.filter(K::Claim.eq(claim));
    }
    Ok(update.exec(tx.conn().await?).await?.rows_affected == 1)
}

/// Deletes messages that were done before; returns how many.
pub(super) async fn purge(cx: &Cx, before: Time) -> Result<u64> {
    let mut tx = cx.begin();
    let old = message::Entity::delete_many().filter(Expr::cust("state <> 'pending'")).filter(M::DoneAt.lt(before));
    let deleted = old.exec(tx.conn().await?).await?.rows_affected;
    tx.commit(deleted).await
}
