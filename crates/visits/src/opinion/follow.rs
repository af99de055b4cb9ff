//! How an order's outcome comes back to the opinion that it grew from: by the event log, which tells of every order, in
//! order. Whoever reads an event twice, or another server beside this one, finds that it has been seen.

use super::{
    OpinionOutcome, OpinionState,
    event::OpinionEvent,
    row::{opinion, reader},
    subject,
    view::Sealed,
};
use crate::{snapshot, table::stage_next};
use kernel::{
    Code, Cx, Error, PageQuery, Pager, Result,
    event::{self, Filter, LoggedEvent},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::Value;

/// What an event of an order says of its outcome.
pub(crate) enum News {
    Outcome(OpinionOutcome, Option<String>),
    Reopened,
}

/// The events that say something of the outcome, as a table.
fn news(event: &LoggedEvent) -> Option<News> {
    let text = |name: &str| event.data[name].as_str().map(str::to_owned);
    Some(match event.kind.as_str() {
        "order.completed" => {
            let result = serde_json::from_value(event.data["result"].clone()).unwrap_or(OpinionOutcome::Explained);
            News::Outcome(result, text("answer"))
        }
        "order.rejected" => News::Outcome(OpinionOutcome::Rejected, text("text")),
        "order.cancelled" => News::Outcome(OpinionOutcome::Cancelled, text("note")),
        "order.merged" => News::Outcome(OpinionOutcome::Merged, None),
        "order.reworked" => News::Reopened,
        _ => return None,
    })
}

const TYPES: [&str; 5] = ["order.completed", "order.rejected", "order.cancelled", "order.merged", "order.reworked"];

/// Reads on in the event log, and carries the outcome of orders to the opinions and snapshots that they grew from; returns how many
/// were told. For a background task; several servers may do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn follow_orders(cx: &Cx) -> Result<u64> {
    let types = TYPES.iter().map(|word| word.parse().map_err(|e: String| Error::internal(e))).collect::<Result<_>>()?;
    let filter = Filter::of(&cx.actor, types, None)?;
    let mut told = 0;
    loop {
        let position = reader::Entity::find_by_id(1_i16).one(cx.reader()).await?.and_then(|r| r.cursor);
        let pager = Pager::new("opinion_reader", &(), PageQuery { limit: Some(100), cursor: position.clone() })?;
        let (page, _) = event::feed(cx, &filter, &pager, None).await?;
        let mut rows = about(cx, &page.items).await?;
        let mut snapshots = snapshot::about(cx, &page.items).await?;
        for event in &page.items {
            if let (Some(row), Some(news)) = (snapshots.iter_mut().find(|s| s.is_of(event)), news(event)) {
                told += u64::from(snapshot::tell(cx, row, event, news).await?);
            }
            if let Some(row) = rows.iter_mut().find(|r| r.order_id.is_some_and(|o| o.0 == event.subject_id)) {
                told += u64::from(tell(cx, row, event).await?);
            }
        }
        if page.next_cursor != position {
            let mut tx = cx.begin();
            let now = tx.now;
            reader::Entity::update_many()
                .col_expr(reader::Column::Cursor, Expr::val(page.next_cursor))
                .col_expr(reader::Column::ReadAt, Expr::val(now))
                .filter(reader::Column::Id.eq(1))
                .exec(tx.conn().await?)
                .await?;
            tx.commit(()).await?;
        }
        if !page.has_more {
            return Ok(told);
        }
    }
}

/// The opinions that these events' orders grew from.
async fn about(cx: &Cx, events: &[LoggedEvent]) -> Result<Vec<opinion::Model>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<_> = events.iter().map(|e| e.subject_id).collect();
    Ok(opinion::Entity::find().filter(opinion::Column::OrderId.is_in(orders)).all(cx.reader()).await?)
}

/// Tells one opinion what has become of its order, unless it knows.
async fn tell(cx: &Cx, row: &mut opinion::Model, event: &LoggedEvent) -> Result<bool> {
    for _ in 0..5 {
        if row.order_version >= event.subject_version {
            return Ok(false);
        }
        let Some(news) = news(event) else { return Ok(false) };
        let mut tx = cx.begin();
        let old = row.clone();
        let mut new = old.clone();
        new.order_version = event.subject_version;
        new.version += 1;
        new.updated_at = tx.now;
        (new.fed_back_at, new.feedback) = (None, None);
        match news {
            News::Outcome(outcome, answer) => {
                new.state = OpinionState::Answered;
                new.outcome = Some(outcome);
                new.answer = answer.map(|text| Sealed::Answer.seal(cx, new.id, &text)).transpose()?;
                new.answered_at = Some(event.at);
                tx.emit(subject(&new), &OpinionEvent::Answered { outcome })?;
            }
            News::Reopened => {
                new.state = OpinionState::Ordered;
                (new.outcome, new.answer, new.answered_at) = (None, None, None);
                tx.emit(subject(&new), &OpinionEvent::Reopened {})?;
            }
        }
        stage_next(&mut tx, [opinion::Column::Id, opinion::Column::Version], old, new.clone());
        match tx.commit(Value::Null).await {
            Ok(_) => {
                *row = new;
                return Ok(true);
            }
            // Somebody has changed the opinion meanwhile: look again.
            Err(e) if e.code == Code::VersionStale => {
                let now = opinion::Entity::find_by_id(row.id).one(cx.reader()).await?;
                *row = now.ok_or_else(|| Error::internal("an opinion is never removed"))?;
            }
            Err(e) => return Err(e),
        }
    }
    Err(Error::new(Code::VersionStale))
}
