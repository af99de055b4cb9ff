//! Signing in (登录), staying in, leaving; the first set-up; and who one is.

use crate::prelude::*;
use identity::{Account, Me, Refresh, SetUp, SignIn, Tokens};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(sign_in).service(refresh_session).service(sign_out).service(set_up).service(get_me);
}

/// Sign in (登录).
///
/// Gives an access token (访问令牌) of 15 minutes and a refresh token (刷新令牌) for a session (会话) of 30 days. A wrong
/// name, a wrong password and a disabled account get the same `credentials_wrong`; after five of those within a
/// minute the answer is `rate_limited`. An `Idempotency-Key` has no effect here: tokens are not stored.
#[utoipa::path(
    tag = "sessions",
    operation_id = "sign_in",
    request_body(content = SignIn, example = json!({ "name": "wang.li", "password": "correct horse battery" })),
    responses((status = 201, body = Tokens), SignInProblems),
    extensions(("x-permission" = json!("public")))
)]
#[post("/sessions")]
async fn sign_in(public: Public, body: Body<SignIn>) -> Answer {
    created(public.identity.sign_in(&public.core, body.0, public.network.as_deref()).await?)
}

/// Get the next pair of tokens (刷新令牌).
///
/// A refresh token is good once. The one before the current one is forgiven for ten seconds and gets the current one
/// again, for two requests at once or an answer that was lost; an older one ends the session (令牌重用即注销会话),
/// because somebody else has a copy.
#[utoipa::path(
    tag = "sessions",
    operation_id = "refresh_session",
    request_body(content = Refresh, example = json!({ "refresh_token": "AZqhwn1AfD6fWypuTRyLcAAAAAGbVnJ0Y2hfZXhhbXBsZV9vbmx5X25v" })),
    responses((status = 200, body = Tokens), SignInProblems),
    extensions(("x-permission" = json!("public")))
)]
#[post("/sessions/refresh")]
async fn refresh_session(public: Public, body: Body<Refresh>) -> Answer {
    ok(public.identity.refresh(&public.core, body.0).await?)
}

/// Sign out (退出登录).
///
/// Ends this session (会话): its access token and its refresh token are worth nothing from now on. Other devices
/// stay signed in.
#[utoipa::path(
    tag = "sessions",
    operation_id = "sign_out",
    responses((status = 204, description = "Signed out (已退出)."), ReadProblems),
    extensions(("x-permission" = json!("signed_in")))
)]
#[delete("/sessions/current")]
async fn sign_out(call: Call) -> Answer {
    call.identity.sign_out(&call.cx).await?;
    no_content()
}

/// Make the first administrator (系统初始化).
///
/// Takes the one-time set-up token (初始化令牌) that the server printed at its first start, and opens the first account
/// (账号), administrator (管理员) of the whole country. After that every token is refused.
#[utoipa::path(
    tag = "sessions",
    operation_id = "set_up",
    request_body(content = SetUp, example = json!({
        "token": "q1Zt3mJxv0c2b4n6m8k0h2g4f6d8s0a2P4o6i8u0y2t",
        "name": "admin",
        "password": "correct horse battery",
        "display_name": "王丽"
    })),
    responses((status = 201, body = Account), SignInProblems),
    extensions(("x-permission" = json!("public")))
)]
#[post("/setup")]
async fn set_up(public: Public, body: Body<SetUp>) -> Answer {
    created(identity::set_up(&public.core, body.0).await?)
}

/// Who am I, and what may I do (当前账号)?
///
/// The account (账号) in full, its grants (授权) that are in force, and the permissions (权限) that they give in at least
/// one place.
#[utoipa::path(
    tag = "sessions",
    operation_id = "get_me",
    responses((status = 200, body = Me), ReadProblems),
    extensions(("x-permission" = json!("signed_in")))
)]
#[get("/me")]
async fn get_me(call: Call) -> Answer {
    ok(identity::me(&call.cx).await?)
}
