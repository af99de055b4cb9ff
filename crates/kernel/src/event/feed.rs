//! Reading the log in its order, with a bound on what one look costs.

use super::{Filter, LoggedEvent, row};
use crate::{
    cx::Cx,
    error::Result,
    page::{Page, Pager},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, ExprTrait, FromQueryResult, Iterable,
    sea_query::{Alias, Expr, Order, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};

/// How many events one look passes by at most: who reads little of a long log gets an empty page and goes on from there.
const WINDOW: i64 = 5_000;

/// A place in the log: behind the event with this transaction and number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Position(i64, i64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(-1, 0);

    /// A place that was stored as its transaction and its number.
    #[must_use]
    pub const fn new(transaction: i64, number: i64) -> Self {
        Self(transaction, number)
    }

    /// Its transaction; 0 on SQLite.
    #[must_use]
    pub const fn transaction(self) -> i64 {
        self.0
    }

    /// Its number: the id of the event right before it.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.1
    }
}

/// What one look at the log gave.
#[derive(Clone, Debug)]
pub struct Look {
    /// The events, each with the place behind it.
    pub events: Vec<(Position, LoggedEvent)>,
    /// From where to go on: everything before it was looked at.
    pub end: Position,
    /// Whether there is more at once.
    pub more: bool,
}

/// Reads on from a place, up to `limit` events of those that the filter lets through. `known` is a
/// place that was the end of the log before: who has seen everything goes on from there.
///
/// # Errors
/// `database_unavailable`.
pub async fn look(cx: &Cx, filter: &Filter, from: Position, limit: u64, known: Option<Position>) -> Result<Look> {
    let full = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut rows = rows_of(cx, from, None, filter, limit + 1).await?;
    let mut edge = None;
    if rows.len() <= full {
        // Did the window end, or the log? If the window, then anew up to its edge, because others write meanwhile.
        edge = edge_of(cx, from).await?;
        if edge.is_some() {
            rows = rows_of(cx, from, edge, filter, limit + 1).await?;
        }
    }
    let more = rows.len() > full || edge.is_some();
    let cut = rows.len() > full;
    rows.truncate(full);
    let events = placed(rows)?;
    let last = events.last().map_or(from, |(at, _)| *at);
    let end = match (cut, edge) {
        (true, _) => last,
        (false, Some(edge)) => edge,
        (false, None) => known.filter(|known| *known > last).unwrap_or(last),
    };
    Ok(Look { events, end, more })
}

/// The change feed (事件流): every event that the filter lets through, in the order of the log, none skipped.
/// `next_cursor` is always given, so that a reader at the end knows where to go on.
///
/// # Errors
/// `cursor_invalid`; `database_unavailable`.
pub async fn feed(cx: &Cx, filter: &Filter, pager: &Pager, known: Option<Position>) -> Result<(Page<LoggedEvent>, Position)> {
    let from = pager.after::<Position>()?.unwrap_or(Position::START);
    let look = look(cx, filter, from, pager.limit(), known).await?;
    let end = look.end;
    Ok((look.page(pager)?, end))
}

impl Look {
    /// The same as a page.
    ///
    /// # Errors
    /// `internal_error` if the cursor cannot be written.
    pub fn page(self, pager: &Pager) -> Result<Page<LoggedEvent>> {
        let next_cursor = Some(pager.cursor(&self.end)?);
        Ok(Page { items: self.events.into_iter().map(|(_, event)| event).collect(), next_cursor, has_more: self.more })
    }
}

fn placed(rows: Vec<row::Model>) -> Result<Vec<(Position, LoggedEvent)>> {
    rows.into_iter().map(|row| Ok((Position(row.xid, row.seq), LoggedEvent::try_from(row)?))).collect()
}

/// All that is newer than a place, up to `limit`.
pub(super) async fn newer(cx: &Cx, from: Position, limit: u64) -> Result<Look> {
    let rows = row::Model::find_by_statement(cx.backend().build(after(cx, from).limit(limit))).all(cx.reader()).await?;
    let more = u64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let events = placed(rows)?;
    let end = events.last().map_or(from, |(at, _)| *at);
    Ok(Look { events, end, more })
}

