//! Applications (应用): programs that may call, their credentials, tokens, agreements and usage.

use crate::{form_body::FormBody, prelude::*};
use actix_web::{HttpRequest, http::header};
use base64::{Engine, engine::general_purpose::STANDARD};
use identity::{
    Application, ApplicationStatus, ApplicationUsage, BuyToken, CreateApplication, Credential, GetUsage, IssueCredential, IssuedCredential,
    ListApplications, ListCredentials, ProgramToken, RecordAgreement, RotateCredential, StepApplication, UpdateApplication,
};
use kernel::id::{ApplicationId, CredentialId};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(create_application).service(list_applications).service(get_application).service(update_application);
    cfg.service(suspend_application).service(resume_application).service(revoke_application);
    cfg.service(record_agreement).service(end_agreement).service(get_application_usage);
    cfg.service(list_credentials).service(issue_credential).service(rotate_credential).service(revoke_credential);
    cfg.service(buy_token);
}

/// Let a program in (应用登记).
///
/// An application (应用) acts in a region (区划) and beneath it, within its scopes (应用权限): permissions that the caller holds
/// there too (不得越权授予); what decides who may come in is never given to a program. It gets an account (账号) of its own, with
/// which nobody can sign in. Personal fields stay masked for it until an agreement (数据共享协议) is recorded.
#[utoipa::path(
    tag = "applications",
    operation_id = "create_application",
    request_body(content = CreateApplication, example = json!({
        "name": "12345 热线对接",
        "purpose": "把热线工单转为订单,并回传办理结果。",
        "contact": "信息中心 李工 0511-88010000",
        "region_code": "321182001000",
        "scopes": ["order.place_on_behalf", "order.read"],
        "requests_per_minute": 600
    })),
    responses((status = 201, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications")]
async fn create_application(call: Call, body: Body<CreateApplication>) -> Answer {
    if body.0.region_code != RegionCode::COUNTRY {
        grids::require_open(&call.cx, body.0.region_code).await.map_err(|e| e.at("#/region_code"))?;
    }
    created(identity::create_application(&call.cx, body.0).await?)
}

/// List applications (应用列表).
///
/// Those of the regions where the caller may see them (`application.read`): the region with the highest code first, in it
/// the newest first.
#[utoipa::path(
    tag = "applications",
    operation_id = "list_applications",
    params(ListApplications),
    responses((status = 200, body = Page<Application>), ReadProblems),
    extensions(("x-permission" = json!("application.read")))
)]
#[get("/applications")]
async fn list_applications(call: Call, query: Query<ListApplications>) -> Answer {
    ok(identity::list_applications(&call.cx, query.into_inner()).await?)
}

/// Read one application (查询应用).
///
/// With its scopes (应用权限), its quota (配额) and its agreement on personal data (数据共享协议); never a secret.
#[utoipa::path(
    tag = "applications",
    operation_id = "get_application",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    responses((status = 200, body = Application), ReadProblems),
    extensions(("x-permission" = json!("application.read")))
)]
#[get("/applications/{id}")]
async fn get_application(call: Call, id: Path<ApplicationId>) -> Answer {
    ok(identity::get_application(&call.cx, *id).await?)
}

