//! Every query on sessions.

use super::{
    BELIEF, Known,
    event::{Reason, SessionEvent},
    row,
};
use crate::{
    account::{self, AccountStatus},
    application, grant,
};
use chrono::{DateTime, Utc};
use kernel::{
    Actor, Core, Cx, Guard, RegionCode, Role, Subject, Time, Tx,
    error::{Code, Error, Result},
    id::{AccountId, GrantId, GridId, OrganizationId, SessionId},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, Iterable, QueryFilter, QueryTrait,
    sea_query::{Expr, Query},
};
use std::sync::Arc;

/// A living session with one of its account's grants that have not ended, or with none.
#[derive(FromQueryResult)]
pub(crate) struct Signed {
    pub(crate) account_id: AccountId,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) grant_id: Option<GrantId>,
    pub(crate) role: Option<Role>,
    pub(crate) region_code: Option<RegionCode>,
    pub(crate) grid_id: Option<GridId>,
    pub(crate) organization_id: Option<OrganizationId>,
    pub(crate) valid_from: Option<DateTime<Utc>>,
    pub(crate) valid_to: Option<DateTime<Utc>>,
}

/// Session, account and grants in one query; empty if the session is over or the account disabled.
pub(crate) async fn signed(core: &Core, id: SessionId, now: Time) -> Result<Vec<Signed>> {
    use account::row::{Column as A, Entity as Accounts};
    use grant::row::{Column as G, Entity as Grants};
    use row::{Column as S, Entity as Sessions};
    let open = Condition::any().add(G::ValidTo.is_null()).add(G::ValidTo.gt(now));
    let query = Query::select()
        .columns([(Sessions, S::AccountId), (Sessions, S::ExpiresAt)])
        .expr_as(Expr::col((Grants, G::Id)), "grant_id")
        .columns([G::Role, G::RegionCode, G::GridId, G::OrganizationId, G::ValidFrom, G::ValidTo].map(|c| (Grants, c)))
        .from(Sessions)
        .inner_join(Accounts, Expr::col((Accounts, A::Id)).equals((Sessions, S::AccountId)))
        .left_join(Grants, Condition::all().add(Expr::col((Grants, G::AccountId)).equals((Sessions, S::AccountId))).add(open))
        .and_where(S::Id.eq(id))
        .and_where(S::RevokedAt.is_null())
        .and_where(S::ExpiresAt.gt(now))
        .and_where(A::Status.eq(AccountStatus::Active))
        .to_owned();
    let reader = core.db.reader();
    Ok(Signed::find_by_statement(core.db.backend().build(&query)).all(reader).await?)
}

/// The account of this sign-in name with the grants that are in force, if it is in use and a person's.
pub(super) async fn named(core: &Core, name: &str, now: Time) -> Result<Option<Known>> {
    let row = account::find_row_by_name(core.db.reader(), name).await?;
    let Some(row) = row.filter(|r| r.status == AccountStatus::Active) else { return Ok(None) };
    let cx = Cx::system(core.clone());
    if application::of_account(&cx, row.id).await?.is_some() {
        return Ok(None);
    }
    let rows = grant::of_account(&cx, row.id).await?;
    let moments = rows.iter().flat_map(|g| g.valid_to.into_iter().chain(Some(g.valid_from)));
    let until = moments.filter(|at| *at > now).fold(now + BELIEF, std::cmp::min);
    let grants = rows.iter().filter(|g| g.in_force(now)).map(grant::row::Model::granted).collect::<Result<_>>()?;
    let actor = Arc::new(Actor { account: Some(row.id), session: None, grants, program: None });
    Ok(Some(Known { actor, account: row.id, from: now, until }))
}

/// A session that is not over, of an account that is not disabled.
pub(crate) async fn living(core: &Core, id: SessionId, now: Time) -> Result<Option<row::Model>> {
    use account::row::{Column as A, Entity as Accounts};
    use row::{Column as S, Entity as Sessions};
    let query = Query::select()
        .columns(S::iter().map(|c| (Sessions, c)))
        .from(Sessions)
        .inner_join(Accounts, Expr::col((Accounts, A::Id)).equals((Sessions, S::AccountId)))
        .and_where(S::Id.eq(id))
        .and_where(S::RevokedAt.is_null())
        .and_where(S::ExpiresAt.gt(now))
        .and_where(A::Status.eq(AccountStatus::Active))
        .to_owned();
    let reader = core.db.reader();
    Ok(row::Model::find_by_statement(core.db.backend().build(&query)).one(reader).await?)
}

pub(crate) async fn insert(tx: &mut Tx<'_>, row: row::Model) -> Result<()> {
    let subject = Subject { id: row.id.0, version: row.generation, region: RegionCode::COUNTRY };
    tx.emit(subject, &SessionEvent::Opened { account_id: row.account_id })?;
    let insert = row::Entity::insert(row.into_active_model()).into_query();
    tx.stage(Guard::Insert(insert), Error::internal("a session was not written"));
    Ok(())
}

/// Begins the next generation; whether this request is the one that did.
pub(crate) async fn rotate(cx: &Cx, session: &row::Model) -> Result<bool> {
    let mut tx = cx.begin();
    let update = row::Entity::update_many()
        .col_expr(row::Column::Generation, Expr::val(session.generation + 1))
        .col_expr(row::Column::RotatedAt, Expr::val(tx.now))
        .filter(row::Column::Id.eq(session.id))
        .filter(row::Column::Generation.eq(session.generation))
        .filter(row::Column::RevokedAt.is_null())
        .into_query();
    tx.stage(Guard::Update(update), Error::new(Code::VersionStale));
    match tx.commit(()).await {
        Ok(()) => Ok(true),
        Err(e) if e.code == Code::VersionStale => Ok(false),
        Err(e) => Err(e),
    }
}

/// Ends sessions of an account: this one, or all but one.
pub(crate) async fn revoke(tx: &mut Tx<'_>, account: AccountId, which: Which, reason: Reason) -> Result<()> {
    let now = tx.now;
    let chosen = Condition::all().add(row::Column::AccountId.eq(account)).add(row::Column::RevokedAt.is_null()).add(match which {
        Which::Only(id) => Condition::all().add(row::Column::Id.eq(id)),
        Which::AllBut(Some(id)) => Condition::all().add(row::Column::ExpiresAt.gt(now)).add(row::Column::Id.ne(id)),
        Which::AllBut(None) => Condition::all().add(row::Column::ExpiresAt.gt(now)),
    });
    let ending = row::Entity::find().filter(chosen.clone()).all(tx.conn().await?).await?;
    if ending.is_empty() {
        return Ok(());
    }
    row::Entity::update_many().col_expr(row::Column::RevokedAt, Expr::val(now)).filter(chosen).exec(tx.conn().await?).await?;
    for session in ending {
        let subject = Subject { id: session.id.0, version: session.generation.saturating_add(1), region: RegionCode::COUNTRY };
        tx.emit(subject, &SessionEvent::Revoked { account_id: account, reason })?;
    }
    Ok(())
}

/// Which sessions of an account.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    Only(SessionId),
    AllBut(Option<SessionId>),
}
