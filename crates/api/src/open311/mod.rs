//! Open311 GeoReport v2 (开放诉求接口) at `/open311/v2`: a façade over catalogue and orders for reporting apps of other makers.
//!
//! It keeps that standard's habits instead of ours: a key among the parameters, unknown parameters passed over, refusals as a list of
//! codes and descriptions, XML besides JSON. [`door`] lets requests in, [`format`] writes answers, `crate::problem` knows the
//! statuses, `connect::open311` what it all means. At `/open311/test` everything is the same and nothing is kept.

mod door;
mod form;
mod format;

pub(crate) use door::{admit, has_files, rehearse};
pub(crate) use format::{ERRORS, Format};

use crate::{
    call::Worker,
    prelude::*,
    problem::{Open311Problems, Open311WriteProblems},
    proxy,
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header};
use connect::open311::{
    self as facade, Open311Discovery, Open311Receipt, Open311Request, Open311Service, Open311ServiceDefinition, Open311Token,
    Open311Update, Open311UpdateReceipt,
};
use door::{Rehearsal, Sent};
use files::Files;
use form::{Jurisdiction, Key, ListRequests, ListUpdates, Open311Form, Open311FormWithFiles, Open311UpdateForm};
use kernel::{Actor, Cx, cx::IdempotencyKey};
use std::{
    future::{Ready, ready},
    sync::Arc,
};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(get_open311_discovery)
        .service(list_open311_services)
        .service(get_open311_service)
        .service(submit_open311_request)
        .service(list_open311_requests)
        .service(get_open311_request)
        .service(get_open311_token)
        .service(list_open311_updates)
        .service(submit_open311_update);
}

/// A call of the façade.
struct Asked {
    /// Who asks; the system itself for what everybody may know.
    cx: Cx,
    files: Arc<Files>,
    sent: Sent,
    rehearsal: bool,
    /// Where the server is, as the client calls it.
    base: String,
}

impl FromRequest for Asked {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let worker = Worker::of(req);
        let mut extensions = req.extensions_mut();
        let sent = extensions.remove::<Sent>().unwrap_or_default();
        let cx = match extensions.get::<Arc<Actor>>() {
            Some(actor) => Cx::new(worker.core.clone(), Arc::clone(actor)).with_key(extensions.get::<IdempotencyKey>().cloned()),
            None => Cx::system(worker.core.clone()),
        };
        let host = req.headers().get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let scheme = proxy::scheme(req.peer_addr().map(|peer| peer.ip()), req.headers(), &worker.settings.trusted_proxies);
        ready(Ok(Self {
            cx,
            files: Arc::clone(&worker.files),
            sent,
            rehearsal: extensions.contains::<Rehearsal>(),
            base: format!("{scheme}://{host}"),
        }))
    }
}

