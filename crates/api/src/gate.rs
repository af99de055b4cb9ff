//! The gate: what happens to every request before and after its handler.
//!
//! In: a request id, the language, the deadline, the operation of the contract (else 404 or 405), a turn,
//! who asks, its query parameters, its body, and the Idempotency-Key. Out: the refusal rendered or the
//! stored answer replayed, security headers, one line of log without personal data.

use crate::{
    batch, body,
    call::Worker,
    conditions::{self, Conditions},
    contract::{Found, Operation},
    metrics::{self, InFlight},
    open311::{self, Format},
    parked::Parked,
    problem::{self, Problem},
    scopes, trace,
    turns::Turn,
    wish::Wish,
};
use actix_web::{
    Error as ActixError, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Bytes,
};
use futures_util::{FutureExt, future::poll_immediate};
use identity::{Allowance, Outcome};
use kernel::{
    Actor, Code, Cx, Error,
    cx::IdempotencyKey,
    error::{Kind, Language},
};
use std::{borrow::Cow, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Instant};
use tokio::time::{timeout, timeout_at};
use tracing::{Instrument, Span};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// draft-ietf-httpapi-ratelimit-headers.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Bytes that a form may have beside its file.
const FORM_OVERHEAD: usize = 16 * 1024;

/// Security headers of every answer of the API.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
];
/// The documentation page loads its own scripts and styles, and nothing from elsewhere.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The middleware.
pub(crate) async fn gate<B: MessageBody + 'static>(mut req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<BoxBody>, ActixError> {
    // HEAD is GET without its body, which actix leaves out by itself.
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    open311::rehearse(&mut req);
    let worker = Worker::of(req.request()).clone();
    let goal = find(&req, &worker);
    let span = trace::request(req.headers(), req.method(), goal.operation, goal.route);
    pass(req, next, worker, goal, span.clone()).instrument(span).await
}

/// What a request is for, under the names of the log and the figures.
struct Goal {
    operation: &'static str,
    route: &'static str,
    /// Absent for the documentation page.
    found: kernel::Result<Option<&'static Operation>>,
}

