//! What comes in.

use super::{JointMeetingKind, JointMeetingState, MeetingMatter};
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{AllianceId, OrderId, OrganizationId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Plans a joint meeting (召集联席会议).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlanJointMeeting {
    /// What it is for (类别).
    pub kind: JointMeetingKind,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "11月民情恳谈会")]
    pub title: String,
    /// Where (地点).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "党群服务中心")]
    pub place: Option<String>,
    /// When (时间).
    pub planned_at: DateTime<Utc>,
}

/// Records a joint meeting that was held (登记联席会议). A later record takes the place of an earlier one.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordJointMeeting {
    /// When it was held (召开时间); as planned, or now if that is still to come, unless told.
    pub held_at: Option<DateTime<Utc>>,
    /// The organizations that came (参会单位).
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(max_items = 200)]
    pub attendee_ids: Vec<OrganizationId>,
    /// What was spoken of, and what came of it (议题).
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub matters: Vec<MeetingMatter>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

impl RecordJointMeeting {
    /// The orders that its matters name, each with where it is named. Orders lie above this crate: who calls looks whether there are such.
    pub fn orders(&self) -> impl Iterator<Item = (String, OrderId)> {
        let named = self.matters.iter().enumerate();
        named.filter_map(|(n, matter)| matter.order_id.map(|id| (format!("#/matters/{n}/order_id"), id)))
    }
}

/// Cancels a joint meeting (取消联席会议).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelJointMeeting {
    /// Why (原因).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "因故改期")]
    pub reason: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which joint meetings to list (联席会议列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJointMeetings {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this alliance (联盟).
    pub alliance_id: Option<AllianceId>,
    /// Only of this kind (类别).
    #[param(inline)]
    pub kind: Option<JointMeetingKind>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<JointMeetingState>,
    /// Only those that have changed since (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
