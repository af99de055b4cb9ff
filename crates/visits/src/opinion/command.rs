//! What comes in.

use super::{OpinionOccasion, OpinionState};
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{AccountId, GridId},
};
use serde::{Deserialize, Serialize};
use services::order::Contact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

/// Where an opinion was heard (意见来源).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpinionSource {
    /// On what occasion (来源类别).
    pub kind: OpinionOccasion,
    /// The visit, the appointment or the diary (来源编号).
    pub id: Uuid,
}

/// Records an opinion (记录意见建议).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordOpinion {
    /// Where it was heard (来源): one's own visit, an appointment that one received, a diary that one writes.
    pub source: OpinionSource,
    /// What it is about, without names (标题).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "增设电动车充电桩")]
    pub title: String,
    /// What was said (内容). Stored sealed.
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "12幢只有四个充电口,晚上排不上。")]
    pub content: String,
}

/// Makes an order of an opinion (意见转订单).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OrderOpinion {
    /// The community or village (社区、村); needed where the opinion was heard at a larger region's reception.
    pub region_code: Option<RegionCode>,
    /// The service item, if it is known (服务事项编码).
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub item_code: Option<String>,
    /// How to reach whoever said it (联系方式). Absent: as it was given where the opinion was heard.
    #[validate(nested)]
    pub contact: Option<Contact>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Answers an opinion at once, without an order (当场答复).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AnswerOpinion {
    /// The answer (答复). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub answer: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Tells the resident what came of it (办结反馈).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FeedOpinionBack {
    /// What the resident said to it (群众反映). Stored sealed.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which opinions to list (意见建议列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOpinions {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only in this state (状态); `answered` are those that the resident is still to be told of.
    #[param(inline)]
    pub state: Option<OpinionState>,
    /// Only heard on this occasion (来源编号): the id of a visit, an appointment or a diary.
    pub source_id: Option<Uuid>,
    /// Only of this household (家庭户).
    pub household_id: Option<Uuid>,
    /// Only recorded by this account (记录人).
    pub recorded_by: Option<AccountId>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
