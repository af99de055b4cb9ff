//! WeChat (微信小程序): signing in from a mini-program, what it tells people, what it checks.

use crate::{body, call::Worker, prelude::*};
use actix_web::{HttpRequest, http::header, web::Payload};
use connect::wechat::{
    self, BindWechat, DecideWechatCheck, ListWechatChecks, ListWechatMessages, ListWechatTemplates, MakeWechatQrCode, ReceiveWechatPush,
    RecordWechatSubscriptions, SetWechatTemplate, SignInByWechat, WechatBinding, WechatCheck, WechatMessage, WechatSubscriptionList,
    WechatTemplate,
};
use identity::Tokens;
use kernel::{
    Cx,
    id::{WechatCheckId, WechatMessageId},
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(sign_in_by_wechat)
        .service(bind_wechat)
        .service(unbind_wechat)
        .service(list_wechat_subscriptions)
        .service(record_wechat_subscriptions)
        .service(list_wechat_templates)
        .service(set_wechat_template)
        .service(list_wechat_messages)
        .service(retry_wechat_message)
        .service(list_wechat_checks)
        .service(decide_wechat_check)
        .service(get_wechat_qr_code)
        .service(verify_wechat_push)
        .service(receive_wechat_push);
}

/// Sign in from a mini-program (微信登录)
///
/// `code` is what `wx.login` gave. The first time `phone_code` is needed too (手机号授权): the account with this phone number is bound
/// to the WeChat user (绑定), and from then on `code` is enough. Without it the answer is `wechat_unbound`. Accounts that manage others
/// are bound by `bind_wechat`. An `Idempotency-Key` has no effect here: tokens are not stored.
#[utoipa::path(tag = "wechat", operation_id = "sign_in_by_wechat",
    request_body(content = SignInByWechat, example = json!({ "code": "0b1Tq0000Xyz", "phone_code": "e31968a7f94cc5ee25fafc2aef2773f0" })),
    responses((status = 201, body = Tokens), WechatProblems), extensions(("x-permission" = json!("public"))))]
#[post("/wechat/sessions")]
async fn sign_in_by_wechat(public: Public, body: Body<SignInByWechat>) -> Answer {
    let wechat = public.wechat()?;
    created(wechat::sign_in(&public.core, &public.identity, wechat, body.0, public.network.as_deref()).await?)
}

/// Bind one's account to a WeChat user (绑定微信)
///
/// By somebody who has signed in otherwise; in place of the WeChat user that it was bound to before (换绑).
#[utoipa::path(tag = "wechat", operation_id = "bind_wechat",
    request_body(content = BindWechat, example = json!({ "code": "0b1Tq0000Xyz" })),
    responses((status = 200, body = WechatBinding), WechatProblems), extensions(("x-permission" = json!("signed_in"))))]
#[post("/wechat/binding")]
async fn bind_wechat(call: Call, body: Body<BindWechat>) -> Answer {
    ok(wechat::bind(&call.cx, call.wechat()?, body.0).await?)
}

/// Unbind one's account from WeChat (解绑微信)
///
/// And forget what its user agreed to be told (订阅). Sessions that are open stay open.
#[utoipa::path(tag = "wechat", operation_id = "unbind_wechat",
    responses((status = 204, description = "Unbound (已解绑)."), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[delete("/wechat/binding")]
async fn unbind_wechat(call: Call) -> Answer {
    wechat::unbind(&call.cx).await?;
    no_content()
}

/// List the messages that one can agree to (可订阅消息)
///
/// One for each template; ask for them by `wx.requestSubscribeMessage` and record what the user said.
#[utoipa::path(tag = "wechat", operation_id = "list_wechat_subscriptions",
    responses((status = 200, body = WechatSubscriptionList), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/wechat/subscriptions")]
async fn list_wechat_subscriptions(call: Call) -> Answer {
    ok(wechat::list_subscriptions(&call.cx).await?)
}

/// Record what the user agreed to (记录订阅结果)
///
/// Each acceptance is good for one message (一次性订阅). Templates that are not in use are passed over.
#[utoipa::path(tag = "wechat", operation_id = "record_wechat_subscriptions",
    request_body(content = RecordWechatSubscriptions, example = json!({ "accepted": ["zun-LzcQyW-edafCVvzPkK4de2Rllr1fFpw2A_x0oXE"], "refused": [] })),
    responses((status = 200, body = WechatSubscriptionList), WriteProblems), extensions(("x-permission" = json!("signed_in"))))]
#[post("/wechat/subscriptions")]
async fn record_wechat_subscriptions(call: Call, body: Body<RecordWechatSubscriptions>) -> Answer {
    ok(wechat::record_subscriptions(&call.cx, body.0).await?)
}

