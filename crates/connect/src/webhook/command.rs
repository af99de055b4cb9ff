//! What comes in.

use super::{DeliveryState, EndpointState, Format};
use chrono::{DateTime, Utc};
use kernel::{RegionCode, check::worded, event::Pattern};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Enters a webhook endpoint (新增推送地址).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhookEndpoint {
    /// It is told of events in this region (区划) and everything beneath it, as far as the caller may read them.
    pub region_code: RegionCode,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "区指挥平台")]
    pub name: String,
    /// Where messages are sent (地址): `https://`, and leading into the public internet unless the operator allows more.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000, example = "https://hooks.example.org/linli")]
    pub url: String,
    /// Only these types (事件类型); `order.*` is all that begin in this way. All types when empty.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub types: Vec<Pattern>,
    /// How messages are written (格式); `standard_webhooks` when absent.
    #[serde(default)]
    pub format: Option<Format>,
}

/// Changes a webhook endpoint (修改推送地址); what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateWebhookEndpoint {
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// Where messages are sent (地址).
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    /// Only these types (事件类型); all when empty.
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub types: Option<Vec<Pattern>>,
    /// How messages are written (格式).
    pub format: Option<Format>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Stops or restarts a webhook endpoint (暂停、恢复).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SwitchWebhookEndpoint {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Gives a webhook endpoint a new secret (更换密钥).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RotateWebhookSecret {
    /// For so many hours messages are signed with the old secret too (重叠时长), 0–168; 24 when absent.
    #[validate(range(min = 0, max = 168))]
    #[schema(minimum = 0, maximum = 168, default = 24)]
    pub overlap_hours: Option<i64>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Asks for a range of events once more (重放): by numbers or by time.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhookEvents {
    /// Events with higher numbers than this (起始编号).
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub after_event_id: Option<i64>,
    /// Up to this number (截止编号); up to now when absent.
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub until_event_id: Option<i64>,
    /// Instead of a number: events from about this time on (起始时间).
    pub after: Option<DateTime<Utc>>,
    /// Up to about this time (截止时间); up to now when absent.
    pub until: Option<DateTime<Utc>>,
    /// Leave out what has been delivered (仅未送达); yes when absent.
    pub undelivered_only: Option<bool>,
}

/// Which webhook endpoints to list (推送地址列表), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWebhookEndpoints {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<EndpointState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which deliveries of an endpoint to list (推送记录), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWebhookDeliveries {
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<DeliveryState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
