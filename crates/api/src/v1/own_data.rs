//! One's own data (本人数据), and what one may ask about it.

use crate::{
    own_data::{self, DecideDataRequest, OwnData},
    prelude::*,
};
use ::identity::{DataRequest, ListDataRequests, ListOwnDataRequests, MakeDataRequest};
use kernel::id::DataRequestId;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(get_own_data)
        .service(list_own_data_requests)
        .service(make_data_request)
        .service(list_data_requests)
        .service(get_data_request)
        .service(decide_data_request);
}

/// What is held about me (查阅、复制本人数据)?
///
/// The account (账号) with its grants, sessions and requests, orders (订单) with their contacts, appointments and opinions (走访),
/// the linked resident (居民) with its tags (标签), consents (同意), and the entry as a taker (接单人): in full, as one document
/// (PIPL 45).
#[utoipa::path(tag = "own_data", operation_id = "get_own_data", responses((status = 200, body = OwnData), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/me/data")]
async fn get_own_data(call: Call) -> Answer {
    ok(own_data::gather(&call.cx).await?)
}

/// List one's own requests (我的个人信息请求).
///
/// Newest first, with what was answered (答复).
#[utoipa::path(tag = "own_data", operation_id = "list_own_data_requests", params(ListOwnDataRequests),
    responses((status = 200, body = Page<DataRequest>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/me/data/requests")]
async fn list_own_data_requests(call: Call, query: Query<ListOwnDataRequests>) -> Answer {
    ok(::identity::list_own_data_requests(&call.cx, query.into_inner()).await?)
}

/// Ask for my data to be corrected or deleted (更正、删除请求).
///
/// Somebody of the place where the account belongs decides (PIPL 46, 47). One deletion (删除) may wait at a time.
#[utoipa::path(tag = "own_data", operation_id = "make_data_request",
    request_body(content = MakeDataRequest, example = json!({ "kind": "correction", "detail": "我的姓名应为张珊。" })),
    responses((status = 201, body = DataRequest), WriteProblems), extensions(("x-permission" = json!("signed_in"))))]
#[post("/me/data/requests")]
async fn make_data_request(call: Call, body: Body<MakeDataRequest>) -> Answer {
    created(::identity::make_data_request(&call.cx, body.0).await?)
}

/// List requests about people's data (个人信息请求列表).
///
/// Newest first within a region (区划), without what was written.
#[utoipa::path(tag = "own_data", operation_id = "list_data_requests", params(ListDataRequests),
    responses((status = 200, body = Page<DataRequest>), ReadProblems), extensions(("x-permission" = json!("data_request.read"))))]
#[get("/data_requests")]
async fn list_data_requests(call: Call, query: Query<ListDataRequests>) -> Answer {
    ok(::identity::list_data_requests(&call.cx, query.into_inner()).await?)
}

/// Read one request (查询个人信息请求).
///
/// With what was written (说明) for the person and for whoever decides.
#[utoipa::path(tag = "own_data", operation_id = "get_data_request", params(("id" = DataRequestId, Path, description = "Request id (请求标识)")),
    responses((status = 200, body = DataRequest), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/data_requests/{id}")]
async fn get_data_request(call: Call, id: Path<DataRequestId>) -> Answer {
    ok(::identity::get_data_request(&call.cx, *id).await?)
}

/// Decide a request (办理个人信息请求).
///
/// A deletion (删除) that is done erases name, phone, password, contacts and the WeChat binding, ends grants and sessions, and does
/// with the linked resident (居民) what `resident` says: keep, restrict (限制处理) or erase (匿名化). Orders and what was done about
/// them stay, without a name. Open orders (未结订单) block it. A refusal needs an answer (答复).
#[utoipa::path(tag = "own_data", operation_id = "decide_data_request", params(("id" = DataRequestId, Path, description = "Request id (请求标识)")),
    request_body(content = DecideDataRequest, example = json!({ "done": true, "answer": "已更正。", "version": 1 })),
    responses((status = 200, body = DataRequest), WriteProblems), extensions(("x-permission" = json!("data_request.decide"))))]
#[post("/data_requests/{id}/decide")]
async fn decide_data_request(call: Call, id: Path<DataRequestId>, body: Body<DecideDataRequest>) -> Answer {
    ok(own_data::decide(&call, *id, body.0).await?)
}
