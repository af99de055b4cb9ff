//! What is held about whoever comes to a reception or says something, as they are told it, and what becomes of it.

use crate::{
    opinion::{self, Opinion},
    reception::{self, Appointment},
};
use kernel::{Cx, Result, Tx, id::AccountId, retention::Purge};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What this crate holds about somebody (走访数据).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnVisits {
    /// The appointments that they booked, or that were booked for them, newest first (接待预约).
    pub appointments: Vec<Appointment>,
    /// What they said, newest first (意见建议).
    pub opinions: Vec<Opinion>,
}

/// What is held about the caller, at most `limit` of each kind.
///
/// # Errors
/// `token_missing` for the system itself; `key_missing`; `database_unavailable`.
pub async fn own_visits(cx: &Cx, limit: u64) -> Result<OwnVisits> {
    let account = cx.actor.account()?;
    Ok(OwnVisits { appointments: reception::own(cx, account, limit).await?, opinions: opinion::own(cx, account, limit).await? })
}

/// Erases the contacts of somebody's appointments and opinions. What was said and what came of it stays.
///
/// # Errors
/// `database_unavailable`.
pub async fn erase_visits(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    reception::erase(tx, account).await?;
    opinion::erase(tx, account).await
}

/// Erases the contacts of opinions whose outcome was told before then; with `dry` only counts them.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_opinions(cx: &Cx, purge: &Purge) -> Result<u64> {
    opinion::purge_contacts(cx, purge).await
}
