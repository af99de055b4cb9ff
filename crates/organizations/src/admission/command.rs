//! What comes in.

use super::{AdmissionKind, AdmissionState, DutyNature};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{RegionCode, check::worded, id::OrganizationId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Proposes an item for an admission list (申报准入事项).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ProposeAdmissionItem {
    /// For which region and everything beneath it (区划); below the country.
    pub region_code: RegionCode,
    /// A task that may enter, or something that communities are not assessed by (清单类别); a task unless told.
    pub kind: Option<AdmissionKind>,
    /// Whose task it is (部门): an organization of the kind `government_department`. Needed for a task, and only there.
    pub department_id: Option<OrganizationId>,
    /// What it is (事项名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "高龄津贴资格年审")]
    pub title: String,
    /// The nature of the task in the place's own word (任务性质): 常态, 阶段性 …
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "常态")]
    pub nature: Option<String>,
    /// On what it rests: the law or document (依据).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "《江苏省城乡社区治理促进条例》")]
    pub basis: String,
    /// What money comes with it, in fen (经费, 分); absent: none is named.
    #[validate(range(min = 0, max = 100_000_000_000_i64))]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub budget_fen: Option<i64>,
    /// Its first day (起始日); today unless told.
    pub valid_from: Option<NaiveDate>,
    /// Its last day (截止日); absent: until another list replaces it.
    pub valid_to: Option<NaiveDate>,
}

/// Approves or refuses an item (审批准入事项).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecideAdmissionItem {
    /// Whether it is approved (是否批准).
    pub approved: bool,
    /// Which body decided (审批单位).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "扬中市委社会工作部")]
    pub approver: Option<String>,
    /// What is said with it (审批意见); needed for a refusal.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which items of admission lists (准入清单列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdmissionItems {
    /// Only of lists of this region and beneath (区划).
    pub region_code: Option<RegionCode>,
    /// Only of this department (部门).
    pub department_id: Option<OrganizationId>,
    /// Only of this kind (清单类别).
    #[param(inline)]
    pub kind: Option<AdmissionKind>,
    /// Only in this state (状态) today.
    #[param(inline)]
    pub state: Option<AdmissionState>,
    /// Changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Enters an item in a duty list (登记职责事项).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateDutyItem {
    /// In which region and everything beneath it (区划); below the country.
    pub region_code: RegionCode,
    /// Whose duty it is (部门): an organization of the kind `government_department`.
    pub department_id: OrganizationId,
    /// By law, or with the community only helping (职责性质).
    pub nature: DutyNature,
    /// What it is (事项名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "违法建设查处")]
    pub title: String,
    /// On what it rests: the law or document (依据).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "《中华人民共和国城乡规划法》第六十八条")]
    pub basis: String,
    /// Its first day (起始日); today unless told.
    pub valid_from: Option<NaiveDate>,
    /// Its last day (截止日); absent: until it is ended.
    pub valid_to: Option<NaiveDate>,
}

/// Ends an item of a duty list now (终止职责事项).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndDutyItem {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which items of duty lists (职责清单列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDutyItems {
    /// Only of lists of this region and beneath (区划).
    pub region_code: Option<RegionCode>,
    /// Only of this department (部门).
    pub department_id: Option<OrganizationId>,
    /// Only of this nature (职责性质).
    #[param(inline)]
    pub nature: Option<DutyNature>,
    /// Only those in force today (`true`), or only those that are not (`false`) (是否有效).
    pub in_force: Option<bool>,
    /// Changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
