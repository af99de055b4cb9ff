//! The change feed (事件流), as pages and as a stream, and the catalogue of events (事件目录).

use crate::{
    call::Worker,
    parked::Parked,
    prelude::*,
    reader::{Asked, Reader},
    stream::Stream,
};
use actix_web::{HttpRequest, http::header};
use connect::catalogue::{self, EventTypeEntry};
use kernel::{
    Code, Error,
    event::{self, LoggedEvent, Position},
    page::MAX_LIMIT,
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_events).service(stream_events).service(list_event_types);
}

/// The longest that a client may wait: WeChat's mini programs give up after 60 seconds, proxies sometimes after 30.
const LONGEST: u64 = 25;

/// Which events, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListEvents {
    /// Only these types (事件类型), comma-separated; `order.*` is all that begin in this way.
    #[serde(rename = "type")]
    #[param(rename = "type", max_length = 500, example = "order.placed,mediation.*")]
    kind: Option<String>,
    /// Only of this region (区划) and everything beneath it.
    #[param(value_type = Option<String>, pattern = "^[0-9]{12}$", example = "321182001000")]
    region_code: Option<RegionCode>,
    /// Events a page, 1–100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before; from the beginning when absent.
    #[param(max_length = 500)]
    cursor: Option<String>,
    /// When there is nothing to read, wait up to so many seconds for something (长轮询), 0–25.
    #[param(minimum = 0, maximum = 25)]
    wait: Option<u64>,
}

/// Read the change feed (事件流).
///
/// Every event within the caller's scope (授权范围), in the order of the log: none is skipped and none comes late,
/// even while others write. `next_cursor` is always given; at the end of the log, ask again with it, and with `wait` the
/// answer comes when there is something. A page may hold fewer events than `limit`, even none, while `has_more` is true:
/// then much was passed by that is not the caller's. Events of mediation (调解) only where the caller may read cases
/// (`mediation.read`).
#[utoipa::path(tag = "events", operation_id = "list_events", params(ListEvents), responses((status = 200, body = Page<LoggedEvent>), ReadProblems), extensions(("x-permission" = json!("event.read"))))]
#[get("/events")]
async fn list_events(req: HttpRequest, call: Call, query: Query<ListEvents>) -> Answer {
    let ListEvents { kind, region_code, limit, cursor, wait } = query.into_inner();
    let wait = wait.unwrap_or(0);
    if wait > LONGEST {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", format!("wait is 0 to {LONGEST}")).into());
    }
    let asked = Asked::of(kind.as_deref(), region_code)?;
    let pager = asked.pager(PageQuery { limit, cursor })?;
    let filter = asked.filter(&call.cx.actor)?;
    let worker = Worker::of(&req).clone();
    if wait == 0 {
        return ok(event::feed(&call.cx, &filter, &pager, worker.tail.head()).await?.0);
    }
    let follower = worker.tail.follow().await;
    let (page, end) = event::feed(&call.cx, &filter, &pager, worker.tail.head()).await?;
    if !page.items.is_empty() || page.has_more {
        return ok(page);
    }
    let reader = Reader::new(worker, &req, asked, pager, filter, end);
    Parked::until(reader.wait(follower, Duration::from_secs(wait)))
}

/// Which events, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamEvents {
    /// Only these types (事件类型), comma-separated; `order.*` is all that begin in this way.
    #[serde(rename = "type")]
    #[param(rename = "type", max_length = 500, example = "order.*")]
    kind: Option<String>,
    /// Only of this region (区划) and everything beneath it.
    #[param(value_type = Option<String>, pattern = "^[0-9]{12}$", example = "321182001000")]
    region_code: Option<RegionCode>,
    /// Where to go on: the `id` of an event of this stream, or a `next_cursor` of the change feed with the same filters. From
    /// now on when absent.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Follow the change feed as a stream (事件流推送).
///
/// Server-Sent Events: each has a cursor for its `id` and an event of the change feed for its `data`. A client that was cut
/// off goes on where it was with the header `Last-Event-ID` (browsers send it by themselves) or with `cursor`. All is
/// ASCII, and an event has at most 4 KiB: one that would be larger comes without its `data` and with `"thin": true`; read it
/// in the change feed. A comment comes every 15 seconds. Before the server ends the stream it says why, in an event of the type
/// `end`: `token_ended`, `permission_missing` or `server_stopping`.
#[utoipa::path(
    tag = "events",
    operation_id = "stream_events",
    params(StreamEvents, ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that arrived; stronger than `cursor` (续传)")),
    responses((status = 200, content_type = "text/event-stream", body = String), ReadProblems),
    extensions(("x-permission" = json!("event.read")))
)]
#[get("/events/stream")]
async fn stream_events(req: HttpRequest, call: Call, query: Query<StreamEvents>) -> Answer {
    let StreamEvents { kind, region_code, cursor } = query.into_inner();
    let asked = Asked::of(kind.as_deref(), region_code)?;
    let last = req.headers().get("last-event-id").map(|id| id.to_str().map(str::to_owned));
    let cursor = last.transpose().map_err(|e| Error::new(Code::CursorInvalid).because(e))?.or(cursor);
    let pager = asked.pager(PageQuery { limit: Some(MAX_LIMIT), cursor })?;
    let filter = asked.filter(&call.cx.actor)?;
    let worker = Worker::of(&req).clone();
    let follower = worker.tail.follow().await;
    let start = pager.after()?.or_else(|| worker.tail.head()).unwrap_or(Position::START);
    let reader = Reader::new(worker, &req, asked, pager, filter, start);
    let stream = Stream::new(reader, follower);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compressed, events would wait for each other; and nginx is told not to hold them back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream.chunks()))
}

/// List the types of events (事件目录).
///
/// Every type with the JSON Schema of its `data` in the change feed, and of the message of a webhook (推送).
#[utoipa::path(tag = "events", operation_id = "list_event_types", responses((status = 200, body = Page<EventTypeEntry>), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/event_types")]
async fn list_event_types() -> Answer {
    ok(catalogue::event_types())
}