/// Change an application (应用变更).
///
/// What is absent stays as it is. Scopes (应用权限) are given all anew; those that are added must be the caller's there. A
/// change counts at once, in other servers within five seconds.
#[utoipa::path(
    tag = "applications",
    operation_id = "update_application",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = UpdateApplication, example = json!({ "scopes": ["order.read"], "version": 1 })),
    responses((status = 200, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications/{id}")]
async fn update_application(call: Call, id: Path<ApplicationId>, body: Body<UpdateApplication>) -> Answer {
    ok(call.identity.update_application(&call.cx, *id, body.0).await?)
}

/// Suspend an application (停用应用).
///
/// Its credentials are refused with `application_suspended` until it is resumed.
#[utoipa::path(
    tag = "applications",
    operation_id = "suspend_application",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = StepApplication, example = json!({ "reason": "调用异常,待核查" })),
    responses((status = 200, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications/{id}/suspend")]
async fn suspend_application(call: Call, id: Path<ApplicationId>, body: Body<StepApplication>) -> Answer {
    ok(call.identity.step_application(&call.cx, *id, body.0, ApplicationStatus::Suspended).await?)
}

/// Resume a suspended application (恢复应用).
///
/// Its credentials are good again, unless they have ended meanwhile.
#[utoipa::path(
    tag = "applications",
    operation_id = "resume_application",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = StepApplication, example = json!({ "reason": "核查无异常" })),
    responses((status = 200, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications/{id}/resume")]
async fn resume_application(call: Call, id: Path<ApplicationId>, body: Body<StepApplication>) -> Answer {
    ok(call.identity.step_application(&call.cx, *id, body.0, ApplicationStatus::Active).await?)
}

/// Revoke an application (注销应用).
///
/// For good: its credentials and tokens are refused with `application_revoked` from now on, in other servers within five
/// seconds. What it did stays on record.
#[utoipa::path(
    tag = "applications",
    operation_id = "revoke_application",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = StepApplication, example = json!({ "reason": "项目已终止" })),
    responses((status = 200, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications/{id}/revoke")]
async fn revoke_application(call: Call, id: Path<ApplicationId>, body: Body<StepApplication>) -> Answer {
    ok(call.identity.step_application(&call.cx, *id, body.0, ApplicationStatus::Revoked).await?)
}

/// Record an agreement on personal data (数据共享协议登记).
///
/// While it is in force, personal fields of the classes (个人信息类别) that it names are shown to the application where its scopes
/// show them to people. It takes the place of the one before. Needs `application.agree`.
#[utoipa::path(
    tag = "applications",
    operation_id = "record_agreement",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = RecordAgreement, example = json!({
        "reference": "扬数协〔2026〕17号", "classes": ["orders"], "valid_to": "2027-12-31T16:00:00Z"
    })),
    responses((status = 200, body = Application), WriteProblems),
    extensions(("x-permission" = json!("application.agree")))
)]
#[post("/applications/{id}/agreement")]
async fn record_agreement(call: Call, id: Path<ApplicationId>, body: Body<RecordAgreement>) -> Answer {
    ok(call.identity.record_agreement(&call.cx, *id, body.0).await?)
}

/// End the agreement on personal data (数据共享协议终止).
///
/// Now, before its time; it stays on record. Everything is masked for the application from now on.
#[utoipa::path(
    tag = "applications",
    operation_id = "end_agreement",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    responses((status = 204, description = "Ended (已终止)."), ReadProblems),
    extensions(("x-permission" = json!("application.agree")))
)]
#[delete("/applications/{id}/agreement")]
async fn end_agreement(call: Call, id: Path<ApplicationId>) -> Answer {
    call.identity.end_agreement(&call.cx, *id).await?;
    no_content()
}

/// How often an application called (应用调用统计).
///
/// By day and operation, at most 92 days. Counted in memory and written down each minute: what a server has counted and
/// not written down is lost if it dies, and told only by itself until then.
#[utoipa::path(
    tag = "applications",
    operation_id = "get_application_usage",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)"), GetUsage),
    responses((status = 200, body = ApplicationUsage), ReadProblems),
    extensions(("x-permission" = json!("application.read")))
)]
#[get("/applications/{id}/usage")]
async fn get_application_usage(call: Call, id: Path<ApplicationId>, query: Query<GetUsage>) -> Answer {
    ok(call.identity.application_usage(&call.cx, *id, &query).await?)
}