async fn pass<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
    worker: Worker,
    goal: Goal,
    span: Span,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let mut began = Instant::now();
    let mut in_flight = Some(InFlight::begin());
    let request_id = request_id(req.headers());
    let language = language(req.headers());
    let docs = matches!(goal.found, Ok(None));
    // One deadline for all of it: finding out who asks, the work, and looking for a stored answer.
    let operation = goal.found.as_ref().ok().copied().flatten();
    let long = operation.is_some_and(|o| o.is_long(req.headers()));
    let format = Format::of(req.path(), req.headers());
    if operation.is_some_and(|o| o.batch) {
        req.extensions_mut().insert(batch::Reader { request_id: request_id.clone(), language });
    }
    let known = conditions::known(req.headers());
    let patience = if long { worker.settings.upload_deadline } else { worker.settings.request_deadline };
    let deadline = tokio::time::Instant::now() + patience;
    let late = |elapsed| Error::new(Code::DeadlineExceeded).because(elapsed);
    // Until the answer is there.
    let mut turn = None;
    let outcome = match goal.found {
        Ok(Some(operation)) => {
            timeout_at(deadline, admit(&mut req, &worker, operation, &mut turn)).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
        }
        Ok(None) => Ok(Admitted::default()),
        Err(error) => Err(error),
    };
    let method = req.method().clone();
    let actor = req.extensions().get::<Arc<Actor>>().cloned();
    let allowance = req.extensions().get::<Allowance>().copied();
    // No copy of the request may be alive while it is routed: actix takes it apart in place.
    let (http, outcome) = match outcome {
        Err(error) => (Some(req.into_parts().0), Err(error)),
        Ok(Admitted { key, conditional, wish }) => {
            // Work on a file is bounded by the memory that it takes, and must not keep others from their turn; the items of a
            // batch take turns of their own.
            if long {
                turn = None;
            }
            let handled = AssertUnwindSafe(async move { next.call(req).await }).catch_unwind();
            let (http, outcome) = match timeout_at(deadline, handled).await {
                Ok(Ok(Ok(response))) => {
                    let (http, response) = response.into_parts();
                    (Some(http), refusal_of(response))
                }
                Ok(Ok(Err(error))) => (None, Err(into_error(&error))),
                Ok(Err(_)) => (None, Err(Error::internal("the handler panicked"))),
                Err(elapsed) => (None, Err(late(elapsed))),
            };
            let outcome =
                timeout_at(deadline, repeated(&worker, actor.as_ref(), key, outcome)).await.unwrap_or_else(|elapsed| Err(late(elapsed)));
            let outcome = outcome.map_err(|error| if conditional { conditions::failed(error) } else { error });
            let outcome = match outcome.map(|mut response| (Parked::of(&mut response), response)) {
                Ok((Some(answer), _)) => {
                    // Whoever waits holds up nobody, and their waiting is no slowness of ours.
                    drop((turn.take(), in_flight.take()));
                    let waited = Instant::now();
                    let answer = AssertUnwindSafe(answer).catch_unwind().await;
                    began += waited.elapsed();
                    answer.map_or_else(|_| Err(Error::internal("the waiting panicked")), |answer| answer.map_err(|Problem(error)| error))
                }
                Ok((None, response)) => Ok(response),
                Err(error) => Err(error),
            };
            let outcome = match (outcome, wish) {
                (Ok(response), Some(wish)) => {
                    // Who has waited for the answer has used up the first deadline.
                    let fulfilled = wish.fulfil(&worker, actor.clone(), response);
                    timeout(patience, fulfilled).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
                }
                (outcome, _) => outcome,
            };
            (http, outcome)
        }
    };
    let outcome = match (outcome, format) {
        (Ok(response), Some(format)) => format.answer(response, goal.operation),
        (outcome, _) => outcome,
    };
    let mut response = match (outcome, format) {
        (Ok(response), _) => operation.map_or(Conditions::default(), |o| o.conditions).tag(response, known.as_deref()),
        (Err(error), None) => problem::render(&error, &request_id, language),
        (Err(error), Some(format)) => {
            let refusal = problem::render_open311(&error, &request_id, language);
            format.answer(refusal, open311::ERRORS).unwrap_or_else(|error| problem::render(&error, &request_id, language))
        }
    };
    if let Some(deprecation) = operation.and_then(|o| o.deprecation.as_ref()) {
        deprecation.announce(response.headers_mut());
    }
    finish(response.headers_mut(), &request_id, docs);
    let (status, time) = (response.status(), began.elapsed());
    let program = actor.as_ref().and_then(|a| a.program.as_ref());
    if let Some(program) = program {
        worker.identity.count_usage(program, goal.operation, usage_of(status), worker.core.clock.now());
    }
    if let Some(allowance) = allowance {
        limits(response.headers_mut(), &allowance);
    }
    metrics::answered(goal.operation, &method, status, time);
    trace::answered(&span, &request_id, status);
    tracing::info!(
        request_id,
        %method,
        route = goal.route,
        status = status.as_u16(),
        micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        account = actor.as_ref().and_then(|a| a.account).map(tracing::field::display),
        application = program.map(|p| tracing::field::display(p.id)),
        "request"
    );
    match http {
        Some(http) => Ok(ServiceResponse::new(http, response)),
        // The request went down with its handler; actix sends the response all the same.
        None => Err(InternalError::from_response("the handler gave no answer", response).into()),
    }
}

/// The operation of the contract, or else 404 or 405.
fn find(req: &ServiceRequest, worker: &Worker) -> Goal {
    if worker.settings.docs && (req.path() == "/docs" || req.path().starts_with("/docs/")) {
        return Goal { operation: "docs", route: "/docs", found: Ok(None) };
    }
    let found = if Format::is_told(req.path()) { worker.contract.find(req.method(), req.path()) } else { Found::Nothing };
    let refused = match found {
        Found::Operation(operation) => return Goal { operation: &operation.id, route: &operation.path, found: Ok(Some(operation)) },
        Found::WrongMethod(allow) => Error::new(Code::MethodNotAllowed).with("allow", allow),
        Found::Nothing => Error::new(Code::PathNotFound),
    };
    Goal { operation: "none", route: "-", found: Err(refused) }
}

/// What a request says beside what its handler reads.
#[derive(Default)]
pub(crate) struct Admitted {
    pub(crate) key: Option<IdempotencyKey>,
    /// Whether it says by `If-Match` from where it starts.
    pub(crate) conditional: bool,
    pub(crate) wish: Option<Wish>,
}

