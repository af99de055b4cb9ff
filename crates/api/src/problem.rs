//! Refusals on the wire: `kernel::Error` as RFC 9457 `application/problem+json`.
//!
//! The only file that knows HTTP statuses. A handler returns a [`Problem`]; the gate renders it,
//! because only the gate knows the request id and the language. Internal errors are logged with
//! their chain and tell the client a code and a request id, nothing else.

use crate::metrics;
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use kernel::error::{Code, Error, Kind, Language};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response::Response, schema::ArrayBuilder},
};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status(self.0.code.kind())
    }

    // The gate replaces this by `render`.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The one table from kind to status.
const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

/// What Open311 has for it: 404 for what there is not, 403 for who may not, 400 for whatever else the client got wrong.
const fn open311_status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Unauthenticated | Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Malformed | Kind::Invalid | Kind::Conflict | Kind::PreconditionFailed | Kind::UnsupportedMedia => StatusCode::BAD_REQUEST,
        other => status(other),
    }
}

/// Seconds after which a refused request may be tried again.
const fn retry_after(kind: Kind) -> Option<u32> {
    match kind {
        Kind::Unavailable => Some(1),
        Kind::TooManyRequests | Kind::StorageFull => Some(30),
        _ => None,
    }
}

/// Seconds after which a window begins anew, where the error knows.
fn told_seconds(error: &Error) -> Option<u32> {
    let seconds = error.params.iter().find(|(name, _)| error.code == Code::QuotaExceeded && *name == "seconds");
    seconds.and_then(|(_, seconds)| seconds.parse().ok())
}

/// What RFC 6749, section 5.2, calls it.
const fn oauth_word(code: Code) -> Option<&'static str> {
    match code {
        Code::ClientInvalid => Some("invalid_client"),
        Code::GrantTypeUnsupported => Some("unsupported_grant_type"),
        Code::ScopeInvalid => Some("invalid_scope"),
        Code::ClientRepeated => Some("invalid_request"),
        _ => None,
    }
}

/// A refusal (RFC 9457 problem details, 错误).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI that names the kind of problem (问题类型).
    #[serde(rename = "type")]
    #[schema(example = "urn:linli:problem:order_state_conflict")]
    kind: String,
    /// The HTTP status phrase.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub(crate) status: u16,
    /// The stable word that a program acts on (错误码).
    #[schema(value_type = String, example = "order_state_conflict")]
    code: Code,
    /// What happened, in Chinese or English by `Accept-Language` (说明).
    detail: String,
    /// The id of the request, also in `X-Request-Id` (请求编号).
    request_id: String,
    /// The values in `detail`, by name: for instance the state that an order is in now.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, String>,
    /// The fields at fault (出错字段).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Seconds after which it may be tried again, also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86400)]
    retry_after: Option<u32>,
    /// The word of RFC 6749 for it, where a token is bought (OAuth 错误码).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_client")]
    error: Option<&'static str>,
}

/// A field at fault (出错字段).
#[derive(Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where, as a JSON pointer in fragment form.
    #[schema(example = "#/contact/phone")]
    pointer: String,
    /// The stable word of the rule that it breaks.
    #[schema(value_type = String, example = "field_length")]
    code: Code,
    /// What is wrong with it.
    detail: String,
}

/// A refusal in Open311's shape (错误).
#[derive(Serialize, ToSchema)]
pub struct Open311Error {
    /// The HTTP status, 404, 403 or 400 for what the caller can mend.
    #[schema(minimum = 400, maximum = 599)]
    code: u16,
    /// Where it is, what is wrong, and in parentheses the stable word of it (说明).
    #[schema(example = "service_code: 没有这个服务事项。 (service_item_not_found)")]
    description: String,
}

/// What its reader is told of a refusal, which is counted and, where it is our fault, logged.
pub(crate) fn told(error: &Error, request_id: &str, language: Language) -> ProblemBody {
    let kind = error.code.kind();
    let status = status(kind);
    metrics::refused(error.code);
    // An overloaded server has no time for a line about each that it refuses: `turns` tells of them together.
    let failed = matches!(kind, Kind::Internal | Kind::Unavailable | Kind::StorageFull) && error.code != Code::ServerOverloaded;
    if failed {
        tracing::error!(request_id, code = error.code.as_str(), cause = chain(error), "request failed");
    }
    let internal = kind == Kind::Internal;
    ProblemBody {
        kind: format!("urn:linli:problem:{}", error.code.as_str()),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        code: error.code,
        detail: error.sentence(language),
        request_id: request_id.to_owned(),
        params: if internal { BTreeMap::new() } else { error.params.iter().cloned().collect() },
        errors: error
            .fields
            .iter()
            .map(|f| FieldProblem { pointer: f.pointer.clone(), code: f.code, detail: f.sentence(language) })
            .collect(),
        retry_after: told_seconds(error).or(retry_after(kind)),
        error: oauth_word(error.code),
    }
}

/// Builds the answer.
pub(crate) fn render(error: &Error, request_id: &str, language: Language) -> HttpResponse {
    let kind = error.code.kind();
    let status = status(kind);
    let body = told(error, request_id, language);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    head(&mut response, error, &body, language);
    if kind == Kind::Unauthenticated {
        response
            .insert_header((header::WWW_AUTHENTICATE, if error.code == Code::ClientInvalid { "Basic realm=\"linli\"" } else { "Bearer" }));
    }
    response.json(body)
}

