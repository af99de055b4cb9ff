//! Posts (岗位) and pledges (承诺) of organizations.

use super::organizations::rules_of;
use crate::prelude::*;
use ::organizations::{
    pledge::{self, JudgePledge, ListPledges, ListPublicPledges, MakePledge, Pledge, PublicPledge},
    post::{self as domain, ClaimPost, CreatePost, ListPosts, Post, StepPost},
};
use kernel::{
    Cx,
    id::{OrganizationId, PledgeId, PostId},
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(list_posts)
        .service(create_post)
        .service(get_post)
        .service(claim_post)
        .service(release_post)
        .service(close_post)
        .service(list_pledges)
        .service(make_pledge)
        .service(get_pledge)
        .service(judge_pledge)
        .service(list_public_pledges);
}

/// List posts (岗位列表).
///
/// By community (社区) and age, without those that are closed; of one organization (组织) by its id.
#[utoipa::path(tag = "organizations", operation_id = "list_posts", params(ListPosts),
    responses((status = 200, body = Page<Post>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/posts")]
async fn list_posts(call: Call, query: Query<ListPosts>) -> Answer {
    ok(domain::list_posts(&call.cx, query.into_inner()).await?)
}

/// Set up a post (设岗).
///
/// Of an organization (组织), of a kind (岗位类别) that the place has (`organization_rules.post_kinds`): 九员, 党员示范岗, 责任区, 挂牌.
#[utoipa::path(tag = "organizations", operation_id = "create_post", params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = CreatePost, example = json!({ "kind": "mediation", "title": "3号楼调解岗", "duties": "每周二坐班" })),
    responses((status = 201, body = Post), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/organizations/{id}/posts")]
async fn create_post(call: Call, id: Path<OrganizationId>, body: Body<CreatePost>) -> Answer {
    let rules = rules_of(&call.cx, *id).await?;
    created(domain::create_post(&call.cx, *id, body.0, &rules).await?)
}

/// Read one post (查询岗位).
///
/// With who holds it (认领人), by account.
#[utoipa::path(tag = "organizations", operation_id = "get_post", params(("id" = PostId, Path, description = "Post id (岗位编号)")),
    responses((status = 200, body = Post), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/posts/{id}")]
async fn get_post(call: Call, id: Path<PostId>) -> Answer {
    ok(domain::get_post(&call.cx, *id).await?)
}

/// Claim a post (认领岗位).
///
/// For oneself; who manages the organization (组织) claims it for another, such as a cadre of a department (部门干部).
#[utoipa::path(tag = "organizations", operation_id = "claim_post", params(("id" = PostId, Path, description = "Post id (岗位编号)")),
    request_body(content = ClaimPost, example = json!({ "version": 1 })),
    responses((status = 200, body = Post), WriteProblems), extensions(("x-permission" = json!("post.claim"))))]
#[post("/posts/{id}/claim")]
async fn claim_post(call: Call, id: Path<PostId>, body: Body<ClaimPost>) -> Answer {
    ok(domain::claim_post(&call.cx, *id, body.0).await?)
}

/// Leave a post (退出岗位).
///
/// By who holds it, or who manages the organization (组织). It is free again.
#[utoipa::path(tag = "organizations", operation_id = "release_post", params(("id" = PostId, Path, description = "Post id (岗位编号)")),
    request_body(content = StepPost, example = json!({ "version": 2 })),
    responses((status = 200, body = Post), WriteProblems), extensions(("x-permission" = json!("post.claim"))))]
#[post("/posts/{id}/release")]
async fn release_post(call: Call, id: Path<PostId>, body: Body<StepPost>) -> Answer {
    ok(domain::release_post(&call.cx, *id, body.0).await?)
}

/// Close a post (撤销岗位).
///
/// For good; whoever held it does no more.
#[utoipa::path(tag = "organizations", operation_id = "close_post", params(("id" = PostId, Path, description = "Post id (岗位编号)")),
    request_body(content = StepPost, example = json!({ "version": 3 })),
    responses((status = 200, body = Post), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/posts/{id}/close")]
async fn close_post(call: Call, id: Path<PostId>, body: Body<StepPost>) -> Answer {
    ok(domain::close_post(&call.cx, *id, body.0).await?)
}

/// List pledges (承诺列表).
///
/// By community (社区) and age, published or not.
#[utoipa::path(tag = "organizations", operation_id = "list_pledges", params(ListPledges),
    responses((status = 200, body = Page<Pledge>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/pledges")]
async fn list_pledges(call: Call, query: Query<ListPledges>) -> Answer {
    ok(pledge::list_pledges(&call.cx, query.into_inner()).await?)
}

/// Pledge something (作出承诺).
///
/// For oneself at an organization (组织) that one may see, or, by who manages it, for the organization.
#[utoipa::path(tag = "organizations", operation_id = "make_pledge", params(("id" = OrganizationId, Path, description = "Organization id (组织编号)")),
    request_body(content = MakePledge, example = json!({ "text": "每周参加一次小区环境整治。", "from_on": "2026-12-01", "due_on": "2027-11-30" })),
    responses((status = 201, body = Pledge), WriteProblems), extensions(("x-permission" = json!("post.claim"))))]
#[post("/organizations/{id}/pledges")]
async fn make_pledge(call: Call, id: Path<OrganizationId>, body: Body<MakePledge>) -> Answer {
    created(pledge::make_pledge(&call.cx, *id, body.0).await?)
}

/// Read one pledge (查询承诺).
///
/// With what became of it (践诺情况).
#[utoipa::path(tag = "organizations", operation_id = "get_pledge", params(("id" = PledgeId, Path, description = "Pledge id (承诺编号)")),
    responses((status = 200, body = Pledge), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/pledges/{id}")]
async fn get_pledge(call: Call, id: Path<PledgeId>) -> Answer {
    ok(pledge::get_pledge(&call.cx, *id).await?)
}

/// Judge or publish a pledge (承诺评定、公示).
///
/// Whether it was kept (是否践诺), said once; whether everybody may read it (公示), as often as one likes.
#[utoipa::path(tag = "organizations", operation_id = "judge_pledge", params(("id" = PledgeId, Path, description = "Pledge id (承诺编号)")),
    request_body(content = JudgePledge, example = json!({ "kept": true, "published": true, "version": 1 })),
    responses((status = 200, body = Pledge), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/pledges/{id}")]
async fn judge_pledge(call: Call, id: Path<PledgeId>, body: Body<JudgePledge>) -> Answer {
    ok(pledge::judge_pledge(&call.cx, *id, body.0).await?)
}

/// List published pledges (承诺公示).
///
/// Without signing in: what is pledged and what became of it, never by whom.
#[utoipa::path(tag = "organizations", operation_id = "list_public_pledges", params(ListPublicPledges),
    responses((status = 200, body = Page<PublicPledge>), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/public/pledges")]
async fn list_public_pledges(public: Public, query: Query<ListPublicPledges>) -> Answer {
    ok(pledge::list_public_pledges(&Cx::system(public.core.clone()), query.into_inner()).await?)
}
