//! What goes out about a file.

use crate::{
    link::Links,
    row::{Model, Part, Quarantine},
};
use chrono::{DateTime, Utc};
use kernel::id::AttachmentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file (附件): a photo, a recording, a document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// Its id, to be named in `attachment_ids`.
    pub id: AttachmentId,
    /// What it is, found from its content (媒体类型).
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Its bytes as they are kept (字节数).
    #[schema(minimum = 1)]
    pub size: i64,
    /// Pixels across; of pictures only (宽).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub width: Option<i32>,
    /// Pixels down; of pictures only (高).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub height: Option<i32>,
    /// Whether there is a thumbnail (缩略图).
    pub has_thumbnail: bool,
    /// What its uploader said it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What it is to what uses it (用途); absent while nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// When it was uploaded (上传时间).
    pub created_at: DateTime<Utc>,
    /// Why nobody is shown it (隔离); absent when there is nothing against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantine>,
    /// Where to get it for the next ten minutes; only where files are asked for, and not while it is in quarantine (签名链接).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
}

impl Attachment {
    pub(crate) fn of(row: Model) -> Self {
        Self {
            id: row.id,
            media_type: row.media_type,
            size: row.size,
            width: row.width,
            height: row.height,
            has_thumbnail: row.has_thumbnail,
            purpose: row.purpose,
            part: row.part,
            created_at: row.created_at,
            quarantine: row.quarantine,
            links: None,
        }
    }
}
