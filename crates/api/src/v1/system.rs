//! Health, keys, the contract itself, and the event feed.

use crate::{call::Worker, prelude::*};
use actix_web::{HttpRequest, http::header};
use kernel::{
    Code, Error, Pager, Permission,
    event::{self, LoggedEvent},
};
use serde::{Deserialize, Serialize};
use std::{sync::atomic::Ordering, time::Duration};
use utoipa::{IntoParams, ToSchema};

/// What lies outside `/api/v1`.
pub(crate) fn outside(config: &mut ServiceConfig) {
    config.service(get_livez).service(get_readyz).service(get_jwks);
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(get_openapi).service(list_events);
}

/// The state of the server (状态).
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Is the process alive? (存活检查)
///
/// Answers 200 as long as the process runs, whatever the database does.
#[utoipa::path(tag = "system", operation_id = "get_livez", responses((status = 200, body = Health), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/livez")]
async fn get_livez() -> Answer {
    ok(Health { status: "ok" })
}

/// Can it serve? (就绪检查)
///
/// 200 when the database answers within a second; 503 when it does not, or when the server is about to stop.
#[utoipa::path(tag = "system", operation_id = "get_readyz", responses((status = 200, body = Health), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/readyz")]
async fn get_readyz(req: HttpRequest) -> Answer {
    let worker = Worker::of(&req);
    let away = || Error::new(Code::DatabaseUnavailable);
    if !worker.ready.load(Ordering::Relaxed) {
        return Err(away().because("the server is stopping").into());
    }
    match tokio::time::timeout(Duration::from_secs(1), worker.core.db.ping()).await {
        Ok(pong) => pong?,
        Err(e) => return Err(away().because(e).into()),
    }
    ok(Health { status: "ok" })
}

/// The public keys of access tokens (公钥).
///
/// A JSON Web Key Set (RFC 7517): whoever receives an access token of Linli can verify it with these.
#[utoipa::path(tag = "system", operation_id = "get_jwks", responses((status = 200, body = identity::Jwks), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/.well-known/jwks.json")]
async fn get_jwks(call: Public) -> Answer {
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(call.identity.keys.jwks()))
}

/// This document (接口契约).
///
/// The OpenAPI 3.1 document that the server was built with.
#[utoipa::path(tag = "system", operation_id = "get_openapi", responses((status = 200, content_type = "application/json", body = Object), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/openapi.json")]
async fn get_openapi(req: HttpRequest) -> Answer {
    Ok(HttpResponse::Ok().content_type("application/json").body(Worker::of(&req).contract.json.clone()))
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
#[utoipa::path(tag = "system", operation_id = "list_events", params(ListEvents), responses((status = 200, body = Page<LoggedEvent>), ReadProblems), extensions(("x-permission" = json!("event.read"))))]
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
