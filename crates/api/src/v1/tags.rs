//! Tags (标签): the catalogue of a region, and who has them.

use crate::prelude::*;
use ::grids::tag::{
    self as domain, CloseTag, CreateTag, EndResidentTag, ListResidentTags, ListTags, ResidentTag, Tag, TagResident, UpdateTag,
};
use kernel::id::{ResidentId, ResidentTagId, TagId};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_tags)
        .service(create_tag)
        .service(get_tag)
        .service(update_tag)
        .service(close_tag)
        .service(list_resident_tags)
        .service(tag_resident)
        .service(end_resident_tag);
}

/// List the tags that there are (标签目录).
///
/// Those in use, of a region and the regions above it (适用区划). None ships with the product: each place enters its own, with the
/// reason or the law (设立依据).
#[utoipa::path(tag = "residents", operation_id = "list_tags", params(ListTags), responses((status = 200, body = Page<Tag>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/tags")]
async fn list_tags(call: Call, query: Query<ListTags>) -> Answer {
    ok(domain::list_tags(&call.cx, query.into_inner()).await?)
}

/// Enter a tag in the catalogue (新增标签).
///
/// For a region with all beneath it. A sensitive one (敏感, PIPL 28) is given only on a legal basis, and is shown only with
/// `resident.read_sensitive`.
#[utoipa::path(tag = "residents", operation_id = "create_tag",
    request_body(content = CreateTag, example = json!({ "region_code": "321182000000", "code": "disability", "name": "残疾", "class": "sensitive", "reason": "残疾人保障法" })),
    responses((status = 201, body = Tag), WriteProblems), extensions(("x-permission" = json!("tag.manage"))))]
#[post("/tags")]
async fn create_tag(call: Call, body: Body<CreateTag>) -> Answer {
    created(domain::create_tag(&call.cx, body.0).await?)
}

/// Read one tag of the catalogue (查询标签).
///
/// Its newest version (版本); a closed one (已停用) is still found.
#[utoipa::path(tag = "residents", operation_id = "get_tag", params(("id" = TagId, Path, description = "Tag id (标签标识)")),
    responses((status = 200, body = Tag), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/tags/{id}")]
async fn get_tag(call: Call, id: Path<TagId>) -> Answer {
    ok(domain::get_tag(&call.cx, *id).await?)
}

/// Change a tag of the catalogue (修改标签).
///
/// A new version (版本); what is absent stays. A tag can become sensitive (敏感), for all who have it, and never ordinary again.
#[utoipa::path(tag = "residents", operation_id = "update_tag", params(("id" = TagId, Path, description = "Tag id (标签标识)")),
    request_body(content = UpdateTag, example = json!({ "name": "持证残疾人", "version": 1 })),
    responses((status = 200, body = Tag), WriteProblems), extensions(("x-permission" = json!("tag.manage"))))]
#[post("/tags/{id}")]
async fn update_tag(call: Call, id: Path<TagId>, body: Body<UpdateTag>) -> Answer {
    ok(domain::update_tag(&call.cx, *id, body.0).await?)
}

/// Use a tag no more (停用标签).
///
/// Nobody is given it any more; those who have it keep it until it is taken from them.
#[utoipa::path(tag = "residents", operation_id = "close_tag", params(("id" = TagId, Path, description = "Tag id (标签标识)")),
    request_body(content = CloseTag, example = json!({ "version": 1 })),
    responses((status = 200, body = Tag), WriteProblems), extensions(("x-permission" = json!("tag.manage"))))]
#[post("/tags/{id}/close")]
async fn close_tag(call: Call, id: Path<TagId>, body: Body<CloseTag>) -> Answer {
    ok(domain::close_tag(&call.cx, *id, body.0).await?)
}

/// List the tags of a resident (居民标签).
///
/// Oldest first. Sensitive ones (敏感) are there only with `resident.read_sensitive`; without it nothing tells that there are any.
/// Who has a tag is told by `list_residents` with `tag_id`.
#[utoipa::path(tag = "residents", operation_id = "list_resident_tags", params(("id" = ResidentId, Path, description = "Resident id (居民标识)"), ListResidentTags),
    responses((status = 200, body = Page<ResidentTag>), ReadProblems), extensions(("x-permission" = json!("resident.read"))))]
#[get("/residents/{id}/tags")]
async fn list_resident_tags(call: Call, id: Path<ResidentId>, query: Query<ListResidentTags>) -> Answer {
    ok(domain::list_resident_tags(&call.cx, *id, query.into_inner()).await?)
}

/// Give a resident a tag (打标签).
///
/// A sensitive one (敏感), and any of a child under 14 (不满十四周岁), needs `resident.manage_sensitive` and a legal basis (合法性基础):
/// a consent that names the tag's code, a guardian's for a child, or a law that is cited. The note (备注) is stored sealed.
#[utoipa::path(tag = "residents", operation_id = "tag_resident", params(("id" = ResidentId, Path, description = "Resident id (居民标识)")),
    request_body(content = TagResident, example = json!({
        "tag_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "valid_from": "2026-01-01",
        "basis": { "kind": "statutory_duty", "citation": "残疾人保障法第十五条" }
    })),
    responses((status = 201, body = ResidentTag), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/residents/{id}/tags")]
async fn tag_resident(call: Call, id: Path<ResidentId>, body: Body<TagResident>) -> Answer {
    created(domain::tag_resident(&call.cx, *id, body.0).await?)
}

/// Take a tag from a resident (取消标签).
///
/// From today on the resident has it no more; the entry stays as a past one (历史标签) until its retention ends.
#[utoipa::path(tag = "residents", operation_id = "end_resident_tag", params(("id" = ResidentTagId, Path, description = "Id of the entry (居民标签标识)")),
    request_body(content = EndResidentTag, example = json!({ "version": 1 })),
    responses((status = 200, body = ResidentTag), WriteProblems), extensions(("x-permission" = json!("resident.manage"))))]
#[post("/resident_tags/{id}/end")]
async fn end_resident_tag(call: Call, id: Path<ResidentTagId>, body: Body<EndResidentTag>) -> Answer {
    ok(domain::end_resident_tag(&call.cx, *id, body.0).await?)
}
