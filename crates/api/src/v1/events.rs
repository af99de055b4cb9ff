//! The change feed (事件流) and the catalogue of events (事件目录).

use crate::prelude::*;
use connect::catalogue::{self, EventTypeEntry};
use kernel::{
    Code, Error, Pager, Permission,
    event::{self, LoggedEvent},
};
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_events).service(list_event_types);
}

/// Which events, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListEvents {
    /// Only these types (事件类型), comma-separated: `order.placed,order.closed`.
    #[serde(rename = "type")]
    #[param(rename = "type", max_length = 500, example = "order.placed,order.closed")]
    kind: Option<String>,
    /// Events a page, 1–100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before; from the beginning when absent.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Read the change feed (事件流).
///
/// Every event within the caller's scope (授权范围), in the order of the log: none is skipped and none comes late,
/// even while others write. `next_cursor` is always given; at the end of the log, ask again with it. Events of mediation
/// (调解) only where the caller may read cases (`mediation.read`).
#[utoipa::path(tag = "events", operation_id = "list_events", params(ListEvents), responses((status = 200, body = Page<LoggedEvent>), ReadProblems), extensions(("x-permission" = json!("event.read"))))]
#[get("/events")]
async fn list_events(call: Call, query: Query<ListEvents>) -> Answer {
    let ListEvents { kind, limit, cursor } = query.into_inner();
    let reach = call.cx.actor.reach(Permission::EventRead);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::EventRead).into());
    }
    let types: Vec<String> = kind.iter().flat_map(|k| k.split(',')).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    let pager = Pager::new("events", &types, PageQuery { limit, cursor })?;
    let mediation = call.cx.actor.reach(Permission::MediationRead);
    ok(event::feed(&call.cx, &reach, &types, Some(("mediation.", &mediation)), &pager).await?)
}

/// List the types of events (事件目录).
///
/// Every type with the JSON Schema of its `data` in the change feed and of what a webhook receives.
#[utoipa::path(tag = "events", operation_id = "list_event_types", responses((status = 200, body = Page<EventTypeEntry>), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/event_types")]
async fn list_event_types() -> Answer {
    ok(catalogue::event_types())
}