/// Waits for a turn, finds out who asks, checks the query, and reads the body and the Idempotency-Key.
async fn admit<'a>(
    req: &mut ServiceRequest,
    worker: &'a Worker,
    operation: &'static Operation,
    turn: &mut Option<Turn<'a>>,
) -> kernel::Result<Admitted> {
    req.extensions_mut().insert(operation);
    // Whoever asks after the health of an overloaded server is told at once.
    if operation.path.starts_with("/api/") || operation.open311 {
        *turn = Some(worker.turns.take().await?);
    }
    // PostgreSQL cannot store U+0000: nothing has such an id or code.
    let nul = req.path().contains("%00") || req.path().contains('\0');
    if operation.open311 && !nul {
        return open311::admit(req, worker, operation, turn).await;
    }
    if !operation.public {
        let presented = presented(req.headers())?.ok_or_else(|| Error::new(Code::TokenMissing))?;
        identify(req, worker, operation, &presented).await?;
    }
    if nul {
        return Err(Error::new(Code::PathParameterInvalid));
    }
    if let Some(error) = operation.refuse_query(req.query_string()) {
        return Err(error);
    }
    let expected = operation.conditions.expected(req.headers())?;
    if operation.method != Method::POST {
        let wish = Wish::take(req, operation.view.as_ref())?;
        return Ok(Admitted { wish, ..Admitted::default() });
    }
    let mut body = body(req, worker, operation, turn, true).await?;
    if let Some(version) = expected {
        body = conditions::with_version(body, version)?;
    }
    let key = if operation.public { None } else { idempotency_key(req, worker, &body)? };
    req.set_payload(Payload::from(body));
    if let Some(key) = &key {
        req.extensions_mut().insert(key.clone());
    }
    Ok(Admitted { key, conditional: expected.is_some(), wish: None })
}

/// Finds out who asks: somebody who is signed in, or a program that has not used up its quota and has the scope.
pub(crate) async fn identify(req: &ServiceRequest, worker: &Worker, operation: &Operation, presented: &str) -> kernel::Result<()> {
    let actor = worker.identity.authenticate(&worker.core, presented).await?;
    req.extensions_mut().insert(Arc::clone(&actor));
    if let Some(program) = &actor.program {
        let allowance = worker.identity.allowance(program, worker.core.clock.now());
        req.extensions_mut().insert(allowance);
        if let Some(refusal) = allowance.refusal() {
            return Err(refusal);
        }
        scopes::require(program.scopes, &operation.scopes)?;
    }
    Ok(())
}

/// Reads the body. Whoever sends it slowly holds up nobody: they wait for another turn when it is there. What is large takes room,
/// and those who are not `known` yet have little of it.
pub(crate) async fn body<'a>(
    req: &mut ServiceRequest,
    worker: &'a Worker,
    operation: &Operation,
    turn: &mut Option<Turn<'a>>,
    known: bool,
) -> kernel::Result<Bytes> {
    let (mut limit, mut patience) = (worker.settings.body_limit, body::PATIENCE);
    if operation.is_long(req.headers()) {
        if operation.raw {
            (limit, patience) = (worker.settings.upload_limit + FORM_OVERHEAD, worker.settings.upload_deadline);
        } else {
            limit = worker.settings.batch_limit();
        }
        *turn = None;
        let told = req.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        let uploads = if known { &worker.uploads } else { &worker.strangers };
        let room = uploads.room_for(told.unwrap_or(limit).min(limit)).await?;
        req.extensions_mut().insert(room);
    }
    let mut reading = pin!(body::collect(req.take_payload(), limit, patience));
    if let Some(body) = poll_immediate(&mut reading).await {
        return body;
    }
    *turn = None;
    let body = reading.await?;
    *turn = Some(worker.turns.take().await?);
    Ok(body)
}

/// The Idempotency-Key with a digest of the request, which is keyed, because a body may hold a password.
pub(crate) fn idempotency_key(req: &ServiceRequest, worker: &Worker, body: &[u8]) -> kernel::Result<Option<IdempotencyKey>> {
    let Some(key) = req.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    // The draft writes the key as a quoted string; the same one bare is the same key.
    let key = key.to_str().unwrap_or_default();
    let key = key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key).to_owned();
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::new(Code::IdempotencyKeyInvalid));
    }
    let body = without_boundary(req.headers(), body);
    let request = [req.method().as_str().as_bytes(), req.path().as_bytes(), &body].join(&0);
    let fingerprint = worker.core.vault.keyed_digest(&request)?;
    Ok(Some(IdempotencyKey { key, fingerprint }))
}

/// A form without what separates its parts, which is another with each attempt.
fn without_boundary<'a>(headers: &HeaderMap, body: &'a [u8]) -> Cow<'a, [u8]> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = kind.split_once("boundary=").filter(|_| kind.starts_with("multipart/")).map(|(_, b)| b.trim_matches('"').as_bytes());
    let Some(boundary) = boundary.filter(|b| !b.is_empty()) else { return Cow::Borrowed(body) };
    let (mut rest, mut left) = (body, Vec::with_capacity(body.len()));
    while let Some(first) = rest.first() {
        if rest.starts_with(boundary) {
            rest = &rest[boundary.len()..];
        } else {
            left.push(*first);
            rest = &rest[1..];
        }
    }
    Cow::Owned(left)
}

