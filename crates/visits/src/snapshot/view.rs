//! What goes out: in full for who sent it and who decides on it, masked for others who may read it, and for everybody what was published.

use super::{
    SnapshotState, SnapshotTone,
    flow::{self, Action},
    row::Model,
};
use crate::opinion::OpinionOutcome;
use chrono::{DateTime, Utc};
use files::{Attachment, Links};
use kernel::{
    Cx, RegionCode, Result,
    geo::{Datum, Point, Position},
    id::{AccountId, GridId, OrderId, SnapshotId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A snapshot (随手拍).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: SnapshotState,
    /// What it tells of (类型).
    pub tone: SnapshotTone,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格), if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// What sort of thing it is (类别).
    pub category: String,
    /// What it is about (标题). Phone and ID numbers are masked for those who do not see it in full.
    pub title: String,
    /// What there is to see (内容), masked likewise.
    pub content: String,
    /// Where (位置), in WGS-84.
    pub point: Point,
    /// Whether it was sent without a name (匿名).
    pub anonymous: bool,
    /// Who sent it (上报人); absent if it was sent without a name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reporter_id: Option<AccountId>,
    /// How many photos there are (照片数).
    #[schema(minimum = 0)]
    pub attachment_count: i16,
    /// The photos (照片), with links that are good for ten minutes; only where one snapshot is read, and for those who see it in full.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<Attachment>,
    /// The order that it became (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<OrderId>,
    /// What came of the order (办理结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<OpinionOutcome>,
    /// What was answered (答复): by the order, or why it was not taken up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// What everybody reads above (公开标题).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub published_title: Option<String>,
    /// What everybody reads beneath (公开内容).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub published_text: Option<String>,
    /// Whether everybody is shown where exactly (公共场所).
    pub public_place: bool,
    /// Whether the texts are masked (已脱敏).
    pub masked: bool,
    /// When it was sent (上报时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What the caller may do with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// What somebody has sent nearby, not long ago, of the same category (相似随手拍).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SimilarSnapshot {
    /// Its id.
    pub id: SnapshotId,
    /// What it tells of (类型).
    pub tone: SnapshotTone,
    /// Where it stands (状态).
    pub state: SnapshotState,
    /// What it is about, phone and ID numbers masked (标题).
    pub title: String,
    /// How far away it is, in metres, to ten (距离).
    #[schema(minimum = 0, example = 50)]
    pub distance_meters: f64,
    /// When it was sent (上报时间).
    pub created_at: DateTime<Utc>,
}

/// What was published of a place (好风景).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Praise {
    /// Its id.
    pub id: SnapshotId,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// What sort of thing it is (类别).
    pub category: String,
    /// What it is about (标题).
    pub title: String,
    /// What there is to see (内容).
    pub text: String,
    /// Where, in WGS-84; only of public places (位置).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<Point>,
    /// The photos (照片): links that are good for ten minutes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub photos: Vec<Links>,
    /// When it was published (发布时间).
    pub published_at: DateTime<Utc>,
}

/// The sealed columns. Each is bound to its row and to itself.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Title,
    Content,
    Answer,
}

impl Sealed {
    fn owner(self, id: SnapshotId) -> String {
        let column = match self {
            Self::Title => "title",
            Self::Content => "content",
            Self::Answer => "answer",
        };
        format!("snapshot {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: SnapshotId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: SnapshotId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

fn point(row: &Model) -> Point {
    Position { lng: row.lng, lat: row.lat }.to_datum(Datum::Wgs84)
}

/// The snapshot by itself.
pub(super) fn alone(cx: &Cx, row: &Model, attachments: Vec<Attachment>) -> Result<Snapshot> {
    let snapshot = in_list(cx, row)?;
    let attachments = if snapshot.masked { Vec::new() } else { attachments };
    let attachments = attachments.into_iter().map(|a| a.linked(cx)).collect::<Result<_>>()?;
    Ok(Snapshot { attachments, ..snapshot })
}

/// The snapshot in a list.
pub(super) fn in_list(cx: &Cx, row: &Model) -> Result<Snapshot> {
    let full = super::sees_in_full(cx, row)?;
    let text = |text: String| if full { text } else { mask::text(&text) };
    let possible = |a: &Action| flow::decide(row.state, row.tone, *a).is_ok() && super::reviews(cx, row);
    Ok(Snapshot {
        id: row.id,
        version: row.version,
        state: row.state,
        tone: row.tone,
        region_code: row.region_code,
        grid_id: row.grid_id,
        category: row.category.clone(),
        title: text(Sealed::Title.open(cx, row.id, &row.title)?),
        content: text(Sealed::Content.open(cx, row.id, &row.content)?),
        point: point(row),
        anonymous: row.anonymous,
        reporter_id: row.reporter_id,
        attachment_count: row.attachment_count,
        attachments: Vec::new(),
        order_id: row.order_id,
        outcome: row.outcome,
        answer: row.answer.as_ref().map(|sealed| Sealed::Answer.open(cx, row.id, sealed).map(text)).transpose()?,
        published_title: row.published_title.clone(),
        published_text: row.published_text.clone(),
        public_place: row.public_place,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
        allowed_actions: Action::all().filter(possible).collect(),
    })
}

/// A snapshot as one that may tell of the same thing.
pub(super) fn similar(cx: &Cx, row: &Model, meters: f64) -> Result<SimilarSnapshot> {
    Ok(SimilarSnapshot {
        id: row.id,
        tone: row.tone,
        state: row.state,
        title: mask::text(&Sealed::Title.open(cx, row.id, &row.title)?),
        distance_meters: (meters / 10.0).round() * 10.0,
        created_at: row.created_at,
    })
}

/// What everybody is shown.
pub(super) fn praise(cx: &Cx, row: Model, photos: Vec<Attachment>) -> Result<Praise> {
    let point = row.public_place.then(|| point(&row));
    let photos = photos.into_iter().map(|a| a.linked(cx)).collect::<Result<Vec<_>>>()?;
    Ok(Praise {
        id: row.id,
        region_code: row.region_code,
        category: row.category,
        title: row.published_title.unwrap_or_default(),
        text: row.published_text.unwrap_or_default(),
        point,
        photos: photos.into_iter().filter_map(|a| a.links).collect(),
        published_at: row.published_at.unwrap_or(row.updated_at),
    })
}