/// Find the service (服务发现)
///
/// Where production and test are, which formats they answer in, and how to get a key (密钥). At the test endpoint, `/open311/test`,
/// everything is looked at and nothing kept.
#[utoipa::path(tag = "open311", operation_id = "get_open311_discovery", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)")),
    responses((status = 200, content((Open311Discovery = "application/json"), (Open311Discovery = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/discovery.{format}")]
async fn get_open311_discovery(asked: Asked) -> Answer {
    ok(facade::discovery(&asked.base))
}

/// List services (服务列表)
///
/// The entries of the catalogue (服务清单) that are offered to outside systems (对外受理), by code.
#[utoipa::path(tag = "open311", operation_id = "list_open311_services", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), Jurisdiction),
    responses((status = 200, content((Vec<Open311Service> = "application/json"), (Vec<Open311Service> = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/services.{format}")]
async fn list_open311_services(asked: Asked) -> Answer {
    ok(facade::services(&asked.cx, &asked.sent.fields).await?)
}

/// Read a service's questions (服务定义)
///
/// What it asks besides (附加问题): the answers are sent as `attribute[code]`.
#[utoipa::path(tag = "open311", operation_id = "get_open311_service",
    params(("code" = String, Path, max_length = 32, description = "Its code (编码)"), ("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), Jurisdiction),
    responses((status = 200, content((Open311ServiceDefinition = "application/json"), (Open311ServiceDefinition = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/services/{code}.{format}")]
async fn get_open311_service(asked: Asked, path: Path<(String, String)>) -> Answer {
    let (code, _) = path.into_inner();
    ok(facade::definition(&asked.cx, &code, &asked.sent.fields).await?)
}

/// Ask for a service (提交诉求)
///
/// Places an order (订单) on behalf of one of the application's users (代为点单), in the community (社区) that `jurisdiction_id` names or that
/// has the point in one of its grids. `api_key` and `jurisdiction_id` may stand in the query or in the form; photos come as files of
/// a multipart form, or as `media_url`. The answer is a list of one: the number of the order, or a token, as the `type` of the
/// service says.
#[utoipa::path(tag = "open311", operation_id = "submit_open311_request", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), Key),
    request_body(content((Open311Form = "application/x-www-form-urlencoded"), (Open311FormWithFiles = "multipart/form-data"))),
    responses((status = 201, content((Vec<Open311Receipt> = "application/json"), (Vec<Open311Receipt> = "text/xml"))), Open311WriteProblems),
    extensions(("x-permission" = json!("order.place_on_behalf"))))]
#[post("/requests.{format}")]
async fn submit_open311_request(asked: Asked) -> Answer {
    created(facade::submit(&asked.cx, &asked.files, &asked.sent.fields, asked.sent.photos, asked.rehearsal).await?)
}

/// List requests (诉求列表)
///
/// Those that outside systems have placed and that everybody may know of (公开诉求), newest first: without names and phones, texts masked
/// (脱敏), the place to about a hundred metres. The last 90 days unless told; at most 90 days at once. With `updated_after` they come in
/// the order of change.
#[utoipa::path(tag = "open311", operation_id = "list_open311_requests", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), ListRequests),
    responses((status = 200, content((Vec<Open311Request> = "application/json"), (Vec<Open311Request> = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/requests.{format}")]
async fn list_open311_requests(asked: Asked) -> Answer {
    ok(facade::requests(&asked.cx, &asked.sent.fields).await?)
}

/// Read a request (诉求详情)
///
/// A list of one, by the number of the order (订单号).
#[utoipa::path(tag = "open311", operation_id = "get_open311_request",
    params(("id" = String, Path, max_length = 40, description = "The number (订单号)"), ("format" = inline(Format), Path, description = "`json` or `xml` (格式)")),
    responses((status = 200, content((Vec<Open311Request> = "application/json"), (Vec<Open311Request> = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/requests/{id}.{format}")]
async fn get_open311_request(asked: Asked, path: Path<(String, String)>) -> Answer {
    let (number, _) = path.into_inner();
    ok(facade::request(&asked.cx, &number).await?)
}

/// Ask for the number behind a token (令牌查询)
///
/// A list of one; without `service_request_id` as long as nobody has taken the request in hand (受理).
#[utoipa::path(tag = "open311", operation_id = "get_open311_token",
    params(("id" = String, Path, max_length = 40, description = "The token (令牌)"), ("format" = inline(Format), Path, description = "`json` or `xml` (格式)")),
    responses((status = 200, content((Vec<Open311Token> = "application/json"), (Vec<Open311Token> = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/tokens/{id}.{format}")]
async fn get_open311_token(asked: Asked, path: Path<(String, String)>) -> Answer {
    let (token, _) = path.into_inner();
    ok(facade::token(&asked.cx, &token).await?)
}

/// List updates (进展列表)
///
/// What happened to the requests that everybody may know of, oldest first, as mySociety has extended the standard: each step of the
/// order flow (订单流转) with our own word for it in `external_status_code`. The last day unless told, of requests that are named the last 90; at most 90 days at once.
#[utoipa::path(tag = "open311", operation_id = "list_open311_updates", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), ListUpdates),
    responses((status = 200, content((Vec<Open311Update> = "application/json"), (Vec<Open311Update> = "text/xml"))), Open311Problems),
    extensions(("x-permission" = json!("public"))))]
#[get("/servicerequestupdates.{format}")]
async fn list_open311_updates(asked: Asked) -> Answer {
    ok(facade::updates(&asked.cx, &asked.sent.fields).await?)
}

/// Add to a request, or take it back (外部更新)
///
/// Only for the application that has placed it. A comment (补充说明) stands in the timeline (办理进度); a closed status takes a request
/// back (撤单) that is not done yet; that it is done, or is to be done again, cannot be said from outside. The same `update_id` is
/// taken once.
#[utoipa::path(tag = "open311", operation_id = "submit_open311_update", params(("format" = inline(Format), Path, description = "`json` or `xml` (格式)"), Key),
    request_body(content((Open311UpdateForm = "application/x-www-form-urlencoded"), (Open311UpdateForm = "multipart/form-data"))),
    responses((status = 200, content((Vec<Open311UpdateReceipt> = "application/json"), (Vec<Open311UpdateReceipt> = "text/xml"))), Open311WriteProblems),
    extensions(("x-permission" = json!("order.place_on_behalf"))))]
#[post("/servicerequestupdates.{format}")]
async fn submit_open311_update(asked: Asked) -> Answer {
    ok(facade::update(&asked.cx, &asked.sent.fields, asked.rehearsal).await?)
}
