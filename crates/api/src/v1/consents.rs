//! Consents (同意): recorded, shown, withdrawn.

use crate::prelude::*;
use ::grids::consent::{self as domain, Consent, ListConsents, RecordConsent, WithdrawConsent};
use kernel::id::{ConsentId, ResidentId};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_own_consents)
        .service(give_consent)
        .service(list_consents)
        .service(record_consent)
        .service(get_consent)
        .service(withdraw_consent);
}

/// List the consents of a resident (同意记录).
///
/// Oldest first, without their texts. What somebody has agreed to tells of sensitive data (敏感个人信息): it needs
/// `resident.read_sensitive`.
#[utoipa::path(tag = "own_data", operation_id = "list_consents", params(("id" = ResidentId, Path, description = "Resident id (居民标识)"), ListConsents),
    responses((status = 200, body = Page<Consent>), ReadProblems), extensions(("x-permission" = json!("resident.read_sensitive"))))]
#[get("/residents/{id}/consents")]
async fn list_consents(call: Call, id: Path<ResidentId>, query: Query<ListConsents>) -> Answer {
    ok(domain::list_consents(&call.cx, *id, query.into_inner()).await?)
}

/// Record that a resident agreed (登记同意).
///
/// To a purpose (处理目的), kinds of data (信息种类) and a version of the text (告知书版本); another of these is another consent
/// (PIPL 14). For a child under 14 a guardian (监护人) agrees (PIPL 31). Text, guardian and evidence are stored sealed.
#[utoipa::path(tag = "own_data", operation_id = "record_consent", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = RecordConsent, example = json!({
        "purpose": "残疾人帮扶走访", "kinds": ["disability"], "text_version": "2026-01", "given_by": "oneself", "channel": "written"
    })),
    responses((status = 201, body = Consent), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}/consents")]
async fn record_consent(call: Call, id: Path<ResidentId>, body: Body<RecordConsent>) -> Answer {
    created(domain::record_consent(&call.cx, *id, body.0).await?)
}

/// Read one consent (查询同意记录).
///
/// With its text (告知内容). One's own, that of the resident one's account is linked to, or with `resident.read_sensitive`.
#[utoipa::path(tag = "own_data", operation_id = "get_consent", params(("id" = ConsentId, Path, description = "Consent id (同意记录标识)")),
    responses((status = 200, body = Consent), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/consents/{id}")]
async fn get_consent(call: Call, id: Path<ConsentId>) -> Answer {
    ok(domain::get_consent(&call.cx, *id).await?)
}

/// Withdraw a consent (撤回同意).
///
/// As easy as giving it, and no reason is asked (PIPL 15). The tags (标签) that rest on it end in the same moment. By the person, or
/// by whoever keeps the entry (`resident.manage`), who is told of it.
#[utoipa::path(tag = "own_data", operation_id = "withdraw_consent", params(("id" = ConsentId, Path, description = "Consent id (同意记录标识)")),
    request_body(content = WithdrawConsent, example = json!({ "version": 1 })),
    responses((status = 200, body = Consent), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/consents/{id}/withdraw")]
async fn withdraw_consent(call: Call, id: Path<ConsentId>, body: Body<WithdrawConsent>) -> Answer {
    ok(domain::withdraw_consent(&call.cx, *id, body.0).await?)
}

/// List one's own consents (我的同意).
///
/// Those given for one's account, oldest first, without their texts.
#[utoipa::path(tag = "own_data", operation_id = "list_own_consents", params(ListConsents),
    responses((status = 200, body = Page<Consent>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/me/consents")]
async fn list_own_consents(call: Call, query: Query<ListConsents>) -> Answer {
    ok(domain::list_own_consents(&call.cx, query.into_inner()).await?)
}

/// Agree (同意).
///
/// For the data of one's own account, to a purpose (处理目的), kinds of data (信息种类) and a version of the text (告知书版本).
#[utoipa::path(tag = "own_data", operation_id = "give_consent",
    request_body(content = RecordConsent, example = json!({
        "purpose": "订阅消息推送", "kinds": ["phone"], "text_version": "2026-01", "channel": "online"
    })),
    responses((status = 201, body = Consent), WriteProblems), extensions(("x-permission" = json!("signed_in"))))]
#[post("/me/consents")]
async fn give_consent(call: Call, body: Body<RecordConsent>) -> Answer {
    created(domain::give_consent(&call.cx, body.0).await?)
}
