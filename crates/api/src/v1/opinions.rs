//! Opinions (意见建议) and what becomes of them.

use crate::prelude::*;
use kernel::id::OpinionId;
use visits::opinion::{self, AnswerOpinion, FeedOpinionBack, ListOpinions, Opinion, OrderOpinion, RecordOpinion};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_opinions)
        .service(record_opinion)
        .service(get_opinion)
        .service(order_opinion)
        .service(answer_opinion)
        .service(feed_opinion_back);
}

/// List opinions (意见建议列表)
///
/// Those where the caller holds `opinion.read`, or one's own records. State `answered` are those that the resident is still to
/// be told of (待反馈).
#[utoipa::path(tag = "visits", operation_id = "list_opinions", params(ListOpinions),
    responses((status = 200, body = Page<Opinion>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/opinions")]
async fn list_opinions(call: Call, query: Query<ListOpinions>) -> Answer {
    ok(opinion::list_opinions(&call.cx, query.into_inner()).await?)
}

/// Record an opinion (记录意见建议)
///
/// Where it was heard (来源): on one's own visit (走访), at an appointment that one received (接待), or in a diary that one
/// writes (民情日记). What was said is stored sealed.
#[utoipa::path(tag = "visits", operation_id = "record_opinion",
    request_body(content = RecordOpinion, example = json!({
        "source": { "kind": "appointment", "id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70" }, "title": "增设电动车充电桩", "content": "12幢只有四个充电口,晚上排不上。"
    })),
    responses((status = 201, body = Opinion), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/opinions")]
async fn record_opinion(call: Call, body: Body<RecordOpinion>) -> Answer {
    created(opinion::record_opinion(&call.cx, body.0).await?)
}

/// Read an opinion (查询意见建议)
///
/// With what came of its order (办理结果). In full for who recorded it and with `opinion.read_personal`; masked with
/// `opinion.read`.
#[utoipa::path(tag = "visits", operation_id = "get_opinion", params(("id" = OpinionId, Path, description = "Opinion id (意见编号)")),
    responses((status = 200, body = Opinion), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/opinions/{id}")]
async fn get_opinion(call: Call, id: Path<OpinionId>) -> Answer {
    ok(opinion::get_opinion(&call.cx, *id).await?)
}

/// Make an order of an opinion (意见转订单)
///
/// Placed on behalf of who said it (`order.place_on_behalf` is needed too); its outcome comes back to the opinion by itself.
#[utoipa::path(tag = "visits", operation_id = "order_opinion", params(("id" = OpinionId, Path, description = "Opinion id (意见编号)")),
    request_body(content = OrderOpinion, example = json!({ "contact": { "name": "张三", "phone": "13812341234" }, "version": 1 })),
    responses((status = 201, body = Opinion), WriteProblems), extensions(("x-permission" = json!("opinion.handle"))))]
#[post("/opinions/{id}/order")]
async fn order_opinion(call: Call, id: Path<OpinionId>, body: Body<OrderOpinion>) -> Answer {
    created(opinion::order_opinion(&call.cx, *id, body.0).await?)
}

/// Answer an opinion at once (当场答复)
///
/// Without an order: its outcome is `explained` (解释说明).
#[utoipa::path(tag = "visits", operation_id = "answer_opinion", params(("id" = OpinionId, Path, description = "Opinion id (意见编号)")),
    request_body(content = AnswerOpinion, example = json!({ "answer": "新增充电桩已列入本季度计划。", "version": 1 })),
    responses((status = 200, body = Opinion), WriteProblems), extensions(("x-permission" = json!("opinion.handle"))))]
#[post("/opinions/{id}/answer")]
async fn answer_opinion(call: Call, id: Path<OpinionId>, body: Body<AnswerOpinion>) -> Answer {
    ok(opinion::answer_opinion(&call.cx, *id, body.0).await?)
}

/// Tell the resident what came of it (办结反馈)
///
/// By who recorded the opinion, or with `opinion.handle`, once there is an answer (答复).
#[utoipa::path(tag = "visits", operation_id = "feed_opinion_back", params(("id" = OpinionId, Path, description = "Opinion id (意见编号)")),
    request_body(content = FeedOpinionBack, example = json!({ "note": "居民表示满意。", "version": 3 })),
    responses((status = 200, body = Opinion), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/opinions/{id}/feed_back")]
async fn feed_opinion_back(call: Call, id: Path<OpinionId>, body: Body<FeedOpinionBack>) -> Answer {
    ok(opinion::feed_opinion_back(&call.cx, *id, body.0).await?)
}
