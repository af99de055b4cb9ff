//! Files (附件): uploaded by themselves, used by id, fetched by signed links.

use crate::{form::Form, prelude::*};
use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
};
use files::{Attachment, Held, Link, OwnerKind};
use kernel::{
    Code, Cx, Error,
    id::{AttachmentId, ChecklistRunId, FindingId, OrderId, SnapshotId},
};
use serde::{Deserialize, Serialize};
use services::order;
use utoipa::ToSchema;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(upload_attachment).service(get_attachment).service(delete_attachment).service(get_file).service(list_order_attachments);
}

/// One file, as `wx.uploadFile` sends it (上传表单).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct UploadForm {
    /// The file (文件).
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What it is for, in a word (用途); empty is as good as absent.
    #[schema(max_length = 50)]
    purpose: Option<String>,
}

/// Upload a file (上传附件)
///
/// One file in the field `file` of a form (`multipart/form-data`), as `wx.uploadFile` sends it. JPEG, PNG, WebP, GIF (its first
/// picture), PDF, MP4 and M4A are taken, whatever the file is called: its content says what it is. Pictures are drawn anew and
/// recordings lose their notes, so that nothing tells where they were made. The `id` goes into `attachment_ids` of an order, of
/// progress or of evidence (附件编号); a file that is not used within 24 hours is deleted. Where WeChat checks pictures, those of people who
/// use the mini-program are shown to nobody until it has (`quarantine`, 隔离).
#[utoipa::path(tag = "attachments", operation_id = "upload_attachment",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Attachment), UploadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[post("/attachments")]
async fn upload_attachment(call: Call, mut form: Form) -> Answer {
    let purpose = form.take("purpose");
    if purpose.as_ref().is_some_and(|p| p.chars().count() > 50) {
        let params = vec![("min", "1".to_owned()), ("max", "50".to_owned())];
        return Err(Error::field_with("#/purpose", Code::FieldLength, params).into());
    }
    let quarantine = match &call.wechat {
        Some(wechat) => connect::wechat::quarantines(&call.cx, wechat).await?,
        None => false,
    };
    created(files::upload(&call.files, &call.cx, form.finish()?, purpose, quarantine).await?)
}

/// Get a file's links (查看附件)
///
/// What it is, and where to fetch it for the next ten minutes (签名链接). An unused file is its uploader's; a used one is
/// shown to whoever sees the files of what uses it.
#[utoipa::path(tag = "attachments", operation_id = "get_attachment", params(("id" = AttachmentId, Path, description = "附件")),
    responses((status = 200, body = Attachment), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/attachments/{id}")]
async fn get_attachment(call: Call, id: Path<AttachmentId>) -> Answer {
    ok(visible(&call.cx, *id).await?.linked(&call.cx)?)
}

/// A file that the caller may see: each kind of owner says so itself.
async fn visible(cx: &Cx, id: AttachmentId) -> kernel::Result<Attachment> {
    let (attachment, held) = files::find(cx, id).await?;
    let seen = match held {
        Held::Own => true,
        Held::Used(OwnerKind::Order, owner) => order::sees_attachments(cx, OrderId(owner)).await?,
        Held::Used(OwnerKind::ChecklistRun, owner) => grids::sees_checklist_run(cx, ChecklistRunId(owner)).await?,
        Held::Used(OwnerKind::Snapshot, owner) => visits::snapshot::sees_attachments(cx, SnapshotId(owner)).await?,
        Held::Used(OwnerKind::Finding, owner) => visits::patrol::sees_attachments(cx, FindingId(owner)).await?,
    };
    if seen { Ok(attachment) } else { Err(Error::new(Code::AttachmentNotFound)) }
}

/// Delete an unused file (删除附件)
///
/// Only by its uploader, and only as long as nothing uses it.
#[utoipa::path(tag = "attachments", operation_id = "delete_attachment", params(("id" = AttachmentId, Path, description = "附件")),
    responses((status = 204, description = "Deleted (已删除)."), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[delete("/attachments/{id}")]
async fn delete_attachment(call: Call, id: Path<AttachmentId>) -> Answer {
    files::delete(&call.files, &call.cx, *id).await?;
    no_content()
}

/// The files of something (附件列表).
#[derive(Serialize, ToSchema)]
struct AttachmentList {
    /// All of them, oldest first.
    items: Vec<Attachment>,
}

/// List the files of an order with links (订单附件)
///
/// For those who see the contact of the order, and for who helps with the work (协办). The links are good for ten minutes
/// (签名链接).
#[utoipa::path(tag = "attachments", operation_id = "list_order_attachments", params(("id" = OrderId, Path, description = "订单")),
    responses((status = 200, body = AttachmentList), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/orders/{id}/attachments")]
async fn list_order_attachments(call: Call, id: Path<OrderId>) -> Answer {
    ok(AttachmentList { items: order::linked_attachments(&call.cx, *id).await? })
}

/// Fetch a file by its signed link (下载附件)
///
/// The link of `get_attachment`, which needs no token (签名链接). A part of it can be asked for with `Range`, as players do.
#[utoipa::path(tag = "attachments", operation_id = "get_file", params(("id" = AttachmentId, Path, description = "附件"), Link),
    responses(
        (status = 200, body = String, content_type = "application/octet-stream", description = "The bytes (文件内容)."),
        (status = 206, body = String, content_type = "application/octet-stream", description = "A part of them (部分内容)."),
        ReadProblems
    ),
    extensions(("x-permission" = json!("public"))))]
#[get("/files/{id}")]
async fn get_file(req: HttpRequest, public: Public, id: Path<AttachmentId>, link: Query<Link>) -> Answer {
    let cx = Cx::system(public.core.clone());
    let (bytes, media_type) = files::open(&public.files, &cx, *id, &link).await?;
    let name = media_type.rsplit('/').next().unwrap_or("bin");
    let asked = req.headers().get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| range(v, bytes.len()));
    let mut response = HttpResponse::build(if asked.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK });
    response
        .content_type(media_type.as_str())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{name}\"", *id)))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=600"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // What is compressed already is not compressed again.
        .insert_header((header::CONTENT_ENCODING, "identity"));
    Ok(match asked {
        Some((first, last)) => response
            .insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", bytes.len())))
            .body(bytes[first..=last].to_vec()),
        None => response.body(bytes),
    })
}

/// The one range that is asked for, if it makes sense; else all of it is given, as RFC 9110 allows.
fn range(header: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn a_part_lies_within_the_whole() {
        assert_eq!(range("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(range("bytes=4-", 10), Some((4, 9)));
        assert_eq!(range("bytes=-2", 10), Some((8, 9)));
        assert_eq!(range("bytes=0-99", 10), Some((0, 9)));
        for none in ["bytes=5-3", "bytes=10-", "bytes=a-", "bytes=0-1,3-4", "lines=1-2", "bytes=-0"] {
            assert_eq!(range(none, 10), None, "{none}");
        }
        assert_eq!(range("bytes=0-", 0), None);
    }
}
