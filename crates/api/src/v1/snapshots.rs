//! Snapshots (随手拍), and what was published of them (好风景).

use crate::prelude::*;
use kernel::{Cx, id::SnapshotId};
use visits::snapshot::{
    self, DeclineSnapshot, FindSimilarSnapshots, ListPraises, ListSnapshots, OrderSnapshot, Praise, PublishSnapshot, SendSnapshot,
    SimilarSnapshot, Snapshot,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    // `similar` before `{id}`, which would take it for an id.
    config.service(list_snapshots).service(send_snapshot).service(find_similar_snapshots).service(get_snapshot);
    config.service(order_snapshot).service(publish_snapshot).service(decline_snapshot).service(list_praises);
}

/// List snapshots (随手拍列表)
///
/// Those where the caller holds `snapshot.read`, or one's own (我的), those without a name (匿名) too.
#[utoipa::path(tag = "snapshots", operation_id = "list_snapshots", params(ListSnapshots),
    responses((status = 200, body = Page<Snapshot>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/snapshots")]
async fn list_snapshots(call: Call, query: Query<ListSnapshots>) -> Answer {
    ok(snapshot::list_snapshots(&call.cx, query.into_inner()).await?)
}

/// Send a snapshot (随手拍上报)
///
/// A problem (问题) or something that pleases (好风景), with photos (照片), some words and a point (位置). Sent without a name (匿名) nobody is shown
/// who sent it, and the sender still finds it and what came of it.
#[utoipa::path(tag = "snapshots", operation_id = "send_snapshot",
    request_body(content = SendSnapshot, example = json!({
        "region_code": "321182001017", "tone": "problem", "category": "rubbish", "title": "绿化带堆放垃圾", "content": "南门绿化带堆了建筑垃圾,已有三天。",
        "point": { "lng": 119.815, "lat": 32.24, "datum": "gcj02" }, "anonymous": true
    })),
    responses((status = 201, body = Snapshot), WriteProblems), extensions(("x-permission" = json!("snapshot.send"))))]
#[post("/snapshots")]
async fn send_snapshot(call: Call, body: Body<SendSnapshot>) -> Answer {
    created(snapshot::send_snapshot(&call.cx, body.0).await?)
}

/// Find what may have been sent of the same thing (查找相似随手拍)
///
/// Before sending: of the same category (类别), near by and not long ago, as the snapshot rules (随手拍规则) of the place say; the nearest
/// first. Nothing tells who sent it.
#[utoipa::path(tag = "snapshots", operation_id = "find_similar_snapshots", params(FindSimilarSnapshots),
    responses((status = 200, body = Page<SimilarSnapshot>), ReadProblems, (status = 422, body = crate::problem::ProblemBody, content_type = "application/problem+json", description = "The point lies outside the country (坐标点在境外).")),
    extensions(("x-permission" = json!("snapshot.send"))))]
#[get("/snapshots/similar")]
async fn find_similar_snapshots(call: Call, query: Query<FindSimilarSnapshots>) -> Answer {
    ok(snapshot::find_similar_snapshots(&call.cx, query.into_inner()).await?)
}

/// Read a snapshot (查询随手拍)
///
/// In full and with its photos (照片) for who sent it and with `snapshot.review`; with what came of it (反馈).
#[utoipa::path(tag = "snapshots", operation_id = "get_snapshot", params(("id" = SnapshotId, Path, description = "Snapshot id (随手拍编号)")),
    responses((status = 200, body = Snapshot), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/snapshots/{id}")]
async fn get_snapshot(call: Call, id: Path<SnapshotId>) -> Answer {
    ok(snapshot::get_snapshot(&call.cx, *id).await?)
}

/// Make an order of a snapshot (随手拍转订单)
///
/// Of a problem (问题), with its photos; the outcome comes back to the snapshot by itself. The order is the sender's, unless it was sent without a
/// name (匿名).
#[utoipa::path(tag = "snapshots", operation_id = "order_snapshot", params(("id" = SnapshotId, Path, description = "Snapshot id (随手拍编号)")),
    request_body(content = OrderSnapshot, example = json!({ "order_title": "绿化带建筑垃圾清运", "version": 1 })),
    responses((status = 201, body = Snapshot), WriteProblems), extensions(("x-permission" = json!("snapshot.review"))))]
#[post("/snapshots/{id}/order")]
async fn order_snapshot(call: Call, id: Path<SnapshotId>, body: Body<OrderSnapshot>) -> Answer {
    created(snapshot::order_snapshot(&call.cx, *id, body.0).await?)
}

/// Publish a snapshot (发布好风景)
///
/// Of what pleases, in the reviewer's words. Where exactly it is, everybody is shown of public places (公共场所) alone.
#[utoipa::path(tag = "snapshots", operation_id = "publish_snapshot", params(("id" = SnapshotId, Path, description = "Snapshot id (随手拍编号)")),
    request_body(content = PublishSnapshot, example = json!({ "published_title": "春到三茅河", "published_text": "沿河步道樱花盛开。", "public_place": true, "version": 1 })),
    responses((status = 200, body = Snapshot), WriteProblems), extensions(("x-permission" = json!("snapshot.review"))))]
#[post("/snapshots/{id}/publish")]
async fn publish_snapshot(call: Call, id: Path<SnapshotId>, body: Body<PublishSnapshot>) -> Answer {
    ok(snapshot::publish_snapshot(&call.cx, *id, body.0).await?)
}

/// Decline a snapshot (不采纳随手拍)
///
/// With a reason (原因) for whoever sent it.
#[utoipa::path(tag = "snapshots", operation_id = "decline_snapshot", params(("id" = SnapshotId, Path, description = "Snapshot id (随手拍编号)")),
    request_body(content = DeclineSnapshot, example = json!({ "reason": "该问题已有人上报,正在处理。", "version": 1 })),
    responses((status = 200, body = Snapshot), WriteProblems), extensions(("x-permission" = json!("snapshot.review"))))]
#[post("/snapshots/{id}/decline")]
async fn decline_snapshot(call: Call, id: Path<SnapshotId>, body: Body<DeclineSnapshot>) -> Answer {
    ok(snapshot::decline_snapshot(&call.cx, *id, body.0).await?)
}

/// List what was published (好风景列表)
///
/// Without signing in: in the reviewer's words, with photos, and never who sent it.
#[utoipa::path(tag = "snapshots", operation_id = "list_praises", params(ListPraises),
    responses((status = 200, body = Page<Praise>), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/public/praises")]
async fn list_praises(public: Public, query: Query<ListPraises>) -> Answer {
    ok(snapshot::list_praises(&Cx::system(public.core.clone()), query.into_inner()).await?)
}