/// A refused request with a key may be the repetition of one that succeeded: then it gets that answer.
async fn repeated(
    worker: &Worker,
    actor: Option<&Arc<Actor>>,
    key: Option<IdempotencyKey>,
    outcome: Result<HttpResponse, Error>,
) -> Result<HttpResponse, Error> {
    let error = match outcome {
        Err(error) if error.code.kind() != Kind::Unavailable => error,
        settled => return settled,
    };
    let (Some(actor), Some(_)) = (actor, &key) else { return Err(error) };
    match Cx::new(worker.core.clone(), Arc::clone(actor)).with_key(key).replay().await? {
        Some(stored) => {
            let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
            Ok(HttpResponse::build(status).content_type("application/json").insert_header((REPLAYED, "true")).body(stored.body))
        }
        None => Err(error),
    }
}

/// The answer, or the refusal that a handler or actix itself wrapped into it.
fn refusal_of<B: MessageBody + 'static>(response: HttpResponse<B>) -> Result<HttpResponse, Error> {
    if let Some(error) = response.error() {
        return Err(into_error(error));
    }
    Ok(response.map_into_boxed_body())
}

fn into_error(error: &ActixError) -> Error {
    if let Some(Problem(inner)) = error.as_error::<Problem>() {
        return inner.clone();
    }
    match error.as_response_error().status_code() {
        StatusCode::NOT_FOUND => Error::new(Code::PathParameterInvalid),
        status if status.is_client_error() => Error::new(Code::QueryParameterInvalid).with("reason", body::expected(&error.to_string())),
        _ => Error::internal(error.to_string()),
    }
}

fn finish(headers: &mut HeaderMap, request_id: &str, docs: bool) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in HEADERS {
        let value = if docs && name == header::CONTENT_SECURITY_POLICY { DOCS_POLICY } else { value };
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Reads all that is read from headers, for fuzzers.
pub(crate) fn read(headers: &HeaderMap) {
    bearer(headers);
    language(headers);
    request_id(headers);
}

/// The token or API key that a request presents.
pub(crate) fn presented(headers: &HeaderMap) -> kernel::Result<Option<String>> {
    let Some(key) = headers.get(API_KEY).filter(|_| !headers.contains_key(header::AUTHORIZATION)) else { return Ok(bearer(headers)) };
    let key = key.to_str().ok().filter(|key| key.starts_with("lk_")).ok_or_else(|| Error::new(Code::ApiKeyInvalid))?;
    Ok(Some(key.to_owned()))
}

/// Tells a program what is left of its quota.
fn limits(headers: &mut HeaderMap, allowance: &Allowance) {
    let Allowance { limit, window, remaining, reset, .. } = allowance;
    let told =
        [(RATE_LIMIT_POLICY, format!("\"minute\";q={limit};w={window}")), (RATE_LIMIT, format!("\"minute\";r={remaining};t={reset}"))];
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

fn usage_of(status: StatusCode) -> Outcome {
    match status.as_u16() {
        ..400 => Outcome::Done,
        429 => Outcome::Throttled,
        400..500 => Outcome::Refused,
        _ => Outcome::Failed,
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The client's own request id where it is a decent one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let decent =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    #[expect(clippy::disallowed_methods, reason = "no part of any change; only names the request")]
    let new = || uuid::Uuid::now_v7().to_string();
    headers.get(REQUEST_ID).and_then(|v| v.to_str().ok()).filter(decent).map_or_else(new, str::to_owned)
}

/// Chinese, unless English is preferred.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let preferences = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut best = (Language::Chinese, 0.0);
    for preference in preferences.split(',') {
        let (tag, weight) = preference.trim().split_once(";q=").unwrap_or((preference.trim(), "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        let language = match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("en") => Language::English,
            Some("zh") => Language::Chinese,
            _ => continue,
        };
        if weight > best.1 {
            best = (language, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_at_the_same_form_are_the_same() {
        let with = |boundary: &str| {
            let mut headers = HeaderMap::new();
            let kind = format!("multipart/form-data; boundary={boundary}");
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).expect("a header"));
            without_boundary(&headers, format!("--{boundary}\r\nx\r\n--{boundary}--").as_bytes()).into_owned()
        };
        assert_eq!(with("abc"), with("\"defghi\"".trim_matches('"')));
        assert_eq!(without_boundary(&HeaderMap::new(), b"abc").as_ref(), b"abc");
    }

    #[test]
    fn english_only_when_preferred() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(text).expect("a header"));
            language(&headers)
        };
        assert_eq!(with("en"), Language::English);
        assert_eq!(with("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(with("fr, en-GB;q=0.7, zh;q=0.2"), Language::English);
        assert_eq!(with("*"), Language::Chinese);
        assert_eq!(with("e;q=;;é"), Language::Chinese);
        assert_eq!(language(&HeaderMap::new()), Language::Chinese);
    }
}