/// List what subscribe messages say (订阅消息设置)
///
/// Where the caller holds `wechat.manage`, the newest first.
#[utoipa::path(tag = "wechat", operation_id = "list_wechat_templates", params(ListWechatTemplates),
    responses((status = 200, body = Page<WechatTemplate>), ReadProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[get("/wechat/templates")]
async fn list_wechat_templates(call: Call, query: Query<ListWechatTemplates>) -> Answer {
    ok(wechat::list_templates(&call.cx, query.into_inner()).await?)
}

/// Say what a subscribe message tells whom (设置订阅消息)
///
/// For one step of orders and one audience in a region and beneath; the most specific place decides. Whoever has agreed to the
/// template is then told of that step. Setting it again replaces it; `enabled: false` stops it (停用).
#[utoipa::path(tag = "wechat", operation_id = "set_wechat_template",
    request_body(content = SetWechatTemplate, example = json!({
        "region_code": "321182001017", "event_type": "order.completed", "audience": "requester",
        "template_id": "zun-LzcQyW-edafCVvzPkK4de2Rllr1fFpw2A_x0oXE", "page": "pages/order/order?id={order_id}",
        "fields": [
            { "key": "character_string1", "from": "number" }, { "key": "thing2", "from": "title" },
            { "key": "phrase3", "from": "state" }, { "key": "time4", "from": "happened_at" },
            { "key": "thing5", "from": "text", "text": "请为这次服务评价" }
        ]
    })),
    responses((status = 200, body = WechatTemplate), WriteProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[post("/wechat/templates")]
async fn set_wechat_template(call: Call, body: Body<SetWechatTemplate>) -> Answer {
    ok(wechat::set_template(&call.cx, body.0).await?)
}

/// List subscribe messages (订阅消息列表)
///
/// To whom, of which step, and what WeChat said when it did not take one; the newest first.
#[utoipa::path(tag = "wechat", operation_id = "list_wechat_messages", params(ListWechatMessages),
    responses((status = 200, body = Page<WechatMessage>), ReadProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[get("/wechat/messages")]
async fn list_wechat_messages(call: Call, query: Query<ListWechatMessages>) -> Answer {
    ok(wechat::list_messages(&call.cx, query.into_inner()).await?)
}

/// Send a failed message once more (重发订阅消息)
///
/// At once, and again while WeChat is away. One that its user did not want (拒收) is not sent.
#[utoipa::path(tag = "wechat", operation_id = "retry_wechat_message", params(("id" = WechatMessageId, Path, description = "Message id (订阅消息编号)")),
    responses((status = 200, body = WechatMessage), WriteProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[post("/wechat/messages/{id}/retry")]
async fn retry_wechat_message(call: Call, id: Path<WechatMessageId>) -> Answer {
    ok(wechat::retry_message(&call.cx, *id).await?)
}

/// List content checks (内容检测列表)
///
/// What WeChat thinks of orders and pictures from the mini-program; `state=review` is what waits for a person (待人工审核).
#[utoipa::path(tag = "wechat", operation_id = "list_wechat_checks", params(ListWechatChecks),
    responses((status = 200, body = Page<WechatCheck>), ReadProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[get("/wechat/checks")]
async fn list_wechat_checks(call: Call, query: Query<ListWechatChecks>) -> Answer {
    ok(wechat::list_checks(&call.cx, query.into_inner()).await?)
}

/// Decide on what WeChat found fault with (内容审定)
///
/// A picture leaves its quarantine (解除隔离), or is shown never again.
#[utoipa::path(tag = "wechat", operation_id = "decide_wechat_check", params(("id" = WechatCheckId, Path, description = "Check id (检测编号)")),
    request_body(content = DecideWechatCheck, example = json!({ "pass": true })),
    responses((status = 200, body = WechatCheck), WriteProblems), extensions(("x-permission" = json!("wechat.manage"))))]
#[post("/wechat/checks/{id}/decide")]
async fn decide_wechat_check(call: Call, id: Path<WechatCheckId>, body: Body<DecideWechatCheck>) -> Answer {
    ok(wechat::decide_check(&call.cx, *id, body.0).await?)
}

/// Draw a QR code into the mini-program (小程序码)
///
/// For a notice board: who scans it opens the page with this scene (场景值).
#[utoipa::path(tag = "wechat", operation_id = "get_wechat_qr_code", params(MakeWechatQrCode),
    responses((status = 200, body = String, content_type = "image/jpeg", description = "The picture (小程序码)."), WechatProblems),
    extensions(("x-permission" = json!("wechat.manage"))))]
#[get("/wechat/qr_code")]
async fn get_wechat_qr_code(call: Call, req: HttpRequest, query: Query<MakeWechatQrCode>) -> Answer {
    let core = &Worker::of(&req).core;
    let code = wechat::make_qr_code(&call.cx, core, call.wechat()?, query.into_inner()).await?;
    let kind = if code.media_type == "image/png" { "image/png" } else { "image/jpeg" };
    Ok(HttpResponse::Ok().content_type(kind).insert_header((header::CONTENT_ENCODING, "identity")).body(code.bytes))
}

/// Prove to WeChat that this address is ours (消息推送验证)
///
/// WeChat asks it when message push is set up: the signature fits, and `echostr` comes back as it was.
#[utoipa::path(tag = "wechat", operation_id = "verify_wechat_push", params(ReceiveWechatPush),
    responses((status = 200, body = String, content_type = "text/plain", description = "`echostr` (随机字符串)."), WechatProblems),
    extensions(("x-permission" = json!("public"))))]
#[get("/wechat/push")]
async fn verify_wechat_push(public: Public, query: Query<ReceiveWechatPush>) -> Answer {
    let echo = wechat::verify_push(&Cx::system(public.core.clone()), public.wechat()?, &query)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(echo))
}

/// Take what WeChat tells by itself (消息推送)
///
/// JSON, plain (明文模式) or encrypted (安全模式), signed and not older than five minutes. What is of no use here is taken too.
#[utoipa::path(tag = "wechat", operation_id = "receive_wechat_push", params(ReceiveWechatPush),
    request_body(content = String, content_type = "text/plain", description = "What WeChat sends, whatever it calls it (推送内容)."),
    responses((status = 200, body = String, content_type = "text/plain", description = "`success` (已接收)."), WechatProblems),
    extensions(("x-permission" = json!("public"))))]
#[post("/wechat/push")]
async fn receive_wechat_push(req: HttpRequest, public: Public, query: Query<ReceiveWechatPush>, payload: Payload) -> Answer {
    let wechat = public.wechat()?;
    let bytes = body::collect(payload.into_inner(), Worker::of(&req).settings.body_limit, body::PATIENCE).await?;
    wechat::receive_push(&Cx::system(public.core.clone()), wechat, &query, &bytes).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("success"))
}
