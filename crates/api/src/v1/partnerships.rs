//! What organizations offer and need (双向服务清单).

use crate::prelude::*;
use kernel::id::PartnershipItemId;
use organizations::partnership::{
    self, ClaimPartnershipItem, CreatePartnershipItem, JudgePartnershipItem, ListPartnershipItems, PartnershipItem, SignPartnershipItem,
    WithdrawPartnershipItem,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_partnership_items)
        .service(create_partnership_item)
        .service(get_partnership_item)
        .service(claim_partnership_item)
        .service(sign_partnership_item)
        .service(judge_partnership_item)
        .service(withdraw_partnership_item);
}

/// List what is offered and needed (双向服务清单)
///
/// What lies where the caller reads organizations, or is of an organization or alliance (联盟) of theirs, and what is open to claim (待认领) in
/// their region, above and beneath it; the newest of a region first.
#[utoipa::path(tag = "alliances", operation_id = "list_partnership_items", params(ListPartnershipItems),
    responses((status = 200, body = Page<PartnershipItem>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/partnership_items")]
async fn list_partnership_items(call: Call, query: Query<ListPartnershipItems>) -> Answer {
    ok(partnership::list_partnership_items(&call.cx, query.into_inner()).await?)
}

/// Offer or need something (发布服务清单)
///
/// For an organization (单位) that the caller acts for: within an alliance (联盟) of which it is a member, or for a region (面向区划). Service
/// packages (服务套餐) are offers of kind `package`.
#[utoipa::path(tag = "alliances", operation_id = "create_partnership_item",
    request_body(content = CreatePartnershipItem, example = json!({
        "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "side": "offer", "kind": "package", "title": "商圈企业用工招聘专场",
        "alliance_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71", "valid_until": "2027-06-30"
    })),
    responses((status = 201, body = PartnershipItem), WriteProblems), extensions(("x-permission" = json!("partnership.act"))))]
#[post("/partnership_items")]
async fn create_partnership_item(call: Call, body: Body<CreatePartnershipItem>) -> Answer {
    created(partnership::create_partnership_item(&call.cx, body.0).await?)
}

/// Read what is offered or needed (查询服务清单条目)
///
/// With who claimed it (认领单位), who signed (签约) and what shows that it was fulfilled (履约佐证).
#[utoipa::path(tag = "alliances", operation_id = "get_partnership_item", params(("id" = PartnershipItemId, Path, description = "Item id (条目编号)")),
    responses((status = 200, body = PartnershipItem), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/partnership_items/{id}")]
async fn get_partnership_item(call: Call, id: Path<PartnershipItemId>) -> Answer {
    ok(partnership::get_partnership_item(&call.cx, *id).await?)
}

/// Claim what is offered or needed (认领)
///
/// For an organization (认领单位) that the caller acts for, a department or a community (双向认领); never one's own. Of several at once one has
/// it.
#[utoipa::path(tag = "alliances", operation_id = "claim_partnership_item", params(("id" = PartnershipItemId, Path, description = "Item id (条目编号)")),
    request_body(content = ClaimPartnershipItem, example = json!({ "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70" })),
    responses((status = 200, body = PartnershipItem), WriteProblems), extensions(("x-permission" = json!("partnership.act"))))]
#[post("/partnership_items/{id}/claim")]
async fn claim_partnership_item(call: Call, id: Path<PartnershipItemId>, body: Body<ClaimPartnershipItem>) -> Answer {
    ok(partnership::claim_partnership_item(&call.cx, *id, body.0).await?)
}

/// Sign for one side (签约)
///
/// With the signature of the second side it is signed (已签约). Nobody signs for both.
#[utoipa::path(tag = "alliances", operation_id = "sign_partnership_item", params(("id" = PartnershipItemId, Path, description = "Item id (条目编号)")),
    request_body(content = SignPartnershipItem, example = json!({ "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "version": 2 })),
    responses((status = 200, body = PartnershipItem), WriteProblems), extensions(("x-permission" = json!("partnership.act"))))]
#[post("/partnership_items/{id}/sign")]
async fn sign_partnership_item(call: Call, id: Path<PartnershipItemId>, body: Body<SignPartnershipItem>) -> Answer {
    ok(partnership::sign_partnership_item(&call.cx, *id, body.0).await?)
}

/// Judge whether it was fulfilled (履约评价)
///
/// For the receiving side: of an offer who claimed it (认领单位), of a need who has it (发布单位).
#[utoipa::path(tag = "alliances", operation_id = "judge_partnership_item", params(("id" = PartnershipItemId, Path, description = "Item id (条目编号)")),
    request_body(content = JudgePartnershipItem, example = json!({
        "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "fulfilled": true, "proof": "11月20日已开展义诊,服务居民60人。"
    })),
    responses((status = 200, body = PartnershipItem), WriteProblems), extensions(("x-permission" = json!("partnership.act"))))]
#[post("/partnership_items/{id}/judge")]
async fn judge_partnership_item(call: Call, id: Path<PartnershipItemId>, body: Body<JudgePartnershipItem>) -> Answer {
    ok(partnership::judge_partnership_item(&call.cx, *id, body.0).await?)
}

/// Withdraw it, or step back (撤回、取消认领)
///
/// Whoever offers or needs it withdraws it for good; whoever claimed it steps back, and it is open again. Until both have signed (签约).
#[utoipa::path(tag = "alliances", operation_id = "withdraw_partnership_item", params(("id" = PartnershipItemId, Path, description = "Item id (条目编号)")),
    request_body(content = WithdrawPartnershipItem, example = json!({
        "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "reason": "场地装修"
    })),
    responses((status = 200, body = PartnershipItem), WriteProblems), extensions(("x-permission" = json!("partnership.act"))))]
#[post("/partnership_items/{id}/withdraw")]
async fn withdraw_partnership_item(call: Call, id: Path<PartnershipItemId>, body: Body<WithdrawPartnershipItem>) -> Answer {
    ok(partnership::withdraw_partnership_item(&call.cx, *id, body.0).await?)
}