/// The place behind the last event that can be read now.
///
/// # Errors
/// `database_unavailable`.
pub async fn head(cx: &Cx) -> Result<Position> {
    let mut query = Query::select().columns([row::Column::Xid, row::Column::Seq]).from(row::Entity).limit(1).to_owned();
    if cx.backend() == DbBackend::Postgres {
        query.and_where(Expr::cust("xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).order_by(row::Column::Xid, Order::Desc);
    }
    query.order_by(row::Column::Seq, Order::Desc);
    place(cx, &query).await.map(|place| place.unwrap_or(Position::START))
}

/// The place behind the first event at or after a time, going by numbers: events of about the same time may lie on either side.
///
/// # Errors
/// `database_unavailable`.
pub async fn number_at(cx: &Cx, time: crate::Time) -> Result<i64> {
    let (mut low, mut high) = (0, super::newest(cx).await?);
    while low < high {
        let middle = low + (high - low) / 2;
        let query = Query::select()
            .columns([row::Column::Seq, row::Column::At])
            .from(row::Entity)
            .and_where(row::Column::Seq.gt(middle))
            .order_by(row::Column::Seq, Order::Asc)
            .limit(1)
            .to_owned();
        match cx.reader().query_one(&query).await? {
            Some(row) if row.try_get_by_index::<crate::Time>(1)? < time => low = row.try_get_by_index::<i64>(0)?,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Reads events by their numbers, up to `limit` of those after `from`, at most [`WINDOW`] numbers on. Only for what lies in
/// the past: what is being written now may appear later.
///
/// # Errors
/// `database_unavailable`.
pub async fn by_number(cx: &Cx, filter: &Filter, from: i64, limit: u64) -> Result<(Vec<LoggedEvent>, i64)> {
    let query = Query::select()
        .columns(row::Column::iter())
        .from(row::Entity)
        .and_where(row::Column::Seq.gt(from))
        .and_where(row::Column::Seq.lte(from + WINDOW))
        .cond_where(filter.condition())
        .order_by(row::Column::Seq, Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = row::Model::find_by_statement(cx.backend().build(&query)).all(cx.reader()).await?;
    let full = u64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let end = rows.last().filter(|_| full).map_or(from + WINDOW, |row| row.seq);
    Ok((rows.into_iter().map(LoggedEvent::try_from).collect::<Result<_>>()?, end))
}

/// The events with these numbers, in their order.
///
/// # Errors
/// `database_unavailable`.
pub async fn numbered(cx: &Cx, numbers: &[i64]) -> Result<Vec<LoggedEvent>> {
    let query = Query::select()
        .columns(row::Column::iter())
        .from(row::Entity)
        .and_where(row::Column::Seq.is_in(numbers.iter().copied()))
        .order_by(row::Column::Seq, Order::Asc)
        .to_owned();
    let rows = row::Model::find_by_statement(cx.backend().build(&query)).all(cx.reader()).await?;
    rows.into_iter().map(LoggedEvent::try_from).collect()
}

/// All of the log behind a place, in its order.
fn after(cx: &Cx, from: Position) -> SelectStatement {
    let mut query = Query::select().columns(row::Column::iter()).from(row::Entity).to_owned();
    if cx.backend() == DbBackend::Postgres {
        query
            // A cursor from before the log was restored into another cluster is ahead of this one's transactions: it goes on
            // by its sequence number, as the restored events do (see `rebase`).
            .and_where(Expr::cust_with_values(
                "(xid, seq) > (CASE WHEN $1 > pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN 0 ELSE $1 END, $2)",
                [from.0, from.1],
            ))
            .and_where(Expr::cust("xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
            .order_by(row::Column::Xid, Order::Asc);
    } else {
        query.and_where(row::Column::Seq.gt(from.1));
    }
    query.order_by(row::Column::Seq, Order::Asc).to_owned()
}

/// What the filter lets through of the window behind a place, at most up to its edge.
async fn rows_of(cx: &Cx, from: Position, edge: Option<Position>, filter: &Filter, limit: u64) -> Result<Vec<row::Model>> {
    let mut query = after(cx, from);
    if cx.backend() == DbBackend::Postgres {
        if let Some(edge) = edge {
            let place = Expr::tuple([Expr::col(row::Column::Xid), Expr::col(row::Column::Seq)]);
            query.and_where(place.lte(Expr::tuple([Expr::val(edge.0), Expr::val(edge.1)])));
        }
        let window = query.limit(WINDOW.unsigned_abs()).to_owned();
        query = Query::select()
            .columns(row::Column::iter())
            .from_subquery(window, Alias::new("events"))
            .order_by(row::Column::Xid, Order::Asc)
            .order_by(row::Column::Seq, Order::Asc)
            .to_owned();
    } else {
        query.and_where(row::Column::Seq.lte(from.1.saturating_add(WINDOW)));
    }
    query.cond_where(filter.condition()).limit(limit);
    Ok(row::Model::find_by_statement(cx.backend().build(&query)).all(cx.reader()).await?)
}

/// Where the window behind a place ends, if the log does not end before.
async fn edge_of(cx: &Cx, from: Position) -> Result<Option<Position>> {
    if cx.backend() == DbBackend::Postgres {
        return place(cx, after(cx, from).offset(WINDOW.unsigned_abs() - 1).limit(1)).await;
    }
    let edge = Position(0, from.1.saturating_add(WINDOW));
    Ok(place(cx, after(cx, edge).limit(1)).await?.map(|_| edge))
}

async fn place(cx: &Cx, query: &SelectStatement) -> Result<Option<Position>> {
    let Some(row) = cx.reader().query_one(query).await? else { return Ok(None) };
    Ok(Some(Position(row.try_get("", "xid")?, row.try_get("", "seq")?)))
}
