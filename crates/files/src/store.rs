//! Every query on files.

use crate::{
    Limits, Owner,
    row::{Column as C, Entity, Model, Quarantine, State},
};
use chrono::Duration;
use kernel::{
    Cx, Guard, Time, Tx,
    error::{Code, Error, Result},
    id::{AccountId, AttachmentId},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use uuid::Uuid;

/// Rows that are purged in one go.
const BATCH: u64 = 100;

pub(crate) async fn find(cx: &Cx, id: AttachmentId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(crate) async fn of(cx: &Cx, owner: Uuid) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(C::OwnerId.eq(owner)).order_by_asc(C::Id).all(cx.reader()).await?)
}

/// What somebody has uploaded within a day must leave room for one more.
pub(crate) async fn check_quota(cx: &Cx, account: AccountId, limits: Limits) -> Result<()> {
    let count: i64 = Entity::find()
        .select_only()
        .expr(C::Id.count())
        .filter(C::UploadedBy.eq(account))
        .filter(C::CreatedAt.gt(cx.now() - Duration::days(1)))
        .into_tuple()
        .one(cx.reader())
        .await?
        .unwrap_or_default();
    if count < i64::from(limits.per_day) { Ok(()) } else { Err(Error::new(Code::AttachmentQuotaReached).with("limit", limits.per_day)) }
}

pub(crate) async fn insert(tx: &mut Tx<'_>, row: Model) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// All of it is there.
pub(crate) fn finish(tx: &mut Tx<'_>, id: AttachmentId) {
    let update = Entity::update_many()
        .col_expr(C::State, Expr::val(State::Ready))
        .filter(C::Id.eq(id))
        .filter(C::State.eq(State::Uploading))
        .into_query();
    tx.stage(Guard::Update(update), Error::new(Code::AttachmentNotFound));
}

/// Gives an unused file of the caller's to what uses it; absent if there is none such.
pub(crate) async fn claim(tx: &mut Tx<'_>, id: AttachmentId, owner: Owner) -> Result<Option<Model>> {
    let (account, now) = (tx.cx().actor.account()?, tx.now);
    let done = Entity::update_many()
        .col_expr(C::OwnerKind, Expr::val(owner.kind))
        .col_expr(C::OwnerId, Expr::val(owner.id))
        .col_expr(C::Part, Expr::val(owner.part))
        .col_expr(C::UsedAt, Expr::val(now))
        .filter(C::Id.eq(id))
        .filter(C::UploadedBy.eq(account))
        .filter(C::State.eq(State::Ready))
        .filter(C::OwnerId.is_null())
        .exec(tx.conn().await?)
        .await?;
    if done.rows_affected != 1 {
        return Ok(None);
    }
    Ok(Entity::find_by_id(id).one(tx.conn().await?).await?)
}

pub(crate) async fn of_all(cx: &Cx, owners: &[Uuid]) -> Result<Vec<Model>> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(C::OwnerId.is_in(owners.iter().copied())).order_by_asc(C::Id).all(cx.reader()).await?)
}

/// Gives all files of one thing to another.
pub(crate) async fn pass_on(tx: &mut Tx<'_>, from: Uuid, to: Owner) -> Result<Vec<Model>> {
    let conn = tx.conn().await?;
    let theirs: Vec<AttachmentId> = Entity::find().select_only().column(C::Id).filter(C::OwnerId.eq(from)).into_tuple().all(conn).await?;
    if theirs.is_empty() {
        return Ok(Vec::new());
    }
    Entity::update_many()
        .col_expr(C::OwnerKind, Expr::val(to.kind))
        .col_expr(C::OwnerId, Expr::val(to.id))
        .col_expr(C::Part, Expr::val(to.part))
        .filter(C::OwnerId.eq(from))
        .exec(conn)
        .await?;
    Ok(Entity::find().filter(C::Id.is_in(theirs)).order_by_asc(C::Id).all(conn).await?)
}

/// Changes why a file in quarantine is there.
pub(crate) async fn quarantine(tx: &mut Tx<'_>, id: AttachmentId, to: Option<Quarantine>) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(C::Quarantine, Expr::val(to))
        .filter(C::Id.eq(id))
        .filter(C::Quarantine.is_not_null())
        .exec(tx.conn().await?)
        .await?;
    Ok(done.rows_affected == 1)
}

/// What was uploaded before then and never used, and what is half-deleted.
pub(crate) async fn unused(cx: &Cx, before: Time) -> Result<Vec<Model>> {
    let old = Condition::any().add(C::CreatedAt.lt(before)).add(C::State.eq(State::Deleting));
    Ok(Entity::find().filter(C::OwnerId.is_null()).filter(old).order_by_asc(C::CreatedAt).limit(BATCH).all(cx.reader()).await?)
}

/// From now on nobody can use it; whether it was unused until now.
pub(crate) async fn doom(cx: &Cx, id: AttachmentId) -> Result<bool> {
    let alone = cx.clone().with_key(None);
    let mut tx = alone.begin();
    let update = Entity::update_many()
        .col_expr(C::State, Expr::val(State::Deleting))
        .filter(C::Id.eq(id))
        .filter(C::OwnerId.is_null())
        .filter(C::State.ne(State::Deleting))
        .into_query();
    tx.stage(Guard::Update(update), Error::new(Code::AttachmentNotFound));
    match tx.commit(()).await {
        Ok(()) => Ok(true),
        Err(e) if e.code == Code::AttachmentNotFound => Ok(false),
        Err(e) => Err(e),
    }
}

pub(crate) async fn delete(tx: &mut Tx<'_>, id: AttachmentId) -> Result<bool> {
    let done = Entity::delete_by_id(id).filter(C::State.eq(State::Deleting)).exec(tx.conn().await?).await?;
    Ok(done.rows_affected == 1)
}

/// The next files behind this one.
pub(crate) async fn walk(cx: &Cx, after: Option<AttachmentId>) -> Result<Vec<Model>> {
    let select = Entity::find().filter(C::State.eq(State::Ready)).apply_if(after, |q, after| q.filter(C::Id.gt(after)));
    Ok(select.order_by_asc(C::Id).limit(BATCH).all(cx.reader()).await?)
}