/// List the credentials of an application (凭据列表).
///
/// Those that have ended included, newest first; without their secrets (密钥), of which nothing but a digest is kept.
#[utoipa::path(
    tag = "applications",
    operation_id = "list_credentials",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)"), ListCredentials),
    responses((status = 200, body = Page<Credential>), ReadProblems),
    extensions(("x-permission" = json!("application.read")))
)]
#[get("/applications/{id}/credentials")]
async fn list_credentials(call: Call, id: Path<ApplicationId>, query: Query<ListCredentials>) -> Answer {
    ok(identity::list_credentials(&call.cx, *id, query.into_inner()).await?)
}

/// Issue a credential (签发凭据).
///
/// An API key (API 密钥), sent with each request, or a client secret (客户端密钥), which buys short tokens. The secret is in this
/// answer and never shown again; whoever repeats the request with the same `Idempotency-Key` gets the answer without it. An
/// application has at most ten credentials in use.
#[utoipa::path(
    tag = "applications",
    operation_id = "issue_credential",
    params(("id" = ApplicationId, Path, description = "Application id (应用编号)")),
    request_body(content = IssueCredential, example = json!({ "kind": "api_key", "label": "生产环境", "scopes": ["order.read"] })),
    responses((status = 201, body = IssuedCredential), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/applications/{id}/credentials")]
async fn issue_credential(call: Call, id: Path<ApplicationId>, body: Body<IssueCredential>) -> Answer {
    created(identity::issue_credential(&call.cx, *id, body.0).await?)
}

/// Give a credential a successor (轮换凭据).
///
/// Of the same kind, name and scopes (应用权限). Both are good for the overlap (重叠期), a day unless told, then the new one alone.
/// The new secret is in this answer and never shown again.
#[utoipa::path(
    tag = "applications",
    operation_id = "rotate_credential",
    params(("id" = CredentialId, Path, description = "Credential id (凭据编号)")),
    request_body(content = RotateCredential, example = json!({ "overlap_seconds": 3600 })),
    responses((status = 201, body = IssuedCredential), WriteProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[post("/credentials/{id}/rotate")]
async fn rotate_credential(call: Call, id: Path<CredentialId>, body: Body<RotateCredential>) -> Answer {
    created(call.identity.rotate_credential(&call.cx, *id, body.0).await?)
}

/// Revoke a credential (吊销凭据).
///
/// It is refused with `credential_revoked` from now on, and so are the tokens that were bought with it; in other servers
/// within five seconds. It stays on record.
#[utoipa::path(
    tag = "applications",
    operation_id = "revoke_credential",
    params(("id" = CredentialId, Path, description = "Credential id (凭据编号)")),
    responses((status = 204, description = "Revoked (已吊销)."), ReadProblems),
    extensions(("x-permission" = json!("application.manage")))
)]
#[delete("/credentials/{id}")]
async fn revoke_credential(call: Call, id: Path<CredentialId>) -> Answer {
    call.identity.revoke_credential(&call.cx, *id).await?;
    no_content()
}

/// Buy a token for a program (获取应用令牌).
///
/// OAuth 2.0 client credentials (RFC 6749, section 4.4): a form; the id of the application and one of its client secrets (客户端密钥)
/// by HTTP Basic or in the form. The token is good for 15 minutes, or until its secret or the application is revoked.
/// `scope` asks for less than the secret may do. A refusal is a problem like any other, with RFC 6749's word in `error`.
#[utoipa::path(
    tag = "applications",
    operation_id = "buy_token",
    request_body(content = BuyToken, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = ProgramToken), TokenProblems),
    extensions(("x-permission" = json!("public")))
)]
#[post("/oauth/token")]
async fn buy_token(public: Public, req: HttpRequest, form: FormBody<BuyToken>) -> Answer {
    ok(public.identity.sell_token(&public.core, form.0, basic(&req)).await?)
}

/// What came by HTTP Basic.
fn basic(req: &HttpRequest) -> Option<(String, String)> {
    let value = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (client, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((client.to_owned(), secret.to_owned()))
}
