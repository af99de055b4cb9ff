//! What comes in.

use super::{PartnershipItemKind, PartnershipItemState, PartnershipSide};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{AllianceId, OrganizationId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Says what an organization offers or needs (发布服务清单).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreatePartnershipItem {
    /// Which organization (发布单位): one that the caller acts for.
    pub organization_id: OrganizationId,
    /// Whether it is offered or needed (供需).
    pub side: PartnershipSide,
    /// What sort of thing it is (类别).
    pub kind: PartnershipItemKind,
    /// What it is (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "商圈企业用工招聘专场")]
    pub title: String,
    /// More about it (说明). No personal data belongs here.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub detail: Option<String>,
    /// Within which alliance (联盟), of which the organization is a member or the lead; without one, everybody in the region may claim it.
    pub alliance_id: Option<AllianceId>,
    /// For which region (面向区划): that of the organization, or one above or beneath it; that of the alliance or else of the organization
    /// unless told.
    pub region_code: Option<RegionCode>,
    /// The last day on which both sides can have signed (截止日期); open unless told.
    pub valid_until: Option<NaiveDate>,
}

/// Claims what another organization offers or needs (认领).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ClaimPartnershipItem {
    /// For which organization (认领单位): one that the caller acts for.
    pub organization_id: OrganizationId,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Signs for one of the two sides (签约).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignPartnershipItem {
    /// For which organization (签约单位): whoever offers or needs it, or whoever claimed it.
    pub organization_id: OrganizationId,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Judges whether it was fulfilled (履约评价).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct JudgePartnershipItem {
    /// For which organization (评价单位): the receiving side.
    pub organization_id: OrganizationId,
    /// Whether it was fulfilled (是否履约).
    pub fulfilled: bool,
    /// What shows it (履约佐证), or why it was not.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S", example = "11月20日已开展义诊,服务居民60人。")]
    pub proof: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Withdraws what was offered or needed (撤回), or steps back from what was claimed (取消认领).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WithdrawPartnershipItem {
    /// For which organization (单位): whoever offers or needs it, or whoever claimed it.
    pub organization_id: OrganizationId,
    /// Why (原因).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "场地装修")]
    pub reason: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// What is offered and needed (双向服务清单), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPartnershipItems {
    /// For this region (面向区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only within this alliance (联盟).
    pub alliance_id: Option<AllianceId>,
    /// Only what this organization offers or needs (发布单位).
    pub organization_id: Option<OrganizationId>,
    /// Only what this organization claimed (认领单位).
    pub claimant_id: Option<OrganizationId>,
    /// Only what is offered, or what is needed (供需).
    #[param(inline)]
    pub side: Option<PartnershipSide>,
    /// Only of this sort (类别).
    #[param(inline)]
    pub kind: Option<PartnershipItemKind>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<PartnershipItemState>,
    /// Only what has changed since (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
