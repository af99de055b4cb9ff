//! What comes in.

use super::CapPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{AccountId, OrderId, OrganizationId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Sets a rule of points for a region (设定积分规则): a new version of the rule with this code there.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetPointRule {
    /// Where it holds, with everything beneath that has no rule of this code (区划); below the country.
    pub region_code: RegionCode,
    /// Its code (编码).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "party_day")]
    pub code: String,
    /// What it is for (事由).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "参加主题党日")]
    pub title: String,
    /// How many points it gives, or takes when negative (分值); not zero.
    #[validate(range(min = -10_000, max = 10_000))]
    #[schema(minimum = -10_000, maximum = 10_000, example = 2)]
    pub points: i32,
    /// The most points that it gives, or takes, in a period (封顶分值); with `cap_period`.
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub cap: Option<i32>,
    /// In which period (封顶周期); with `cap`.
    pub cap_period: Option<CapPeriod>,
    /// From which day on (起始日); today unless told. Not before the version that it follows began.
    pub valid_from: Option<NaiveDate>,
    /// The first day on which it holds no more (失效日); absent: until the next version.
    pub valid_to: Option<NaiveDate>,
}

/// Which rules of points (积分规则列表), by region and code, the newest version first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPointRules {
    /// Those that can hold in this region: its own and those of the regions above (区划).
    pub region_code: Option<RegionCode>,
    /// Only of this code (编码).
    #[param(max_length = 40)]
    pub code: Option<String>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Enters points by a rule (积分登记).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EnterPoints {
    /// In which community or village (社区、村).
    pub region_code: RegionCode,
    /// Whose (账号).
    pub account_id: AccountId,
    /// In which organization (所在组织), if in one.
    pub organization_id: Option<OrganizationId>,
    /// By which rule (规则编码): the version of the nearest region that holds on that day decides.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "party_day")]
    pub code: String,
    /// What for, without anybody's name (计分事项): the same counts once by a rule.
    #[validate(length(min = 1, max = 64), custom(function = worded))]
    #[schema(min_length = 1, max_length = 64, pattern = "\\S", example = "2026-11 主题党日")]
    pub subject: String,
    /// The order that it comes from (订单), if from one.
    pub order_id: Option<OrderId>,
    /// When it was (发生日); today unless told. Not to come.
    pub happened_on: Option<NaiveDate>,
}

/// Which entries of points (积分流水), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPointEntries {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this organization (组织).
    pub organization_id: Option<OrganizationId>,
    /// Only of this account (账号).
    pub account_id: Option<AccountId>,
    /// Only of this year (年度).
    #[param(minimum = 1900, maximum = 9999)]
    pub year: Option<i32>,
    /// Entered after this time (登记时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// A page of one's own points.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOwnPoints {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Who has how many points (积分排名), the most first.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPointStandings {
    /// In this community or village (社区、村).
    pub region_code: RegionCode,
    /// Only in this organization (组织); then nothing is frozen.
    pub organization_id: Option<OrganizationId>,
    /// Of this year (年度); this year unless told.
    #[param(minimum = 1900, maximum = 9999)]
    pub year: Option<i32>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Appeals against an entry of one's own (积分申诉).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AppealPoints {
    /// Why (理由). Stored sealed.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "当日因公出差,已请假。")]
    pub reason: String,
}

/// Decides an appeal (办理积分申诉).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecidePointAppeal {
    /// Whether it is upheld (是否成立): then the entry is taken back.
    pub upheld: bool,
    /// What the member is told (答复). Stored sealed.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "情况属实,予以更正。")]
    pub answer: String,
}

/// Settles a year of a community (积分年度结算): no points are entered into it any more.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SettlePoints {
    /// Which community or village (社区、村).
    pub region_code: RegionCode,
    /// Which year (年度); one that has begun.
    #[validate(range(min = 1000, max = 9999))]
    #[schema(minimum = 1000, maximum = 9999, example = 2026)]
    pub year: i32,
}
