//! Health, keys, the contract itself.

use crate::{call::Worker, prelude::*};
use actix_web::{HttpRequest, http::header};
use kernel::{Code, Error};
use serde::Serialize;
use std::{sync::atomic::Ordering, time::Duration};
use utoipa::ToSchema;

/// What lies outside `/api/v1`.
pub(crate) fn outside(config: &mut ServiceConfig) {
    config.service(get_livez).service(get_readyz).service(get_jwks);
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(get_openapi);
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
/// 200 when the database answers within a second and this server has the keys that its sealed data needs; 503 when not, or when the
/// server is about to stop.
#[utoipa::path(tag = "system", operation_id = "get_readyz", responses((status = 200, body = Health), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/readyz")]
async fn get_readyz(req: HttpRequest) -> Answer {
    let worker = Worker::of(&req);
    let away = || Error::new(Code::DatabaseUnavailable);
    if !worker.ready.load(Ordering::Relaxed) {
        return Err(away().because("the server is stopping").into());
    }
    let able = async {
        worker.core.db.ping().await?;
        kernel::sealed::check(&worker.core).await
    };
    match tokio::time::timeout(Duration::from_secs(1), able).await {
        Ok(able) => able?,
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
