//! What is held about whoever asked for orders, as they are told it, and what becomes of it.

use super::{
    Contact, State,
    row::order::{Column as C, Entity as Orders, Model, Whole},
    view,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, RegionCode, Result, Tx,
    id::{AccountId, OrderId},
    retention::Purge,
};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// States from which nothing follows: the order is over.
const OVER: [State; 4] = [State::Closed, State::Rejected, State::Cancelled, State::Merged];

/// An order that somebody asked for, in full, as they are told it (我的订单数据).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnOrder {
    /// Its id.
    pub id: OrderId,
    /// Its number (订单编号).
    pub number: String,
    /// Where it stands (订单状态).
    pub state: State,
    /// Where it lies (区划).
    pub region_code: RegionCode,
    /// What it is about (标题).
    pub title: String,
    /// What is wanted (内容).
    pub content: String,
    /// The contact that was given with it (联系方式); absent if none was, or it has been erased.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<Contact>,
    /// Longitude, WGS-84, degrees (经度).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lng: Option<f64>,
    /// Latitude, WGS-84, degrees (纬度).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lat: Option<f64>,
    /// The judgement (评分).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<i16>,
    /// What was said with it (评语).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// When it was placed (点单时间).
    pub created_at: DateTime<Utc>,
    /// When it was closed (销号时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<DateTime<Utc>>,
}

/// The orders that the caller asked for, newest first, at most `limit`.
///
/// # Errors
/// `token_missing` for the system itself; `key_missing`; `database_unavailable`.
pub async fn own_orders(cx: &Cx, limit: u64) -> Result<Vec<OwnOrder>> {
    let account = cx.actor.account()?;
    let select = Orders::find().filter(C::RequesterId.eq(account)).order_by_desc(C::Id).limit(limit);
    let rows = select.into_model::<Whole>().all(cx.reader()).await?;
    rows.into_iter().map(|row| own(cx, row.0)).collect()
}

fn own(cx: &Cx, row: Model) -> Result<OwnOrder> {
    Ok(OwnOrder {
        contact: view::open_contact(cx.vault(), &row)?,
        id: row.id,
        number: row.number,
        state: row.state,
        region_code: row.region_code,
        title: row.title,
        content: row.content,
        lng: row.lng,
        lat: row.lat,
        score: row.score,
        comment: row.comment,
        created_at: row.created_at,
        closed_at: row.closed_at,
    })
}

/// How many orders of an account are not over: those that it asked for, and those that it leads.
///
/// # Errors
/// `database_unavailable`.
pub async fn open_orders_of(cx: &Cx, account: AccountId) -> Result<u64> {
    let mut all = 0;
    for of in [C::RequesterId.eq(account), C::LeadId.eq(account.0)] {
        let select = Orders::find().select_only().expr(C::Id.count()).filter(of).filter(C::State.is_not_in(OVER));
        let count: Option<i64> = select.into_tuple().one(cx.reader()).await?;
        all += count.unwrap_or_default().unsigned_abs();
    }
    Ok(all)
}

/// Erases the contacts that somebody gave with their orders. The orders stay, with what was done about them.
///
/// # Errors
/// `database_unavailable`.
pub async fn erase_contacts(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    Orders::update_many()
        .col_expr(C::Contact, Expr::val(None::<String>))
        .filter(C::RequesterId.eq(account))
        .filter(C::State.is_in(OVER))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// Erases the contacts of orders that were closed before then; with `dry` only counts them. An order that is not closed keeps its
/// contact, however old it is.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_contacts(cx: &Cx, purge: &Purge) -> Result<u64> {
    let due =
        Orders::find().filter(purge.ruled.covers(C::RegionCode)).filter(C::Contact.is_not_null()).filter(C::ClosedAt.lt(purge.before));
    purge.blank(cx, due, C::Id, C::Contact).await
}

/// How many orders each of these people led to their end in each community, and the seconds from accepting to completing them: one
/// query over the index of takers. For the feedback to workplaces: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub(crate) async fn done_by(cx: &Cx, accounts: &[AccountId]) -> Result<HashMap<(AccountId, RegionCode), (i64, i64)>> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let seconds = match cx.backend() {
        DbBackend::Postgres => "CAST(COALESCE(SUM(EXTRACT(EPOCH FROM completed_at - accepted_at)), 0) AS bigint)",
        _ => "CAST(COALESCE(SUM(strftime('%s', completed_at) - strftime('%s', accepted_at)), 0) AS integer)",
    };
    let select = Orders::find()
        .select_only()
        .columns([C::LeadId, C::RegionCode])
        .column_as(C::Id.count(), "orders")
        .expr_as(Expr::cust(seconds), "seconds")
        .filter(C::LeadId.is_in(accounts.iter().map(|a| a.0)))
        .filter(C::State.is_in([State::Completed, State::Evaluated, State::Closed]))
        .group_by(C::LeadId)
        .group_by(C::RegionCode);
    let rows: Vec<(Uuid, RegionCode, i64, i64)> = select.into_tuple().all(cx.reader()).await?;
    Ok(rows.into_iter().map(|(lead, region, orders, seconds)| ((AccountId(lead), region), (orders, seconds))).collect())
}
