//! The one event log: the timeline of each order, the change feed of integrators, the outbox of
//! notifications and the audit trail are this table, read in different ways.
//!
//! **No gap.** Sequence numbers are handed out before commit, so a reader that goes by them alone
//! misses what commits late. On PostgreSQL each event therefore carries the id of its
//! transaction, the log is ordered by (transaction, sequence), and a reader stops before the
//! oldest transaction that is still open. A transaction that begins later gets a higher
//! id, so nothing can ever appear behind a reader. SQLite has one writer: there the sequence
//! alone is the order, and the transaction is 0.

mod catalogue;
mod feed;
mod filter;
mod tail;
mod types;

pub use catalogue::{Catalogued, catalogued, schema_without_prose, without_prose};
pub use feed::{Look, Position, by_number, feed, head, look, number_at, numbered};
pub use filter::{Filter, Pattern, veiled};
pub use tail::{Bell, Follower, News, Tail};
pub use types::EventType;

use crate::{
    cx::Cx,
    db::Db,
    error::{Error, Result},
    id::{AccountId, ApplicationId},
    page::{Page, Pager},
    region::RegionCode,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) mod row {
    //! The table `events`.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "events")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub xid: i64,
        #[sea_orm(column_name = "type")]
        pub kind: String,
        pub subject_id: Uuid,
        pub subject_version: i32,
        pub region_code: i64,
        pub actor_id: Option<Uuid>,
        pub application_id: Option<Uuid>,
        pub at: ChronoDateTimeUtc,
        #[sea_orm(column_type = "Text")]
        pub data: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something that happened, as its domain describes it: the words that never change meaning.
pub trait Event: Serialize {
    /// Its type, a line of the one table of types.
    fn kind(&self) -> EventType;
}

/// What an event is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The thing's id.
    pub id: Uuid,
    /// Its version after the change; a thing's versions are 1, 2, 3 …
    pub version: i32,
    /// Where it lies: who may read the event.
    pub region: RegionCode,
}

/// An event waiting in a `Tx` for its commit.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) kind: EventType,
    pub(crate) subject: Subject,
    pub(crate) data: String,
}

/// An event as it is read (事件). Append-only; what it says never changes.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LoggedEvent {
    /// Its number in the log (编号), unique and stable.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub id: i64,
    /// Its type (事件类型), such as `order.accepted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The thing that it is about (对象).
    pub subject_id: Uuid,
    /// The thing's version after it (版本).
    #[schema(minimum = 1)]
    pub subject_version: i32,
    /// Where the thing lies (区划).
    pub region_code: RegionCode,
    /// Who did it (操作人); absent when the system itself did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actor_id: Option<AccountId>,
    /// The application (应用) that did it; absent for people. `actor_id` is then its account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub application_id: Option<ApplicationId>,
    /// When (时间).
    pub at: DateTime<Utc>,
    /// What else there is to say; its shape depends on the type. Never personal data.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

impl TryFrom<row::Model> for LoggedEvent {
    type Error = Error;
    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: row.seq,
            kind: row.kind,
            subject_id: row.subject_id,
            subject_version: row.subject_version,
            region_code: stored_region(row.region_code)?,
            actor_id: row.actor_id.map(AccountId),
            application_id: row.application_id.map(ApplicationId),
            at: row.at,
            data: serde_json::from_str(&row.data).map_err(Error::internal)?,
        })
    }
}

fn stored_region(code: i64) -> Result<RegionCode> {
    format!("{code:012}").parse().map_err(|e| Error::internal(format!("stored region: {e}")))
}

/// What happened to one thing, oldest first (办理进度).
///
/// # Errors
/// `cursor_invalid`; `database_unavailable`.
pub async fn timeline(cx: &Cx, subject: Uuid, pager: &Pager) -> Result<Page<LoggedEvent>> {
    let mut query = row::Entity::find().filter(row::Column::SubjectId.eq(subject));
    if let Some((version, seq)) = pager.after::<(i32, i64)>()? {
        query = query.filter(
            Expr::tuple([Expr::col(row::Column::SubjectVersion), Expr::col(row::Column::Seq)])
                .gt(Expr::tuple([Expr::val(version), Expr::val(seq)])),
        );
    }
    let rows = query.order_by_asc(row::Column::SubjectVersion).order_by_asc(row::Column::Seq).limit(pager.fetch()).all(cx.reader()).await?;
    let rows = rows.into_iter().map(LoggedEvent::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(rows, |e| (e.subject_version, e.id))
}

/// What happened to these things within a time, oldest first: `limit` of it behind the first `offset`. For whoever knows that the
/// reader may hear of them.
///
/// # Errors
/// `database_unavailable`.
pub async fn of_subjects(
    cx: &Cx,
    subjects: &[Uuid],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    offset: u64,
    limit: u64,
) -> Result<Vec<LoggedEvent>> {
    let query = row::Entity::find()
        .filter(row::Column::SubjectId.is_in(subjects.iter().copied()))
        .filter(row::Column::At.gte(from))
        .filter(row::Column::At.lt(to));
    let rows = query.order_by_asc(row::Column::Seq).offset(offset).limit(limit).all(cx.reader()).await?;
    rows.into_iter().map(LoggedEvent::try_from).collect()
}

/// The newest sequence number of the log; 0 when it is empty.
///
/// # Errors
/// `database_unavailable`.
pub async fn newest(cx: &Cx) -> Result<i64> {
    let newest: Option<Option<i64>> = row::Entity::find().select_only().expr(row::Column::Seq.max()).into_tuple().one(cx.reader()).await?;
    Ok(newest.flatten().unwrap_or_default())
}

/// Makes the log readable after a restore into another PostgreSQL cluster, whose transaction ids are lower than those that
/// the events carry: the restored events are ordered by sequence alone, before all that follow. To be called before
/// anything is written; does nothing on a database that is where it was. Returns how many events it touched.
///
/// # Errors
/// `database_unavailable`.
pub async fn rebase(db: &Db) -> Result<u64> {
    if db.backend() != DbBackend::Postgres {
        return Ok(0);
    }
    let ahead = "EXISTS (SELECT 1 FROM events WHERE xid > pg_snapshot_xmax(pg_current_snapshot())::text::bigint)";
    let done = db.writer().execute_unprepared(&format!("UPDATE events SET xid = 0 WHERE xid <> 0 AND {ahead}")).await?;
    Ok(done.rows_affected())
}
