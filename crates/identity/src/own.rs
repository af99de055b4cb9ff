//! What is held about whoever has an account, as they are told it, and what becomes of it when the account is deleted.

use crate::{
    Account, DataRequest, Grant,
    account::{self, AccountStatus},
    data_request, grant, session,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, RegionCode, Result, Subject, Tx,
    error::{Code, Error},
    id::{AccountId, SessionId},
    retention::Purge,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A time that somebody signed in (会话).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnSession {
    /// Its id.
    pub id: SessionId,
    /// When it began (登录时间).
    pub created_at: DateTime<Utc>,
    /// When it was last prolonged (最近续期时间).
    pub rotated_at: DateTime<Utc>,
    /// When it ends (到期时间).
    pub expires_at: DateTime<Utc>,
    /// When it ended before its time (终止时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What this crate holds about an account (账号信息).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnAccount {
    /// The account in full (账号).
    pub account: Account,
    /// Its grants, past ones included (授权).
    pub grants: Vec<Grant>,
    /// The times that somebody signed in with it, newest first (会话).
    pub sessions: Vec<OwnSession>,
    /// What was asked about the data (个人信息请求).
    pub data_requests: Vec<DataRequest>,
}

/// What is held about the account of the caller, at most `limit` of each kind.
///
/// # Errors
/// `token_missing` for the system itself; `key_missing`; `database_unavailable`.
pub async fn own_account(cx: &Cx, limit: u64) -> Result<OwnAccount> {
    use session::row::{Column as S, Entity as Sessions};
    let id = cx.actor.account()?;
    let account = account::get_account(cx, id).await?;
    let grants = grant::of_account(cx, id).await?.into_iter().map(Grant::from).collect();
    let sessions = Sessions::find().filter(S::AccountId.eq(id)).order_by_desc(S::Id).limit(limit).all(cx.reader()).await?;
    let own = |row: session::row::Model| OwnSession {
        id: row.id,
        created_at: row.created_at,
        rotated_at: row.rotated_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    };
    let sessions = sessions.into_iter().map(own).collect();
    Ok(OwnAccount { account, grants, sessions, data_requests: data_request::own(cx, id, limit).await? })
}

/// What an account is called once it is deleted.
const NOBODY: &str = "已注销";

/// Erases what identifies the holder of an account: name, phone, sign-in name and password. Its grants and sessions end. The
/// account itself stays, so that what was done with it still has a doer.
///
/// # Errors
/// `account_not_found`; `version_stale`; `database_unavailable`.
pub async fn erase_account(tx: &mut Tx<'_>, id: AccountId) -> Result<()> {
    let (cx, now) = (tx.cx(), tx.now);
    let row = account::row::Entity::find_by_id(id).lock_exclusive().one(tx.conn().await?).await?;
    let mut row = row.ok_or_else(|| Error::new(Code::AccountNotFound))?;
    let grants = grant::of_account(cx, id).await?;
    let region = grants.first().map_or(RegionCode::COUNTRY, |g| g.place_code);
    let before = row.version;
    row.name = format!("erased.{id}");
    row.display_name = cx.vault().seal(&account::owner(id), NOBODY)?;
    (row.phone, row.phone_index, row.password_hash) = (None, None, None);
    (row.status, row.version, row.updated_at) = (AccountStatus::Disabled, before + 1, now);
    let named = account::row::Column::Name;
    let conn = tx.conn().await?;
    conn.execute(&account::rewrite(&row, before)).await?;
    account::row::Entity::update_many()
        .col_expr(named, Expr::val(row.name.clone()))
        .filter(account::row::Column::Id.eq(id))
        .exec(conn)
        .await?;
    session::end_all(tx, id, None).await?;
    for grant in grants {
        grant::end(tx, grant).await?;
    }
    data_request::erase(tx, id).await?;
    kernel::cx::forget_keys(tx, id).await?;
    tx.emit(Subject { id: id.0, version: row.version, region }, &account::event::AccountEvent::Erased {})
}

/// Deletes sessions that ended before then, of accounts that have a grant there; with `dry` only counts them.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_sessions(cx: &Cx, purge: &Purge) -> Result<u64> {
    use grant::row::{Column as G, Entity as Grants};
    use session::row::{Column as S, Entity as Sessions};
    let here = Query::select()
        .expr(Expr::val(1))
        .from(Grants)
        .and_where(Expr::col((Grants, G::AccountId)).equals((Sessions, S::AccountId)))
        .cond_where(purge.ruled.covers(G::PlaceCode))
        .to_owned();
    let over = sea_orm::Condition::any().add(S::ExpiresAt.lt(purge.before)).add(S::RevokedAt.lt(purge.before));
    let due = Sessions::find().filter(over).filter(Expr::exists(here));
    purge.delete(cx, due, S::Id).await
}
