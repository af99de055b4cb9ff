//! What comes in.

use super::{SnapshotState, SnapshotTone};
use chrono::{DateTime, Utc};
use kernel::check::worded;
use kernel::{
    RegionCode,
    geo::{Datum, Point},
    id::{AttachmentId, GridId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Sends a snapshot (随手拍上报).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SendSnapshot {
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// A problem, or something that pleases (类型).
    pub tone: SnapshotTone,
    /// What sort of thing it is (类别), in a code of the place's snapshot rules.
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "rubbish")]
    pub category: String,
    /// What it is about, in a few words (标题). Stored sealed.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "绿化带堆放垃圾")]
    pub title: String,
    /// What there is to see (内容). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S", example = "南门绿化带堆了建筑垃圾,已有三天。")]
    pub content: String,
    /// Where (位置), in any datum.
    pub point: Point,
    /// Whether it is sent without a name (匿名): then nobody is shown who sent it, and the sender still finds it.
    #[serde(default)]
    pub anonymous: bool,
    /// Photos that were uploaded before (照片), up to 9.
    #[serde(default)]
    #[validate(length(max = 9))]
    #[schema(max_items = 9)]
    pub attachment_ids: Vec<AttachmentId>,
}

/// What may have been sent of the same thing (查找相似随手拍).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindSimilarSnapshots {
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// What sort of thing it is (类别).
    #[param(min_length = 1, max_length = 40)]
    pub category: String,
    /// Longitude (经度), degrees east.
    #[param(minimum = -180, maximum = 180)]
    pub lng: f64,
    /// Latitude (纬度), degrees north.
    #[param(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// Their datum (坐标系); `wgs84` unless told.
    #[serde(default)]
    #[param(default = "wgs84")]
    pub datum: Datum,
    /// At most so many, the nearest first, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
}

/// Makes an order of a problem (随手拍转订单).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OrderSnapshot {
    /// What the order is called (标题); as the snapshot unless told.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub order_title: Option<String>,
    /// The service item, if it is known (服务事项编码).
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub item_code: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Publishes what pleases (发布好风景), in the reviewer's words.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PublishSnapshot {
    /// What is shown above (公开标题); phone and ID numbers are masked.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "春到三茅河")]
    pub published_title: String,
    /// What is shown beneath (公开内容); phone and ID numbers are masked.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub published_text: String,
    /// Whether it is a public place (公共场所): only then everybody is shown where exactly.
    #[serde(default)]
    pub public_place: bool,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Does not take a snapshot up (不采纳随手拍).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DeclineSnapshot {
    /// Why, for whoever sent it (原因). Stored sealed.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S", example = "该问题已有人上报,正在处理。")]
    pub reason: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which snapshots to list (随手拍列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSnapshots {
    /// Only one's own, those without a name too (我的随手拍). Who may read no others is shown their own in any case.
    #[serde(default)]
    #[param(default = false)]
    pub mine: bool,
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<SnapshotState>,
    /// Only problems, or only what pleases (类型).
    #[param(inline)]
    pub tone: Option<SnapshotTone>,
    /// Only those that changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// What was published (好风景列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPraises {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