/// The headers of a refusal, whatever its shape.
fn head(response: &mut HttpResponseBuilder, error: &Error, body: &ProblemBody, language: Language) {
    response.insert_header((header::CONTENT_LANGUAGE, if language == Language::English { "en" } else { "zh-CN" }));
    if let Some(seconds) = body.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    let refused = error.code.kind() == Kind::MethodNotAllowed;
    if let Some((_, allow)) = error.params.iter().find(|(name, _)| refused && *name == "allow") {
        response.insert_header((header::ALLOW, allow.as_str()));
    }
}

/// Builds the answer of the façade: a list with one entry for each field at fault, or of one.
pub(crate) fn render_open311(error: &Error, request_id: &str, language: Language) -> HttpResponse {
    let body = told(error, request_id, language);
    let status = open311_status(error.code.kind());
    let entry = |description: String| Open311Error { code: status.as_u16(), description };
    let fields = body.errors.iter().map(|field| {
        let name = connect::open311::parameter(&field.pointer);
        entry(format!("{name}: {} ({})", field.detail, field.code.as_str()))
    });
    let mut entries: Vec<Open311Error> = fields.collect();
    if entries.is_empty() {
        entries.push(entry(format!("{} ({})", body.detail, error.code.as_str())));
    }
    let mut response = HttpResponse::build(status);
    head(&mut response, error, &body, language);
    response.json(entries)
}

fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(" <- ")
}

fn problem_response(description: &str) -> RefOr<Response> {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
        .into()
}

fn problem_responses(statuses: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    statuses.iter().map(|(status, description)| ((*status).to_owned(), problem_response(description))).collect()
}

const READ: [(&str, &str); 6] = [
    ("400", "The request cannot be read (请求有误)."),
    ("401", "Nobody is signed in (未登录)."),
    ("403", "A permission is missing (无权限)."),
    ("404", "It does not exist, or you may not know of it (不存在)."),
    ("500", "Our fault (内部错误)."),
    ("503", "The database is away; see `Retry-After` (暂不可用)."),
];

const WRITE: [(&str, &str); 5] = [
    ("409", "The state of things forbids it (状态冲突)."),
    ("413", "The body is over the limit (请求体过大)."),
    ("415", "The body is not JSON (媒体类型不支持)."),
    ("422", "The content breaks a rule; see `errors` (内容不合要求)."),
    ("507", "There is no room left to store it (存储空间不足)."),
];

/// The refusals of a read, for `responses(…)`.
pub struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem_responses(&READ)
    }
}

/// The refusals of a change, for `responses(…)`.
pub struct WriteProblems;

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = problem_responses(&READ);
        all.extend(problem_responses(&WRITE));
        all
    }
}

/// The refusals of an upload.
pub struct UploadProblems;

impl IntoResponses for UploadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = problem_responses(&READ);
        all.extend(problem_responses(&WRITE));
        all.extend(problem_responses(&[("429", "Too many today; see `Retry-After` (超出每日限额).")]));
        all
    }
}

/// The refusals of what WeChat is asked for somebody who need not have signed in.
pub struct WechatProblems;

impl IntoResponses for WechatProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = problem_responses(&READ);
        all.extend(problem_responses(&WRITE));
        all.extend(problem_responses(&[
            ("403", "WeChat or this server does not let them (微信限制或无权限)."),
            ("429", "WeChat is asked too often; see `Retry-After` (调用过于频繁)."),
            ("503", "WeChat is not connected or cannot be reached, or the database is away; see `Retry-After` (微信或数据库暂不可用)."),
        ]));
        all
    }
}

/// The refusals of buying a token.
pub struct TokenProblems;

impl IntoResponses for TokenProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = problem_responses(&READ);
        all.extend(problem_responses(&WRITE[1..4]));
        all.remove("403");
        all.remove("404");
        all
    }
}

/// The refusals of signing in and of set-up.
pub struct SignInProblems;

impl IntoResponses for SignInProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = problem_responses(&READ);
        all.extend(problem_responses(&WRITE));
        all.extend(problem_responses(&[("429", "Too many attempts; see `Retry-After` (尝试过于频繁).")]));
        all.remove("403");
        all.remove("404");
        all
    }
}

/// The refusals of the façade, in both of its formats.
fn open311_responses(statuses: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let list = || ArrayBuilder::new().items(Ref::from_schema_name("Open311Error")).build();
    let content = || ContentBuilder::new().schema(Some(list())).build();
    let response = |description: &str| {
        ResponseBuilder::new().description(description).content("application/json", content()).content("text/xml", content()).build().into()
    };
    statuses.iter().map(|(status, description)| ((*status).to_owned(), response(description))).collect()
}

const OPEN311: [(&str, &str); 5] = [
    ("400", "The request cannot be read, or the state of things forbids it (请求有误)."),
    ("403", "The API key is missing or wrong, or may not do this (密钥无效或无权限)."),
    ("404", "There is no such service, request, token or jurisdiction (不存在)."),
    ("500", "Our fault (内部错误)."),
    ("503", "The database is away; see `Retry-After` (暂不可用)."),
];

/// The refusals of a read of the façade.
pub struct Open311Problems;

impl IntoResponses for Open311Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        open311_responses(&OPEN311)
    }
}

/// The refusals of a change by the façade.
pub struct Open311WriteProblems;

impl IntoResponses for Open311WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = open311_responses(&OPEN311);
        all.extend(open311_responses(&[
            ("413", "The body is over the limit (请求体过大)."),
            ("429", "The application has used up its quota, or its files of a day; see `Retry-After` (超出配额)."),
            ("507", "There is no room left to store it (存储空间不足)."),
        ]));
        all
    }
}
